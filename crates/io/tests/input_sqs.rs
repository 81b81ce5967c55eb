//! Queues: S3's notices in every form that AWS sends, and what happens to messages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ministack;

use std::time::{Duration, Instant};

use aware_core::envelope::{EnvelopeKind, open_body};
use aware_io::input::sqs::{SqsInput, SqsOptions};
use aware_pipeline::port::{Delivery, Input, InputError};
use aws_config::SdkConfig;
use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, NotificationConfiguration, QueueConfiguration,
    TopicConfiguration,
};
use aws_sdk_sqs::types::QueueAttributeName;

use ministack::{ACCOUNT, Ministack};

const KEY: &str = "AWSLogs/a b+c/é.json.gz";

struct Clients {
    stack: Ministack,
    aws: SdkConfig,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    queue: String,
}

impl Clients {
    async fn start() -> Option<Self> {
        let stack = Ministack::start().await?;
        let aws = stack.config().await;
        let s3 = aws_sdk_s3::config::Builder::from(&aws).force_path_style(true).build();
        let s3 = aws_sdk_s3::Client::from_conf(s3);
        let sqs = aws_sdk_sqs::Client::new(&aws);
        s3.create_bucket().bucket("logs").send().await.unwrap();
        let queue = sqs.create_queue().queue_name("trail").send().await.unwrap().queue_url.unwrap();
        Some(Self { stack, aws, s3, sqs, queue })
    }

    fn input(&self, visibility: u64) -> SqsInput {
        let options = SqsOptions {
            wait: Duration::from_secs(2),
            visibility: Duration::from_secs(visibility),
            again: Duration::from_secs(1),
            ..SqsOptions::default()
        };
        SqsInput::new("queue", &self.aws, &self.queue, options)
    }

    fn queue_arn() -> String {
        format!("arn:aws:sqs:us-east-1:{ACCOUNT}:trail")
    }

    async fn notify(&self, config: NotificationConfiguration) {
        let request = self.s3.put_bucket_notification_configuration().bucket("logs");
        request.notification_configuration(config).send().await.unwrap();
    }

    async fn send(&self, body: &str) {
        self.sqs.send_message().queue_url(&self.queue).message_body(body).send().await.unwrap();
    }

    /// How many messages are visible, and how many are hidden.
    async fn left(&self) -> (String, String) {
        let request = self.sqs.get_queue_attributes().queue_url(&self.queue);
        let answer = request.attribute_names(QueueAttributeName::All).send().await.unwrap();
        let attributes = answer.attributes.unwrap();
        let count = |name| attributes[&name].clone();
        (
            count(QueueAttributeName::ApproximateNumberOfMessages),
            count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
        )
    }

    /// Calls a service for which the workspace has no client.
    async fn call(&self, service: &str, target: &str, body: String) -> String {
        let credential = format!("{ACCOUNT}/20261124/us-east-1/{service}/aws4_request");
        let kind = if target.is_empty() { "x-www-form-urlencoded" } else { "x-amz-json-1.1" };
        let request = reqwest::Client::new()
            .post(&self.stack.url)
            .header(
                "Authorization",
                format!(
                    "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"
                ),
            )
            .header("Content-Type", format!("application/{kind}"))
            .header("X-Amz-Target", target);
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{service} {target}: {status} {text}");
        text
    }

    async fn sns(&self, parameters: &[(&str, &str)]) {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("Version", "2010-03-31").extend_pairs(parameters);
        self.call("sns", "", query.finish()).await;
    }

    async fn event_bridge(&self, action: &str, body: serde_json::Value) {
        self.call("events", &format!("AWSEvents.{action}"), body.to_string()).await;
    }

    /// Puts an object, and expects a notice from which it can be fetched.
    async fn is_told_of_an_object(&self) {
        let bytes = [b"\x1f\x8b".as_slice(), &[7; 100_000]].concat();
        let put = self.s3.put_object().bucket("logs").key(KEY).body(bytes.clone().into());
        put.send().await.unwrap();
        let mut input = self.input(30);
        let object = loop {
            let delivery = next(&mut input).await;
            let opened = open_body(EnvelopeKind::Any, &delivery.body);
            assert!(opened.rejects.is_empty(), "{:?}", opened.rejects);
            input.ack_delivery(&delivery.token).await.unwrap();
            if let Some(object) = opened.objects.into_iter().next() {
                break object;
            }
        };
        assert_eq!((object.bucket.as_str(), object.key.as_str()), ("logs", KEY));
        assert!(input.fetch_object(&object).await.unwrap() == bytes);
        assert_eq!(self.left().await, ("0".into(), "0".into()), "what is acknowledged is gone");

        self.s3.delete_object().bucket("logs").key(KEY).send().await.unwrap();
        let gone = input.fetch_object(&object).await.unwrap_err();
        assert!(matches!(gone, InputError::Gone(_)), "{gone}");
    }
}

async fn next(input: &mut SqsInput) -> Delivery {
    let soon = tokio::time::timeout(Duration::from_secs(20), input.next_delivery()).await;
    soon.expect("a message comes soon").unwrap().unwrap()
}

#[tokio::test]
async fn notices_straight_from_s3() {
    let Some(clients) = Clients::start().await else { return };
    let queue = QueueConfiguration::builder().queue_arn(Clients::queue_arn());
    let queue = queue.events(Event::S3ObjectCreated).build().unwrap();
    clients.notify(NotificationConfiguration::builder().queue_configurations(queue).build()).await;
    clients.is_told_of_an_object().await;
}

#[tokio::test]
async fn notices_through_sns() {
    let Some(clients) = Clients::start().await else { return };
    let topic_arn = format!("arn:aws:sns:us-east-1:{ACCOUNT}:trail");
    clients.sns(&[("Action", "CreateTopic"), ("Name", "trail")]).await;
    let queue = Clients::queue_arn();
    let to = [("TopicArn", topic_arn.as_str()), ("Protocol", "sqs"), ("Endpoint", &queue)];
    clients.sns(&[&[("Action", "Subscribe")], to.as_slice()].concat()).await;
    let topic = TopicConfiguration::builder().topic_arn(&topic_arn);
    let topic = topic.events(Event::S3ObjectCreated).build().unwrap();
    clients.notify(NotificationConfiguration::builder().topic_configurations(topic).build()).await;
    clients.is_told_of_an_object().await;
}

#[tokio::test]
async fn notices_through_event_bridge() {
    let Some(clients) = Clients::start().await else { return };
    let pattern = r#"{"source":["aws.s3"],"detail-type":["Object Created"]}"#;
    let rule = serde_json::json!({"Name": "trail", "EventPattern": pattern, "State": "ENABLED"});
    clients.event_bridge("PutRule", rule).await;
    let target = serde_json::json!({"Id": "1", "Arn": Clients::queue_arn()});
    let targets = serde_json::json!({"Rule": "trail", "Targets": [target]});
    clients.event_bridge("PutTargets", targets).await;
    let bridge = EventBridgeConfiguration::builder().build();
    clients
        .notify(NotificationConfiguration::builder().event_bridge_configuration(bridge).build())
        .await;
    clients.is_told_of_an_object().await;
}

#[tokio::test]
async fn what_is_released_comes_again_and_what_is_acknowledged_does_not() {
    let Some(clients) = Clients::start().await else { return };
    clients.send("one").await;
    let mut input = clients.input(30);
    let first = next(&mut input).await;
    assert!(first.origin.starts_with("sqs://trail/"), "{}", first.origin);
    let released = Instant::now();
    input.release_delivery(&first.token).await;
    let second = next(&mut input).await;
    assert!(released.elapsed() >= Duration::from_millis(900), "after a second");
    assert_eq!((&first.origin, &first.body), (&second.origin, &second.body));
    input.ack_delivery(&second.token).await.unwrap();
    assert_eq!(clients.left().await, ("0".into(), "0".into()));
}

#[tokio::test]
async fn a_message_stays_hidden_while_it_is_worked_on_and_while_it_waits() {
    let Some(clients) = Clients::start().await else { return };
    clients.send("one").await;
    clients.send("two").await;
    let mut input = clients.input(2);
    let first = next(&mut input).await;
    let second = next(&mut input).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(clients.left().await, ("0".into(), "2".into()), "two and a half times its timeout");
    input.ack_delivery(&first.token).await.unwrap();
    drop(input);
    let mut another = clients.input(30);
    assert_eq!(next(&mut another).await.body, second.body, "a process that died keeps nothing");
    assert_ne!(first.body, second.body);
}

#[tokio::test]
async fn dropping_next_loses_no_message() {
    let Some(clients) = Clients::start().await else { return };
    for number in 0..25 {
        clients.send(&number.to_string()).await;
    }
    let mut input = clients.input(300);
    let mut taken = std::collections::BTreeSet::new();
    let deadline = Instant::now() + Duration::from_secs(30);
    while taken.len() < 25 && Instant::now() < deadline {
        let soon = tokio::time::timeout(Duration::from_millis(3), input.next_delivery()).await;
        let Ok(delivery) = soon else { continue };
        let delivery = delivery.unwrap().unwrap();
        input.ack_delivery(&delivery.token).await.unwrap();
        taken.insert(String::from_utf8(delivery.body).unwrap());
    }
    assert_eq!(taken.len(), 25, "each within the time in which none becomes visible again");
}

#[tokio::test]
async fn a_queue_that_does_not_exist_is_named_with_a_hint() {
    let Some(clients) = Clients::start().await else { return };
    let url = format!("{}-not", clients.queue);
    let mut input = SqsInput::new("queue", &clients.aws, &url, SqsOptions::default());
    let later = input.next_delivery().await.unwrap_err();
    assert!(matches!(&later, InputError::Later(text) if text.contains("`queue_url`")), "{later:?}");
}
