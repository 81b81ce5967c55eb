//! Denials of every kind, as AWS words them, and what is said of each.
//!
//! The callers, accounts and names are invented; the fixed wordings are AWS's.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod odd;
mod others;
mod owners;
mod permissions;
mod place;
mod told;

use told::Told;

/// The role of a small service: what most tables are about.
pub(crate) const ROLE: &str = "arn:aws:iam::222233334444:role/parcels/tracker";
/// A person.
pub(crate) const USER: &str = "arn:aws:iam::222233334444:user/nadia";

/// What a table says of each of its rows, and the first words of the rows that are said wrongly.
pub(crate) fn check(rows: impl IntoIterator<Item = (String, Vec<String>)>) {
    let wrong: Vec<String> = rows
        .into_iter()
        .filter(|(_, differences)| !differences.is_empty())
        .map(|(row, differences)| format!("{row}\n    {}", differences.join("\n    ")))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_error_that_is_no_denial_gets_no_grant() {
    let told = Told::by(ROLE)
        .call("s3", "GetBucketPolicy", "NoSuchBucket", "The specified bucket does not exist")
        .request(r#"{"bucketName": "parcels-gone"}"#)
        .explained();
    assert_eq!(told["why"], "nothing was denied");
    assert!(told["suggestion"].is_null() && told["attach_to"].is_null());
}
