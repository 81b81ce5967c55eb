//! Encoded authorization messages, against a server that answers as STS does.

#![allow(clippy::unwrap_used)]

use aware_io::authorization::decode;
use aware_io::aws::Aws;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn aws(server: &MockServer) -> Aws {
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
    let config: SdkConfig = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(server.uri())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .load()
        .await;
    Aws::of(config)
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
    assert_eq!(decode(&aws(&server).await, "AbCd").await.unwrap(), r#"{"allowed":false}"#);
}

#[tokio::test]
async fn what_aws_refuses_is_told() {
    let error = |code: &str| {
        format!(
            r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>No.</Message></Error></ErrorResponse>"#
        )
    };
    let server = answers(400, &error("InvalidAuthorizationMessageException")).await;
    let problem = decode(&aws(&server).await, "AbCd").await.unwrap_err().to_string();
    assert_eq!(problem, "InvalidAuthorizationMessageException: No.");
    let server = answers(403, &error("AccessDenied")).await;
    let problem = decode(&aws(&server).await, "AbCd").await.unwrap_err().to_string();
    assert!(problem.contains("you may not call sts:DecodeAuthorizationMessage"), "{problem}");
}
