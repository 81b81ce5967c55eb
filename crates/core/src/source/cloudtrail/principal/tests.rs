//! Who counts as a service, and who chose the name of a session.

use serde_json::json;

use super::*;

fn is_service(event_type: &str, identity: Value) -> bool {
    let record = json!({"eventType": event_type, "userIdentity": identity});
    read_principal(&record).is_aws_service()
}

fn session(role: &str) -> Value {
    json!({"type": "AssumedRole", "arn": "arn:aws:sts::222233334444:assumed-role/R/S",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role}}})
}

#[test]
fn services_are_told_by_what_aws_alone_writes() {
    let linked =
        "arn:aws:iam::222233334444:role/aws-service-role/ops.amazonaws.com/AWSServiceRoleForOps";
    let by = "config.amazonaws.com";
    for (event_type, identity) in [
        ("AwsApiCall", json!({"type": "AWSService", "invokedBy": by})),
        ("AwsApiCall", session(linked)),
        ("AwsApiCall", json!({"type": "Role", "arn": linked})),
        ("AwsServiceEvent", json!({"accountId": "222233334444", "invokedBy": "AWS Internal"})),
    ] {
        assert!(is_service(event_type, identity.clone()), "{identity}");
    }
}

#[test]
fn nothing_that_a_caller_chooses_makes_a_service() {
    let user = "arn:aws:iam::222233334444:user";
    let by = "cloudformation.amazonaws.com";
    for identity in [
        json!({"type": "IAMUser", "arn": format!("{user}/mara"), "invokedBy": by}),
        json!({"type": "IAMUser", "arn": format!("{user}/mara"), "invokedBy": "signin.amazonaws.com"}),
        json!({"type": "IAMUser", "arn": format!("{user}/AWSServiceRoleForSupport")}),
        json!({"type": "IAMUser", "arn": format!("{user}/:role/aws-service-role/x/mara")}),
        json!({"type": "FederatedUser", "arn": "arn:aws:sts::222233334444:federated-user/AWSServiceRoleForSupport"}),
        json!({"type": "AssumedRole", "invokedBy": by, "arn": "arn:aws:sts::222233334444:assumed-role/AWSServiceRoleForSupport/s"}),
        json!({"type": "AssumedRole", "arn": "arn:aws:sts::222233334444:assumed-role/aws-service-role/x"}),
        session("arn:aws:iam::222233334444:role/AWSServiceRoleForSupport"),
        session("arn:aws:iam::222233334444:role/aws-service-role"),
        session("arn:aws:iam::222233334444:role/my:role/aws-service-role/x/R"),
        session("arn:aws:iam::222233334444:role/team/aws-service-role/R"),
        json!({"type": "AWSAccount", "accountId": "555566667777", "invokedBy": by}),
        json!({"type": "Unknown", "invokedBy": by}),
        json!({"accountId": "222233334444", "principalId": "AIDAX", "invokedBy": by}),
        json!({"accountId": "222233334444", "accessKeyId": "AKIAX", "invokedBy": by}),
    ] {
        assert!(!is_service("AwsServiceEvent", identity.clone()), "{identity}");
    }
    let nameless = json!({"accountId": "222233334444", "invokedBy": by});
    assert!(!is_service("AwsApiCall", nameless));
}

#[test]
fn sessions_of_chosen_names_tell_who_issued_them() {
    let sso = "arn:aws:iam::222233334444:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef";
    let role = "arn:aws:iam::222233334444:role/AWSReservedSSO_Dev";
    let issuer = |role: &str, session: &str| {
        let record = json!({"userIdentity": {"type": "AssumedRole",
            "arn": format!("arn:aws:sts::222233334444:assumed-role/R/{session}"),
            "sessionContext": {"sessionIssuer": {"arn": role}}}});
        read_principal(&record).issuer
    };
    assert_eq!(issuer(role, "mara"), Some(role.to_owned()));
    assert_eq!(issuer(sso, "mara@example.org"), None);
    let plain = "arn:aws:iam::222233334444:role/app";
    assert_eq!(issuer(plain, "i-0123"), None);
    assert_eq!(issuer(plain, "mara@example.org"), Some(plain.to_owned()));
}
