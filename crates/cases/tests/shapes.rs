//! Rules of the shapes that Sigma rules for CloudTrail have, the odd ones among them, and
//! correlations over whole records.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod pages;

#[test]
fn every_page_holds() {
    pages::check_folder(&pages::folder("tests/shapes"));
}
