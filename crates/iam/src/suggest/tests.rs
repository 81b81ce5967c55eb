//! Grants, and how they are merged.

use super::*;

fn on(action: &str, resources: &[&str]) -> Grant {
    Grant {
        actions: vec![action.to_owned()],
        resources: resources.iter().map(|&resource| resource.to_owned()).collect(),
        ..Grant::default()
    }
}

fn resources(of: &[&str], may_share: bool) -> Vec<String> {
    let grants: Vec<Grant> = of.iter().map(|resource| on("s3:PutObject", &[resource])).collect();
    merge_grants(&grants, &|_| may_share).into_iter().flat_map(|grant| grant.resources).collect()
}

fn numbered(start: &str, many: usize, end: &str) -> Vec<String> {
    (1..=many).map(|number| format!("{start}{number}{end}")).collect()
}

fn shared(names: &[String], may_share: bool) -> Vec<String> {
    resources(&names.iter().map(String::as_str).collect::<Vec<_>>(), may_share)
}

#[test]
fn names_are_told_by_a_prefix_from_eight_on_and_only_where_that_may_be() {
    let seven = numbered("arn:aws:s3:::spool/in/", 7, "");
    assert_eq!(shared(&seven, true), seven);
    let eight = numbered("arn:aws:s3:::spool/in/", 8, "");
    assert_eq!(shared(&eight, false), eight);
    assert_eq!(shared(&eight, true), ["arn:aws:s3:::spool/in/*"]);
    let deep = numbered("arn:aws:s3:::spool/in/", 8, "/x");
    assert_eq!(shared(&deep, true), ["arn:aws:s3:::spool/in/*"]);
}

#[test]
fn a_type_a_bucket_and_an_account_are_never_shared() {
    for (start, end) in [
        ("arn:aws:iam::222233334444:role/r", ""),
        ("arn:aws:s3:::spool/", ""),
        ("arn:aws:s3:::b", "/k"),
        ("arn:aws:ssm:eu-west-", ":222233334444:parameter/x/1"),
    ] {
        let names = numbered(start, 9, end);
        assert_eq!(shared(&names, true), names);
    }
}

#[test]
fn equal_resources_are_one_grant_whatever_the_order() {
    let group = "arn:aws:logs:eu-west-1:111122223333:log-group:/a:*";
    let mut grants = vec![
        on("logs:PutLogEvents", &[group]),
        on("logs:CreateLogStream", &[group]),
        on("s3:ListAllMyBuckets", &["*"]),
    ];
    let merged = merge_grants(&grants, &|_| false);
    grants.reverse();
    assert_eq!(merge_grants(&grants, &|_| false), merged);
    assert_eq!(merged.len(), 2);
    assert_eq!(merged[0].actions, ["logs:CreateLogStream", "logs:PutLogEvents"]);
}

#[test]
fn a_grant_reads_as_a_statement() {
    let mut grant = on("iam:PassRole", &["arn:aws:iam::111122223333:role/web"]);
    grant
        .conditions
        .entry("StringEquals".to_owned())
        .or_default()
        .insert("iam:PassedToService".to_owned(), vec!["ec2.amazonaws.com".to_owned()]);
    let text = serde_json::to_string(&grant).unwrap();
    assert_eq!(
        text,
        r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/web","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}"#
    );
}

#[test]
fn companions() {
    assert_eq!(
        likely_next("logs:CreateLogGroup", None),
        ["logs:CreateLogStream", "logs:PutLogEvents"]
    );
    let create = crate::catalogue::Catalogue::built_in().find_action("lambda:CreateFunction");
    assert!(
        likely_next("lambda:CreateFunction", create.as_ref()).contains(&"iam:PassRole".to_owned())
    );
}
