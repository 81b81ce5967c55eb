//! Buckets: order, places to continue at, late keys, and failures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ministack;

use std::sync::Arc;
use std::time::Duration;

use aware_io::input::s3::{S3Input, S3Options};
use aware_pipeline::detect::Detector;
use aware_pipeline::port::{Input, InputError};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use ministack::{ACCOUNT, Ministack};

fn key(number: u32) -> String {
    format!("AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/11/24/{number:04}.json.gz")
}

async fn put(s3: &Client, key: &str) {
    let body = key.as_bytes().to_vec().into();
    s3.put_object().bucket("logs").key(key).body(body).send().await.unwrap();
}

async fn bucket(aws: &SdkConfig, keys: impl Iterator<Item = String>) -> Client {
    let config = aws_sdk_s3::config::Builder::from(aws).force_path_style(true).build();
    let s3 = Client::from_conf(config);
    s3.create_bucket().bucket("logs").send().await.unwrap();
    for key in keys {
        put(&s3, &key).await;
    }
    s3
}

fn options(concurrency: usize, follow: bool) -> S3Options {
    S3Options {
        concurrency,
        follow,
        poll: Duration::from_millis(100),
        page: 7,
        ..S3Options::default()
    }
}

fn input(aws: &SdkConfig, options: S3Options) -> S3Input {
    S3Input::with_options("trail", aws, "logs", "AWSLogs/", options)
}

/// The next key and its place; every body contains its own key.
async fn next(input: &mut S3Input) -> Option<(String, String)> {
    let soon = tokio::time::timeout(Duration::from_secs(20), input.next_delivery()).await;
    let delivery = soon.expect("an object comes soon").unwrap()?;
    assert_eq!(delivery.body, delivery.token.as_bytes());
    assert_eq!(delivery.origin, format!("s3://logs/{}", delivery.token));
    input.ack_delivery(&delivery.token).await.unwrap();
    Some((delivery.token, delivery.resume.unwrap()))
}

async fn keys(input: &mut S3Input, at_most: usize) -> (Vec<String>, String) {
    let (mut keys, mut place) = (Vec::new(), String::new());
    while keys.len() < at_most
        && let Some((key, behind)) = next(input).await
    {
        keys.push(key);
        place = behind;
    }
    (keys, place)
}

async fn nothing(input: &mut S3Input) -> bool {
    tokio::time::timeout(Duration::from_millis(600), input.next_delivery()).await.is_err()
}

#[tokio::test]
async fn many_pages_come_in_order_and_go_on_after_any_key() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let all: Vec<String> = (0..60).map(key).collect();
    let s3 = bucket(&aws, all.iter().cloned()).await;
    put(&s3, &format!("AWSLogs/{ACCOUNT}/CloudTrail-Digest/us-east-1/x.json.gz")).await;
    put(&s3, &format!("AWSLogs/{ACCOUNT}/CloudTrail-Insight/us-east-1/x.json.gz")).await;
    let folder = s3.put_object().bucket("logs").key("AWSLogs/folder/").send().await;
    folder.unwrap();

    let mut first = input(&aws, options(16, false));
    let (before, place) = keys(&mut first, 31).await;
    assert_eq!(place, key(29), "the place is the key");
    let mut again = input(&aws, options(3, false));
    again.resume_at(&place);
    let (after, _) = keys(&mut again, 100).await;
    assert!(before[0].contains("CloudTrail-Insight"));
    assert_eq!([&before[1..], &after].concat(), all);
    assert_eq!((first.skipped(), again.skipped()), (1, 1), "the digest before, the folder behind");

    let from = S3Options { start_after: Some(key(57)), ..options(1, false) };
    assert_eq!(keys(&mut input(&aws, from), 100).await.0, all[58..]);
}

#[tokio::test]
async fn what_is_deleted_meanwhile_is_gone_and_what_is_released_comes_again() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let s3 = bucket(&aws, (0..4).map(key)).await;
    let mut input = input(&aws, options(1, false));
    assert_eq!(next(&mut input).await.unwrap().0, key(0));
    s3.delete_object().bucket("logs").key(key(1)).send().await.unwrap();
    let gone = input.next_delivery().await.unwrap_err();
    assert_eq!(gone.to_string(), format!("s3://logs/{} does not exist", key(1)));
    assert!(matches!(gone, InputError::Gone(_)));

    let released = input.next_delivery().await.unwrap().unwrap();
    input.release_delivery(&released.token).await;
    let (rest, place) = keys(&mut input, 10).await;
    assert_eq!((rest, place), (vec![key(2), key(3)], key(3)));
}

#[tokio::test]
async fn late_keys_are_taken_while_following_and_after_a_restart() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let s3 = bucket(&aws, (10..14).map(key)).await;
    let mut first = input(&aws, options(2, true));
    assert_eq!(keys(&mut first, 4).await.0.len(), 4);
    assert!(nothing(&mut first).await);
    put(&s3, &key(3)).await;
    let (late, place) = next(&mut first).await.unwrap();
    assert_eq!(late, key(3));
    assert!(nothing(&mut first).await, "it comes once");
    drop(first);

    put(&s3, &key(2)).await;
    put(&s3, &key(20)).await;
    let mut again = input(&aws, options(2, true));
    again.resume_at(&place);
    let (taken, _) = keys(&mut again, 7).await;
    assert!(taken.contains(&key(2)) && taken.contains(&key(20)), "{taken:?}");
    assert!(nothing(&mut again).await);
}

/// A bucket as S3 lists it, whose address fails on request.
async fn listed(objects: &[(&str, u64)]) -> (MockServer, SdkConfig) {
    let server = MockServer::start().await;
    let object = |(key, size): &(&str, u64)| {
        format!(
            "<Contents><Key>{key}</Key><Size>{size}</Size>\
             <LastModified>2026-11-24T00:00:00.000Z</LastModified></Contents>"
        )
    };
    let contents: String = objects.iter().map(object).collect();
    let xml = format!(
        "<?xml version=\"1.0\"?><ListBucketResult><Name>logs</Name>{contents}\
         <IsTruncated>false</IsTruncated></ListBucketResult>"
    );
    let listing = ResponseTemplate::new(200).set_body_raw(xml, "application/xml");
    Mock::given(query_param("list-type", "2")).respond_with(listing).mount(&server).await;
    let credentials = Credentials::new(ACCOUNT, "secret", None, None, "test");
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new("us-east-1"));
    let loader = loader.endpoint_url(server.uri()).credentials_provider(credentials);
    let aws = loader.retry_config(RetryConfig::disabled()).load().await;
    (server, aws)
}

async fn answer(server: &MockServer, key: &str, times: u64, answer: ResponseTemplate) {
    let mock = Mock::given(path(format!("/logs/{key}"))).respond_with(answer);
    mock.up_to_n_times(times).mount(server).await;
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    let xml = format!("<Error><Code>{code}</Code><Message>told so</Message></Error>");
    ResponseTemplate::new(status).set_body_raw(xml, "application/xml")
}

fn body(key: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(key, "application/gzip")
}

#[tokio::test]
async fn an_object_that_fails_now_is_asked_for_again_and_none_is_passed_over() {
    let (server, aws) = listed(&[("a", 1), ("b", 1)]).await;
    answer(&server, "a", 2, refusal(503, "SlowDown")).await;
    answer(&server, "a", 1, refusal(403, "ExpiredToken")).await;
    answer(&server, "a", 1, body("a")).await;
    answer(&server, "b", 1, body("b")).await;
    let mut input = S3Input::new("trail", &aws, "logs", "");
    for code in ["SlowDown", "SlowDown", "credentials have expired"] {
        let later = input.next_delivery().await.unwrap_err();
        assert!(matches!(&later, InputError::Later(text) if text.contains(code)), "{later:?}");
    }
    assert_eq!(keys(&mut input, 10).await, (vec!["a".into(), "b".into()], "b".into()));
}

#[tokio::test]
async fn an_object_that_cannot_be_had_is_named_and_the_others_come() {
    let (server, aws) = listed(&[("a", 1), ("b", 600 << 20), ("c", 1), ("d", 1), ("e", 1)]).await;
    answer(&server, "a", 1, refusal(403, "AccessDenied")).await;
    answer(&server, "c", 9, refusal(500, "InternalError")).await;
    answer(&server, "d", 1, refusal(403, "InvalidObjectState")).await;
    answer(&server, "e", 1, body("e")).await;
    let mut input = S3Input::new("trail", &aws, "logs", "");
    let mut problems = Vec::new();
    let last = loop {
        match input.next_delivery().await {
            Err(InputError::Later(_)) => {}
            Err(InputError::Unreadable { origin, problem }) => {
                problems.push(format!("{origin}: {problem}"));
            }
            other => break other.unwrap().unwrap().token,
        }
    };
    assert_eq!(last, "e");
    assert_eq!(
        problems,
        [
            "s3://logs/a: access denied: told so (hint: this needs s3:GetObject, and kms:Decrypt \
             if the trail is encrypted)",
            "s3://logs/b: object is over the limit of 134217728 bytes",
            "s3://logs/c: InternalError: told so, 5 times",
            "s3://logs/d: the object is archived (hint: restore it)",
        ]
    );
    let asked = server.received_requests().await.unwrap();
    assert!(!asked.iter().any(|request| request.url.path() == "/logs/b"), "its size was known");
}

/// What an export of a log group, or somebody with an archive, puts into a bucket.
#[tokio::test]
async fn exports_and_archives_are_read_like_files() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let s3 = bucket(&aws, std::iter::empty()).await;
    let forms = ["cloudwatch-logs-export.gz", "logs.tar.gz", "logs.zip"];
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/forms/read");
    for form in forms {
        let body = std::fs::read(format!("{corpus}/{form}")).unwrap();
        let key = format!("AWSLogs/{form}");
        s3.put_object().bucket("logs").key(key).body(body.into()).send().await.unwrap();
    }
    let check = b"Permission Check Successful".to_vec();
    let key = "AWSLogs/aws-logs-write-test";
    s3.put_object().bucket("logs").key(key).body(check.into()).send().await.unwrap();
    let mut input = input(&aws, options(2, false));
    let mut detector = Detector::new(Arc::default());
    let mut sums = Vec::new();
    while let Some(delivery) = input.next_delivery().await.unwrap() {
        let detected = detector.detect_all(delivery.kind, &delivery.body);
        sums.push((detected.events, detected.rejects.total_count(), detected.skipped));
        input.ack_delivery(&delivery.token).await.unwrap();
    }
    assert_eq!(sums, [(0, 0, 1), (5, 0, 0), (5, 0, 0), (5, 0, 0)]);
}
