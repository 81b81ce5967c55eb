//! Encoded authorization messages, tested with a server that answers like STS.

#![allow(clippy::unwrap_used)]

use aware_io::authorization::{decode_message, fetch_evaluation};
use aware_io::aws::AwsSession;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use wiremock::matchers::{body_string_contains, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn aws(server: &MockServer) -> AwsSession {
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
    let config: SdkConfig = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(server.uri())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .load()
        .await;
    AwsSession::with_config(config)
}

async fn answers(status: u16, body: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(body_string_contains("Action=DecodeAuthorizationMessage"))
        .and(body_string_contains("EncodedMessage=AbCd"))
        .respond_with(ResponseTemplate::new(status).set_body_string(body))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_message_is_decoded() {
    let xml = r#"<DecodeAuthorizationMessageResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><DecodeAuthorizationMessageResult><DecodedMessage>{&quot;allowed&quot;:false}</DecodedMessage></DecodeAuthorizationMessageResult></DecodeAuthorizationMessageResponse>"#;
    let server = answers(200, xml).await;
    assert_eq!(decode_message(&aws(&server).await, "AbCd").await.unwrap(), r#"{"allowed":false}"#);
}

#[tokio::test]
async fn what_aws_refuses_is_told() {
    let error = |code: &str| {
        format!(
            r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>No.</Message></Error></ErrorResponse>"#
        )
    };
    let server = answers(400, &error("InvalidAuthorizationMessageException")).await;
    let problem = decode_message(&aws(&server).await, "AbCd").await.unwrap_err().to_string();
    assert_eq!(problem, "InvalidAuthorizationMessageException: No.");
    let server = answers(403, &error("AccessDenied")).await;
    let problem = decode_message(&aws(&server).await, "AbCd").await.unwrap_err().to_string();
    assert!(problem.contains("you may not call sts:DecodeAuthorizationMessage"), "{problem}");
}

fn page(action: &str, next: &str) -> ResponseTemplate {
    let body = format!(
        r#"{{"requestContext":{{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/ci","n":[1,-2,0.5,true,null]}},
            "evaluations":[{{"action":"{action}","resource":"arn:aws:s3:::b/k","evaluatedEffect":"EXPLICIT_DENY",
              "matchedPolicies":[{{"uri":"arn:aws:iam::111122223333:policy/Guard",
                "matchedStatements":[{{"sid":"NoBackups","evaluatedEffect":"DENY"}}]}}]}}],
            "policies":[{{"uri":"arn:aws:iam::111122223333:policy/Guard","type":"PERMISSIONS_BOUNDARY","inline":false}}]{next}}}"#
    );
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

#[tokio::test]
async fn an_authorization_id_s_evaluation_is_fetched_page_by_page() {
    let server = MockServer::start().await;
    let get = || Mock::given(method("GET")).and(path("/authorization-details/abc123"));
    get()
        .and(query_param("nextToken", "2"))
        .respond_with(page("kms:Decrypt", ""))
        .with_priority(1)
        .mount(&server)
        .await;
    get().respond_with(page("s3:PutObject", r#","nextToken":"2""#)).mount(&server).await;
    let told = fetch_evaluation(&aws(&server).await, "abc123").await.unwrap();
    let value: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(value["evaluations"][1]["action"], "kms:Decrypt");
    assert_eq!(value["requestContext"]["n"].to_string(), "[1,-2,0.5,true,null]");
    let explained = aware_iam::explain::explain_text(&told).unwrap();
    assert_eq!(explained.layer, aware_iam::denial::DenialLayer::Boundary);
    assert_eq!(explained.policy_arn.as_deref(), Some("arn:aws:iam::111122223333:policy/Guard"));
    assert!(explained.notes.iter().any(|note| note.contains("NoBackups (DENY)")));
}

#[tokio::test]
async fn who_may_not_ask_for_an_evaluation_is_told_so() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(403)
        .insert_header("x-amzn-errortype", "AccessDeniedException")
        .set_body_raw(r#"{"message":"no"}"#, "application/json");
    Mock::given(method("GET")).respond_with(refusal).mount(&server).await;
    let problem = fetch_evaluation(&aws(&server).await, "abc123").await.unwrap_err().to_string();
    assert!(problem.contains("you may not call iam:GetRequestAuthorizationDetails"), "{problem}");
}
