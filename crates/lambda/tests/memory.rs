//! Whatever its content, no object makes the source function use more memory than the limits allow.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)]
#![cfg(target_os = "linux")]

#[path = "../../cli/tests/bombs/mod.rs"]
mod bombs;
#[path = "../../io/tests/ministack/mod.rs"]
mod ministack;
mod runtime;

use std::time::Duration;

use serde_json::json;

use bombs::{MOST, one_of_each_kind, resident};
use ministack::{ACCOUNT, Ministack};
use runtime::Function;

#[tokio::test]
async fn objects_stay_within_limits() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let s3 = aws_sdk_s3::config::Builder::from(&aws).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    s3.create_bucket().bucket("trail").send().await.unwrap();
    ministack::table(&aws_sdk_dynamodb::Client::new(&aws), "aware").await;
    let topic = aws_sdk_sns::Client::new(&aws).create_topic().name("aware").send().await.unwrap();
    let variables = [
        ("AWS_ENDPOINT_URL", stack.url.clone()),
        ("AWS_ACCESS_KEY_ID", ACCOUNT.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWARE_TABLE", "aware".to_owned()),
        ("AWARE_TOPIC_ARN", topic.topic_arn.unwrap()),
    ];
    // One instance reads all of them, so that anything a body leaves behind shows with the next.
    let source = Function::start(env!("CARGO_BIN_EXE_source"), &variables).await;
    // Thirty thousand groups mean as many writes to a table, which take an emulator too long.
    for (name, make) in one_of_each_kind().filter(|(name, _)| *name != "people") {
        let body = make().into();
        s3.put_object().bucket("trail").key("bomb").body(body).send().await.unwrap();
        let notice = json!({"Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
            "eventTime": "2026-11-24T03:54:00.000Z", "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "trail"}, "object": {"key": "bomb", "size": 1}},
        }]});
        // Refused or read, but answered: a function that died would not answer.
        source.invoke_within(&notice, Duration::from_secs(300)).await;
        let peak = resident(source.id());
        println!("{name}: {} MiB", peak >> 10);
        assert!(peak <= MOST, "{name}: {} MiB", peak >> 10);
    }
}
