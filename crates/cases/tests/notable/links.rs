//! Whom answers let act.

use aware_cases::case::CaseLink;
use aware_cases::notable::find_links;
use serde_json::{Value, json};

use super::{alice, decode, deployer, event, record};

fn check(action: &str, request: Value, response: Value, expected: &[CaseLink]) {
    assert_eq!(find_links(&event(alice(), action, request, response)), expected, "{action}");
}

fn key(id: &str) -> CaseLink {
    CaseLink::Key(id.to_owned())
}

fn user(name: &str) -> CaseLink {
    CaseLink::User(format!("arn:aws:iam::111122223333:user/{name}"))
}

#[test]
fn sessions_keys_and_users() {
    let arn = "arn:aws:sts::111122223333:assumed-role/app/s";
    let lent = json!({"credentials": {"accessKeyId": "ASIA1"}, "assumedRoleUser": {"arn": arn}});
    for name in ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"] {
        let session = CaseLink::Session(arn.to_owned());
        check(&format!("sts:{name}"), json!({}), lent.clone(), &[key("ASIA1"), session]);
    }
    check(
        "sts:GetSessionToken",
        json!({}),
        json!({"credentials": {"accessKeyId": "ASIA2"}}),
        &[key("ASIA2")],
    );
    let federated = "arn:aws:sts::111122223333:federated-user/x";
    check(
        "sts:GetFederationToken",
        json!({"name": "x"}),
        json!({"credentials": {"accessKeyId": "ASIA3"}, "federatedUser": {"arn": federated}}),
        &[key("ASIA3"), CaseLink::Session(federated.to_owned())],
    );
    let created = json!({"accessKey": {"accessKeyId": "AKIA1", "userName": "bob"}});
    check(
        "iam:CreateAccessKey",
        json!({"userName": "bob"}),
        created.clone(),
        &[key("AKIA1"), user("bob")],
    );
    check("iam:CreateAccessKey", json!(null), created, &[key("AKIA1"), user("alice")]);
    let path = "arn:aws:iam::111122223333:user/team/bob";
    check(
        "iam:CreateUser",
        json!({"userName": "bob"}),
        json!({"user": {"arn": path}}),
        &[CaseLink::User(path.to_owned())],
    );
    check("iam:CreateLoginProfile", json!({"userName": "bob"}), json!(null), &[user("bob")]);
    check(
        "iam:UpdateAccessKey",
        json!({"userName": "bob", "accessKeyId": "AKIA2", "status": "Inactive"}),
        json!(null),
        &[],
    );
    check("iam:DeleteUser", json!({"userName": "bob"}), json!(null), &[]);
}

#[test]
fn a_console_session_from_keys_is_the_same_session() {
    let found = find_links(&event(deployer(), "signin:GetSigninToken", json!(null), json!(null)));
    let arn = "arn:aws:sts::111122223333:assumed-role/deployer/ci-1";
    assert_eq!(found, [CaseLink::Session(arn.to_owned())]);
}

#[test]
fn services_and_failures_link_nobody() {
    let lent = json!({"credentials": {"accessKeyId": "ASIA1"}});
    let service = json!({"type": "AWSService", "invokedBy": "lambda.amazonaws.com"});
    assert_eq!(find_links(&event(service, "sts:AssumeRole", json!({}), lent.clone())), []);
    let mut failed = record(alice(), "sts:AssumeRole", json!({}), lent);
    failed["errorCode"] = json!("AccessDenied");
    assert_eq!(find_links(&decode(&failed)), []);
}
