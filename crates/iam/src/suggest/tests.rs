//! Grants and how they are merged.

use super::*;

fn on(action: &str, resources: &[&str]) -> Grant {
    Grant {
        actions: vec![action.to_owned()],
        resources: resources.iter().map(|&resource| resource.to_owned()).collect(),
        ..Grant::default()
    }
}

fn resources(of: &[&str]) -> Vec<String> {
    let grants: Vec<Grant> = of.iter().map(|resource| on("s3:GetObject", &[resource])).collect();
    merge(&grants).into_iter().flat_map(|grant| grant.resources).collect()
}

#[test]
fn three_below_one_slash_are_told_by_what_they_share() {
    let two = ["arn:aws:s3:::b/in/1", "arn:aws:s3:::b/in/2"];
    assert_eq!(resources(&two), two);
    let three = ["arn:aws:s3:::b/in/1", "arn:aws:s3:::b/in/2", "arn:aws:s3:::b/in/3"];
    assert_eq!(resources(&three), ["arn:aws:s3:::b/in/*"]);
    let deep = [
        "arn:aws:s3:::b/in/1/x",
        "arn:aws:s3:::b/in/2/x",
        "arn:aws:s3:::b/in/3/x",
        "arn:aws:s3:::c/k",
    ];
    assert_eq!(resources(&deep), ["arn:aws:s3:::b/in/*", "arn:aws:s3:::c/k"]);
}

#[test]
fn a_type_a_bucket_and_an_account_are_never_shared() {
    let roles = [
        "arn:aws:iam::111122223333:role/a",
        "arn:aws:iam::111122223333:role/b",
        "arn:aws:iam::111122223333:role/c",
    ];
    assert_eq!(resources(&roles), roles);
    let buckets = ["arn:aws:s3:::a/k", "arn:aws:s3:::b/k", "arn:aws:s3:::c/k"];
    assert_eq!(resources(&buckets), buckets);
    let regions = [
        "arn:aws:ssm:eu-west-1:111122223333:parameter/x/1",
        "arn:aws:ssm:eu-west-2:111122223333:parameter/x/2",
        "arn:aws:ssm:eu-west-3:111122223333:parameter/x/3",
    ];
    assert_eq!(resources(&regions), regions);
}

#[test]
fn equal_resources_are_one_grant_whatever_the_order() {
    let group = "arn:aws:logs:eu-west-1:111122223333:log-group:/a:*";
    let mut grants = vec![
        on("logs:PutLogEvents", &[group]),
        on("logs:CreateLogStream", &[group]),
        on("s3:ListAllMyBuckets", &["*"]),
    ];
    let merged = merge(&grants);
    grants.reverse();
    assert_eq!(merge(&grants), merged);
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
    let create = crate::catalogue::Catalogue::builtin().action("lambda:CreateFunction");
    assert!(
        likely_next("lambda:CreateFunction", create.as_ref()).contains(&"iam:PassRole".to_owned())
    );
}
