//! Details that AWS adds to its sentence, and the evaluation that it returns on request.

use super::*;

#[test]
fn the_access_troubleshooter() {
    let text = format!(
        "User: {USER} is not authorized to perform: iam:CreateGroup on resource: arn:aws:iam::111122223333:group/g with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy/No. Go to https://eu-west-1.console.aws.amazon.com/iam/home?region=eu-west-1#/authorization-details/abc123def456 for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: abc123def456"
    );
    let denial = parse_denial("AccessDenied", &text);
    assert_eq!(denial.policy_arn, Some("arn:aws:iam::111122223333:policy/No"));
    assert_eq!(denial.authorization_id, Some("abc123def456"));
    assert_eq!(denial.resource, Some("arn:aws:iam::111122223333:group/g"));
    assert!(denial.console_link.unwrap().ends_with("/abc123def456"));
    let elsewhere = text.replace("console.aws.amazon.com", "console.aws.amazon.com.evil.example");
    assert_eq!(parse_denial("", &elsewhere).console_link, None);
}

#[test]
fn encoded_messages() {
    let text = |length: usize| {
        format!(
            "You are not authorized to perform this operation. Encoded authorization failure message: {}",
            "Ab-_".repeat(length)
        )
    };
    let whole = text(100);
    assert!(!parse_denial("Client.UnauthorizedOperation", &whole).encoded.unwrap().likely_cut);
    let cut = text(300);
    assert!(parse_denial("Client.UnauthorizedOperation", &cut).encoded.unwrap().likely_cut);
    assert_eq!(parse_denial("", &whole).action, None);
}

#[test]
fn decoded_messages() {
    let inner = r#"{"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[{"statementId":"NoBig","effect":"DENY"}]},"failures":{"items":[]},"context":{"principal":{"id":"AIDA","arn":"arn:aws:iam::111122223333:user/carol"},"action":"ec2:RunInstances","resource":"arn:aws:ec2:eu-west-1:111122223333:instance/*","conditions":{"items":[{"key":"ec2:InstanceType","values":{"items":[{"value":"p5.48xlarge"}]}}]}}}"#;
    let wrapped = serde_json::json!({ "DecodedMessage": inner }).to_string();
    let read = parse_decoded(&wrapped).unwrap();
    assert_eq!(parse_decoded(inner).unwrap(), read);
    assert!(read.explicit_deny && !read.allowed);
    assert_eq!(read.action.as_deref(), Some("ec2:RunInstances"));
    assert_eq!(read.statements, ["NoBig (DENY)"]);
    assert_eq!(read.conditions, [("ec2:InstanceType".to_owned(), vec!["p5.48xlarge".to_owned()])]);
    assert_eq!(parse_decoded("{}"), None);
    assert_eq!(parse_decoded("User: x"), None);
}

#[test]
fn authorization_details() {
    let text = r#"{"requestContext": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/ci"}, "evaluations": [
        {"action": "ec2:RunInstances", "resource": "arn:aws:ec2:eu-west-1::image/ami-0a", "evaluatedEffect": "ALLOW"},
        {"action": "iam:PassRole", "resource": "arn:aws:iam::111122223333:role/web", "evaluatedEffect": "IMPLICIT_DENY"}]}"#;
    let read = parse_decoded(text).unwrap();
    assert_eq!(read.action.as_deref(), Some("iam:PassRole"));
    assert_eq!(read.principal.as_deref(), Some("arn:aws:iam::111122223333:role/ci"));
    assert!(!read.explicit_deny && !read.allowed);
}
