//! What contains an actor.

use aware_cases::case::{CaseActor, ContainStep};
use aware_cases::notable::contain_actor;
use jiff::Timestamp;

fn actor(kind: &str, name: &str, arn: Option<&str>) -> CaseActor {
    CaseActor {
        key: name.to_owned(),
        name: name.to_owned(),
        arn: arn.map(str::to_owned),
        kind: kind.to_owned(),
        account: Some("111122223333".to_owned()),
        is_person: true,
        keys: Vec::new(),
        sessions: Vec::new(),
    }
}

fn steps(actor: &CaseActor, keys: &[&str]) -> Vec<ContainStep> {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let until: Timestamp = "2026-05-01T14:01:48Z".parse().unwrap();
    contain_actor(actor, &keys, until)
}

fn commands(steps: &[ContainStep]) -> Vec<&str> {
    steps.iter().flat_map(|step| step.commands.iter().map(String::as_str)).collect()
}

#[test]
fn a_user_loses_everything_then_its_keys_and_its_password() {
    let user = actor("IAMUser", "user/bob", Some("arn:aws:iam::111122223333:user/team/bob"));
    let steps = steps(&user, &["AKIA2", "ASIA1", "AKIA1", "AKIA2"]);
    assert_eq!(
        commands(&steps),
        [
            "aws iam attach-user-policy --user-name bob --policy-arn arn:aws:iam::aws:policy/AWSDenyAll",
            "aws iam update-access-key --user-name bob --access-key-id AKIA1 --status Inactive",
            "aws iam update-access-key --user-name bob --access-key-id AKIA2 --status Inactive",
            "aws iam delete-login-profile --user-name bob",
        ],
    );
    assert!(steps.iter().all(|step| !step.undo.is_empty() && !step.breaks.is_empty()));
}

#[test]
fn a_role_loses_its_sessions_first() {
    let role = actor("AssumedRole", "role/app", Some("arn:aws-cn:iam::111122223333:role/app"));
    let steps = steps(&role, &["ASIA1"]);
    assert_eq!(
        commands(&steps),
        [
            r#"aws iam put-role-policy --role-name app --policy-name AWSRevokeOlderSessions --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-05-01T14:01:48Z"}}}]}'"#,
            "aws iam attach-role-policy --role-name app --policy-arn arn:aws-cn:iam::aws:policy/AWSDenyAll",
        ],
    );
}

#[test]
fn what_no_command_does_is_said_in_words() {
    let reserved =
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0";
    for (kind, name, arn) in [
        ("AssumedRole", "permission set Admin as ann@example.com", Some(reserved)),
        ("IdentityCenterUser", "Identity Center user u-1", None),
        ("FederatedUser", "federated-user/x", Some("arn:aws:sts::111122223333:federated-user/x")),
        ("AWSAccount", "account 999988887777", None),
        ("Unknown", "unknown principal", None),
    ] {
        let steps = steps(&actor(kind, name, arn), &[]);
        assert!(!steps.is_empty() && commands(&steps).is_empty(), "{kind}");
        assert!(steps.iter().all(|step| !step.title.is_empty() && !step.breaks.is_empty()));
    }
    let root = steps(&actor("Root", "root", Some("arn:aws:iam::111122223333:root")), &["AKIA1"]);
    assert!(root[0].commands.is_empty() && root[0].title.contains("password"));
    assert_eq!(root[1].commands[0], "aws iam delete-access-key --access-key-id AKIA1");
}

#[test]
fn a_name_that_fits_no_command_leaves_the_step() {
    let arn = "arn:aws:iam::111122223333:user/a\nb";
    let steps = steps(&actor("IAMUser", "user/a\nb", Some(arn)), &["AKIA1"]);
    assert_eq!(steps.len(), 3);
    assert!(commands(&steps).is_empty());
}

/// Health and GuardDuty may know no more than the key.
#[test]
fn a_key_of_nobody_is_looked_up_first() {
    let key = actor("Unknown", "key/\u{2026}MPLE", None);
    let steps = steps(&key, &["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"]);
    assert_eq!(
        commands(&steps),
        [
            "aws iam get-access-key-last-used --access-key-id AKIAIOSFODNN7EXAMPLE",
            "aws iam update-access-key --user-name USER_NAME --access-key-id AKIAIOSFODNN7EXAMPLE --status Inactive",
        ],
    );
    assert_eq!(
        steps[0].title,
        "Find out whose access key AKIA\u{2026}MPLE is: the answer has the user's name"
    );
}
