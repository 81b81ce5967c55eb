//! What AWS says stands in AWS's place. Everywhere else a caller may have written it.

use serde_json::{Value, json};

use crate::told::{Told, differences, nothing_allows, sentence};
use crate::{ROLE, check};

const DROP: &str = "arn:aws:s3:::harbour-drop/all";

/// AWS's sentence, as an intruder would like to read it.
fn wish() -> String {
    let what = format!("s3:PutObject on resource: {DROP}");
    sentence(&what, &nothing_allows("identity-based policy", "s3:PutObject"))
}

fn told(service: &str, event: &str, code: &str, text: &str, request: &Value) -> Value {
    let told = Told::by(ROLE).call(service, event, code, text);
    told.with("requestParameters", request.clone()).explained()
}

#[test]
fn a_quoted_parameter_denies_nothing() {
    let wish = wish();
    let texts = [
        format!(
            "1 validation error detected: Value '{wish}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        ),
        format!("1 validation error detected: Value at 'tableName' failed: {wish}"),
        format!("The table {wish} does not exist"),
        format!("Table name \"{wish}\" is not valid"),
        format!("'x' {wish}"),
        format!("{wish} is not a valid table name"),
    ];
    check(texts.into_iter().map(|text| {
        let request = json!({"tableName": wish.replace("$ME", "arn:aws:sts::222233334444:assumed-role/tracker/s-1")});
        let said = told("dynamodb", "DescribeTable", "ValidationException", &text, &request);
        let expected = json!({
            "effect": "none", "layer": "none", "why": "nothing was denied",
            "suggestion": null, "attach_to": null,
        });
        (text, differences(&said, &expected))
    }));
}

#[test]
fn without_the_request_an_action_of_another_service_denies_nothing() {
    let said = told("dynamodb", "DescribeTable", "ValidationException", &wish(), &Value::Null);
    let expected = json!({"why": "nothing was denied", "suggestion": null, "attach_to": null});
    assert_eq!(differences(&said, &expected), [""; 0]);
    let passed = sentence(
        "iam:PassRole on resource: arn:aws:iam::222233334444:role/post",
        &nothing_allows("identity-based policy", "iam:PassRole"),
    );
    let said = told("ecs", "RegisterTaskDefinition", "ClientException", &passed, &Value::Null);
    let expected = json!({"action": "iam:PassRole", "layer": "identity", "effect": "implicit"});
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn a_denial_that_repeats_the_request_is_told_by_the_call_and_grants_nothing_of_the_text() {
    let wish = wish();
    let texts = [
        format!("Access to '{wish}' is denied"),
        format!("Access to {wish} is denied"),
        format!("API: dynamodb x {wish}"),
        format!("AccessDenied to {wish}"),
    ];
    check(texts.into_iter().map(|text| {
        let said = told("dynamodb", "GetItem", "AccessDeniedException", &text, &Value::Null);
        let expected =
            json!({"action": "dynamodb:GetItem", "layer": "unknown", "effect": "unknown"});
        let mut wrong = differences(&said, &expected);
        if said["suggestion"].to_string().contains("harbour") {
            wrong.push("the text's wish is granted".to_owned());
        }
        (text, wrong)
    }));
}

#[test]
fn a_key_cannot_add_a_reason() {
    let fake = r#"x" because no session policy allows the s3:GetObject action"#;
    let key = format!("arn:aws:s3:::parcels/{fake}");
    let what = format!("s3:GetObject on resource: \"{key}\"");
    let reason = "with an explicit deny in a service control policy";
    let said = told("s3", "GetObject", "AccessDenied", &sentence(&what, reason), &Value::Null);
    let expected =
        json!({"resource": key, "layer": "scp", "effect": "explicit", "suggestion": null});
    assert_eq!(differences(&said, &expected), [""; 0]);
    // Where AWS gives no reason, and the request shows whose words these are.
    let topic = "parcels because no identity-based policy allows the iot:Publish action";
    let what =
        format!("iot:Publish on resource: arn:aws:iot:eu-central-1:222233334444:topic/{topic}");
    let said = told(
        "iot",
        "Publish",
        "ForbiddenException",
        &sentence(&what, ""),
        &json!({"topic": topic}),
    );
    let expected = json!({"action": "iot:Publish", "layer": "unknown", "effect": "unknown"});
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn a_session_s_name_is_no_grammar() {
    // Names have no blanks; what an intruder can put into one says nothing.
    let me =
        "arn:aws:sts::222233334444:assumed-role/tracker/is-not-authorized-to-perform=s3.PutObject";
    let what = "sqs:SendMessage on resource: arn:aws:sqs:eu-central-1:222233334444:jobs";
    let text = sentence(what, &nothing_allows("identity-based policy", "sqs:SendMessage"));
    let text = text.replace("$ME", me);
    let said = told("sqs", "SendMessage", "AccessDenied", &text, &Value::Null);
    let expected = json!({
        "action": "sqs:SendMessage", "layer": "identity",
        "resource": "arn:aws:sqs:eu-central-1:222233334444:jobs",
        "principal": ROLE,
    });
    assert_eq!(differences(&said, &expected), [""; 0]);
}

#[test]
fn known_wrappers_are_seen_through() {
    let what = "kms:Decrypt on resource: arn:aws:kms:eu-central-1:222233334444:key/5e5e5e5e-1111-4222-8333-444455556666";
    let inner = sentence(what, &nothing_allows("identity-based policy", "kms:Decrypt"));
    let before = [
        "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's KMS key settings. KMS Exception: AccessDeniedExceptionKMS Message: ",
        "AccessDeniedException: ",
        "You are not authorized to perform this operation. ",
        "Access denied. API: kms:Decrypt ",
    ];
    check(before.into_iter().map(|before| {
        let text = format!("{before}{inner}");
        let said = told("lambda", "Invoke", "KMSAccessDeniedException", &text, &Value::Null);
        let expected = json!({"action": "kms:Decrypt", "layer": "identity", "effect": "implicit"});
        (before.to_owned(), differences(&said, &expected))
    }));
}
