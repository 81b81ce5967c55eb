//! The real bootstraps, served by a Runtime API on loopback, on an emulated AWS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../../io/tests/ministack/mod.rs"]
mod ministack;
mod runtime;

use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use ministack::{ACCOUNT, Ministack};
use runtime::Function;

const SOURCE: &str = env!("CARGO_BIN_EXE_source");
const DESTINATION: &str = env!("CARGO_BIN_EXE_destination");

struct World {
    stack: Ministack,
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    topic: String,
    /// A queue that subscribes to the topic.
    queue: String,
}

impl World {
    async fn start() -> Option<Self> {
        let stack = Ministack::start().await?;
        let aws = stack.config().await;
        let s3 = aws_sdk_s3::config::Builder::from(&aws).force_path_style(true).build();
        let s3 = aws_sdk_s3::Client::from_conf(s3);
        let (sqs, sns) = (aws_sdk_sqs::Client::new(&aws), aws_sdk_sns::Client::new(&aws));
        s3.create_bucket().bucket("trail").send().await.unwrap();
        let topic = sns.create_topic().name("aware").send().await.unwrap().topic_arn.unwrap();
        let queue = sqs.create_queue().queue_name("told").send().await.unwrap().queue_url.unwrap();
        let endpoint = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:told");
        let subscribe = sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(endpoint);
        subscribe.send().await.unwrap();
        ministack::table(&aws_sdk_dynamodb::Client::new(&aws), "aware").await;
        Some(Self { stack, sqs, s3, topic, queue })
    }

    fn variables(&self, more: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
        let fixed = [
            ("AWS_ENDPOINT_URL", self.stack.url.clone()),
            ("AWS_ACCESS_KEY_ID", ACCOUNT.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWARE_TABLE", "aware".to_owned()),
            ("AWARE_TOPIC_ARN", self.topic.clone()),
        ];
        fixed.into_iter().chain(more.iter().cloned()).collect()
    }

    async fn source(&self) -> Function {
        Function::start(SOURCE, &self.variables(&[])).await
    }

    /// What came through the topic since the last call, as queues see it.
    async fn told(&self) -> Vec<Value> {
        let mut told = Vec::new();
        loop {
            let receive = self.sqs.receive_message().queue_url(&self.queue);
            let receive = receive.max_number_of_messages(10).wait_time_seconds(1);
            let messages = receive.send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return told;
            }
            for message in messages {
                let notification: Value = serde_json::from_str(&message.body.unwrap()).unwrap();
                told.push(notification);
                let handle = message.receipt_handle.unwrap();
                let delete = self.sqs.delete_message().queue_url(&self.queue);
                delete.receipt_handle(handle).send().await.unwrap();
            }
        }
    }

    async fn subjects(&self) -> Vec<String> {
        let subject = |notification: &Value| {
            let body: Value =
                serde_json::from_str(notification["Message"].as_str().unwrap()).unwrap();
            body["subject"].as_str().unwrap().to_owned()
        };
        self.told().await.iter().map(subject).collect()
    }
}

fn record(user: &str) -> Value {
    json!({
        "eventVersion": "1.11", "eventTime": "2026-11-24T03:54:00Z", "eventSource": "iam.amazonaws.com",
        "eventName": "ListUsers", "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.1",
        "errorCode": "AccessDenied", "eventID": format!("id-of-{user}"), "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "accountId": ACCOUNT, "arn": format!("arn:aws:iam::{ACCOUNT}:user/{user}")},
    })
}

fn packed(value: &Value) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(value.to_string().as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn log_events(user: &str) -> Value {
    json!({
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "trail", "logStream": "s",
        "subscriptionFilters": ["aware"],
        "logEvents": [{"id": "1", "timestamp": 1, "message": record(user).to_string()}],
    })
}

fn subscription(user: &str) -> Value {
    json!({"awslogs": {"data": STANDARD.encode(packed(&log_events(user)))}})
}

fn on_the_bus(user: &str) -> Value {
    json!({
        "version": "0", "id": "1", "source": "aws.iam", "account": ACCOUNT, "region": "us-east-1",
        "detail-type": "AWS API Call via CloudTrail", "time": "2026-11-24T03:54:00Z", "resources": [],
        "detail": record(user),
    })
}

fn in_a_stream(user: &str) -> Value {
    json!({"Records": [{
        "eventSource": "aws:kinesis", "eventSourceARN": "arn:aws:kinesis:us-east-1:111122223333:stream/trail",
        "kinesis": {"sequenceNumber": "1", "data": STANDARD.encode(packed(&log_events(user)))},
    }]})
}

fn notice(key: &str) -> Value {
    json!({"Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventTime": "2026-11-24T03:54:00.000Z", "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "trail"}, "object": {"key": key, "size": 1}},
    }]})
}

fn in_queue(bodies: &[(&str, String)]) -> Value {
    let record = |(id, body): &(&str, String)| {
        json!({
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:trail",
            "messageId": id, "body": body,
        })
    };
    json!({"Records": bodies.iter().map(record).collect::<Vec<_>>()})
}

#[tokio::test]
async fn each_kind_of_event_is_told_once() {
    let Some(world) = World::start().await else { return };
    for user in ["queued", "noticed"] {
        let body = packed(&json!({"Records": [record(user)]})).into();
        world.s3.put_object().bucket("trail").key(user).body(body).send().await.unwrap();
    }
    let source = world.source().await;
    let events = [
        ("logged", subscription("logged")),
        ("bus", on_the_bus("bus")),
        ("streamed", in_a_stream("streamed")),
        ("noticed", notice("noticed")),
        ("queued", in_queue(&[("m1", notice("queued").to_string())])),
    ];
    for (user, event) in &events {
        let answer = source.invoke(event).await;
        assert!(!answer.failed, "{answer:?}");
        let subjects = world.subjects().await;
        assert!(subjects.len() == 1 && subjects[0].contains(user), "{user}: {subjects:?}");
    }
    // The same events again, to another instance and in other forms: every instance knows them.
    let other = world.source().await;
    for (_, event) in &events {
        assert!(!other.invoke(event).await.failed);
        assert!(!source.invoke(event).await.failed);
    }
    assert!(!other.invoke(&on_the_bus("queued")).await.failed);
    assert_eq!(world.subjects().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_read_comes_again_alone_and_is_told() {
    let Some(world) = World::start().await else { return };
    let source = world.source().await;
    let batch = in_queue(&[
        ("good", record("alice").to_string()),
        ("bad", "no log at all".to_owned()),
        ("gone", notice("no-such-object").to_string()),
    ]);
    let answer = source.invoke(&batch).await;
    assert_eq!(answer.body, json!({"batchItemFailures": [{"itemIdentifier": "bad"}]}));
    let subjects = world.subjects().await;
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects.iter().any(|subject| subject.contains("alice")));
    assert!(subjects.contains(&"A log could not be read".to_owned()));
    // An invocation that cannot be answered in parts fails as a whole; it is reported.
    let answer = source.invoke(&json!({"awslogs": {"data": "%%%"}})).await;
    assert!(answer.failed, "{answer:?}");
    assert_eq!(world.subjects().await, Vec::<String>::new());
    // Without time to start, everything comes again.
    let event = in_queue(&[("late", record("bob").to_string())]);
    let answer = source.invoke_within(&event, Duration::from_secs(1)).await;
    assert_eq!(answer.body, json!({"batchItemFailures": [{"itemIdentifier": "late"}]}));
    let beat = source.invoke(&json!({"aware": "tick"})).await;
    assert!(!beat.failed);
    let told = world.told().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["MessageAttributes"]["kind"]["Value"], "heartbeat");
}

#[tokio::test]
async fn whoever_subscribes_to_the_topic_gets_no_signs_of_life() {
    let Some(world) = World::start().await else { return };
    let aws = world.stack.config().await;
    let sns = aws_sdk_sns::Client::new(&aws);
    let beats = sns.create_topic().name("beats").send().await.unwrap().topic_arn.unwrap();
    let queue = world.sqs.create_queue().queue_name("beats").send().await.unwrap();
    let queue = queue.queue_url.unwrap();
    let endpoint = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:beats");
    let subscribe = sns.subscribe().topic_arn(&beats).protocol("sqs").endpoint(endpoint);
    subscribe.send().await.unwrap();
    let link = sns.list_subscriptions_by_topic().topic_arn(&world.topic).send().await.unwrap();
    let link = link.subscriptions()[0].subscription_arn().unwrap().to_owned();
    let variables = world.variables(&[
        ("AWARE_HEARTBEAT_TOPIC_ARN", beats.clone()),
        ("AWARE_SUBSCRIPTION_ARN", link.clone()),
    ]);
    let source = Function::start(SOURCE, &variables).await;
    let waiting = async || {
        let receive = world.sqs.receive_message().queue_url(&queue).wait_time_seconds(1);
        let messages = receive.max_number_of_messages(10).send().await.unwrap();
        messages.messages.unwrap_or_default().len()
    };
    let tick = json!({"aware": "tick"});
    assert!(!source.invoke(&tick).await.failed);
    assert_eq!((waiting().await, world.told().await.len()), (1, 0));
    // A subscription that holds messages back, or is gone, stops the heartbeats.
    let set = sns.set_subscription_attributes().subscription_arn(&link);
    let set = set.attribute_name("FilterPolicy").attribute_value(r#"{"kind":["none"]}"#);
    set.send().await.unwrap();
    world.sqs.purge_queue().queue_url(&queue).send().await.unwrap();
    assert!(!source.invoke(&tick).await.failed);
    assert_eq!(waiting().await, 0);
    sns.unsubscribe().subscription_arn(&link).send().await.unwrap();
    assert!(!source.invoke(&tick).await.failed);
    assert_eq!(waiting().await, 0);
    // The destination counts heartbeats only if they come through their own topic.
    let slack = slack(Vec::new()).await;
    let config = "[destination.slack]\ntype = \"slack\"\nwebhook_url = \"env:SLACK_URL\"\n";
    let variables = world.variables(&[
        ("AWARE_CONFIG", config.to_owned()),
        ("SLACK_URL", format!("{}/services/T0/B0/x", slack.uri())),
        ("AWARE_HEARTBEAT_TOPIC_ARN", beats.clone()),
    ]);
    let function = Function::start(DESTINATION, &variables).await;
    let batch = in_queue(&[
        notified("a", &beats, &version_2("m1", "heartbeat")),
        notified("b", &world.topic, &version_2("m2", "heartbeat")),
    ]);
    assert_eq!(function.invoke(&batch).await.body, json!({"batchItemFailures": []}));
    assert_eq!(posts(&slack).await, 0);
}

#[tokio::test]
async fn the_filter_pattern_is_what_is_told() {
    let Some(world) = World::start().await else { return };
    let invoked = async |pattern: &str, user: &str| {
        let variables = world.variables(&[("AWARE_FILTER_PATTERN", pattern.to_owned())]);
        let source = Function::start(SOURCE, &variables).await;
        assert!(!source.invoke(&subscription(user)).await.failed);
        world.subjects().await.len()
    };
    let excluding = r#" { ($.errorCode = "AccessDenied*") && ($.userIdentity.arn != "*user/ci") }"#;
    assert_eq!(invoked(excluding, "ci").await, 0);
    assert_eq!(invoked(excluding, "alice").await, 1);
    let default =
        r#" { ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#;
    assert_eq!(invoked(default, "bob").await, 1);
    // An empty pattern matches everything, and a blank one counts as empty.
    let variables = world.variables(&[("AWARE_FILTER_PATTERN", " ".to_owned())]);
    let source = Function::start(SOURCE, &variables).await;
    let mut allowed = record("carol");
    allowed.as_object_mut().unwrap().remove("errorCode");
    assert!(!source.invoke(&in_queue(&[("m", allowed.to_string())])).await.failed);
    assert_eq!(world.subjects().await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_with_the_environment_is_the_answer() {
    let Some(world) = World::start().await else { return };
    let config = "[destination.slack]\ntype = \"slak\"\n".to_owned();
    let broken = Function::start(DESTINATION, &world.variables(&[("AWARE_CONFIG", config)])).await;
    let answer = broken.invoke(&json!({})).await;
    let text = answer.body.to_string();
    assert!(answer.failed && text.contains("AWARE_CONFIG") && text.contains("slak"), "{text}");
    let no_topic = world.variables(&[("AWARE_TOPIC_ARN", String::new())]);
    let answer = Function::start(SOURCE, &no_topic).await.invoke(&json!({})).await;
    assert!(answer.failed && answer.body.to_string().contains("AWARE_TOPIC_ARN"), "{answer:?}");
}

#[tokio::test]
async fn whoever_silences_the_alarms_is_a_finding() {
    let Some(world) = World::start().await else { return };
    let topic = format!("arn:aws:sns:us-east-1:{ACCOUNT}:alarms");
    let key = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d");
    let variables =
        [("AWARE_ALARM_TOPIC_ARN", topic.clone()), ("AWARE_ALARM_KEY_ARN", key.clone())];
    let source = Function::start(SOURCE, &world.variables(&variables)).await;
    let call = |service: &str, name: &str, parameters: Value, read_only: bool| {
        let mut event = on_the_bus(&format!("mallory-{name}"));
        let record = event["detail"].as_object_mut().unwrap();
        record.remove("errorCode");
        record.insert("eventSource".to_owned(), format!("{service}.amazonaws.com").into());
        record.insert("eventName".to_owned(), name.into());
        record.insert("readOnly".to_owned(), read_only.into());
        record.insert("requestParameters".to_owned(), parameters);
        event
    };
    let calls = [
        call("sns", "Unsubscribe", json!({"subscriptionArn": format!("{topic}:1")}), false),
        call("sns", "DeleteTopic", json!({"topicArn": topic}), false),
        call("kms", "DisableKey", json!({"keyId": "0a1b2c3d"}), false),
        call("kms", "ScheduleKeyDeletion", json!({"keyId": key}), false),
    ];
    for event in &calls {
        assert!(!source.invoke(event).await.failed);
        // The shipped rules may report it as well.
        let told = world.subjects().await;
        let name = event["detail"]["eventName"].as_str().unwrap();
        let ours = told.iter().filter(|it| it.starts_with("The alarms of this chain were changed"));
        assert!(ours.clone().count() == 1 && ours.clone().all(|it| it.contains(name)), "{told:?}");
    }
    let harmless = [
        call("sns", "GetTopicAttributes", json!({"topicArn": topic}), true),
        call("kms", "GenerateDataKey", json!({"keyId": key}), false),
        call(
            "sns",
            "DeleteTopic",
            json!({"topicArn": world.topic.replace("aware", "other")}),
            false,
        ),
    ];
    for event in &harmless {
        assert!(!source.invoke(event).await.failed);
    }
    assert_eq!(world.subjects().await, Vec::<String>::new());
}

/// A Slack that answers from a list, then succeeds.
async fn slack(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    for (number, answer) in answers.into_iter().enumerate() {
        let priority = u8::try_from(number + 1).unwrap();
        let mock = Mock::given(method("POST")).respond_with(answer).up_to_n_times(1);
        mock.with_priority(priority).mount(&server).await;
    }
    let well = ResponseTemplate::new(200).set_body_string("ok");
    Mock::given(method("POST")).respond_with(well).with_priority(200).mount(&server).await;
    server
}

async fn posts(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

async fn destination(world: &World, slack: &MockServer) -> Function {
    destination_with(world, slack, &[]).await
}

async fn destination_with(
    world: &World,
    slack: &MockServer,
    more: &[(&'static str, String)],
) -> Function {
    let config = "[destination.slack]\ntype = \"slack\"\nwebhook_url = \"env:SLACK_URL\"\n";
    let mut variables = vec![
        ("AWARE_CONFIG", config.to_owned()),
        ("SLACK_URL", format!("{}/services/T0/B0/x", slack.uri())),
    ];
    variables.extend_from_slice(more);
    Function::start(DESTINATION, &world.variables(&variables)).await
}

/// A queue's record with a notification from a topic.
fn notified(id: &'static str, topic: &str, message: &Value) -> (&'static str, String) {
    let notification = json!({"Type": "Notification", "MessageId": format!("of-{id}"), "TopicArn": topic, "Message": message.to_string()});
    (id, notification.to_string())
}

fn version_2(id: &str, kind: &str) -> Value {
    json!({
        "schemaVersion": "2.0", "id": id, "kind": kind, "subject": format!("S {id}"), "fields": [],
        "time": "2026-11-24T03:54:00Z", "fingerprint": format!("fp1:{id}"), "severity": "medium", "count": 1,
        "metadata": {}, "tags": [],
    })
}

#[tokio::test]
async fn messages_arrive_once_and_strangers_do_not() {
    let Some(world) = World::start().await else { return };
    let slack = slack(Vec::new()).await;
    let function = destination(&world, &slack).await;
    let version_1 = json!({"subject": "From another", "fields": [], "metadata": {}, "tags": []});
    let batch = in_queue(&[
        notified("a", &world.topic, &version_2("m1", "finding")),
        notified("b", &world.topic, &version_1),
        notified("c", &world.topic, &version_2("m2", "heartbeat")),
        notified("d", "arn:aws:sns:us-east-1:999999999999:aware", &version_2("m3", "finding")),
        ("e", version_2("m4", "finding").to_string()),
        notified("f", &world.topic, &json!("no message")),
    ]);
    let answer = function.invoke(&batch).await;
    // A message that is not ours is kept, and not shown to anybody.
    let kept = ["d", "e", "f"].map(|id| json!({"itemIdentifier": id}));
    assert_eq!(answer.body, json!({"batchItemFailures": kept}));
    assert_eq!(posts(&slack).await, 2, "one of each version");
    // What has arrived does not arrive again, not even at another instance.
    let again = in_queue(&[notified("a", &world.topic, &version_2("m1", "finding"))]);
    let other = destination(&world, &slack).await;
    assert_eq!(other.invoke(&again).await.body, json!({"batchItemFailures": []}));
    assert_eq!(posts(&slack).await, 2);
    // The old wiring, in which the topic invokes the function.
    let direct = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": world.topic, "Message": version_2("m5", "finding").to_string()}}]});
    assert!(!function.invoke(&direct).await.failed);
    assert_eq!(posts(&slack).await, 3);
}

#[tokio::test]
async fn whatever_version_1_publishers_write_is_shown() {
    let Some(world) = World::start().await else { return };
    let slack = slack(Vec::new()).await;
    let function = destination(&world, &slack).await;
    let field = |value: Value| json!([{"key": "A"}, {"key": "Shown", "value": value}]);
    let long = "x".repeat(3000);
    let messages = [
        json!({"subject": "", "fields": field(json!("by-empty"))}),
        json!({"subject": null, "fields": field(json!("by-null"))}),
        json!({"subject": 404, "fields": field(json!("by-number"))}),
        json!({"subject": {"a": 1}, "fields": field(json!({"of": "by-object"}))}),
        json!({"subject": "long", "fields": [{"key": "L", "value": long}, {"key": "Z", "value": "by-long"}]}),
        json!({"subject": "many", "fields": (0..70).map(|at| json!({"key": at, "value": format!("by-many-{at}.")})).collect::<Vec<_>>()}),
    ];
    let ids = ["a", "b", "c", "d", "e", "f"];
    let batch = messages.iter().zip(ids).map(|(message, id)| notified(id, &world.topic, message));
    let answer = function.invoke(&in_queue(&batch.collect::<Vec<_>>())).await;
    assert_eq!(answer.body, json!({"batchItemFailures": []}));
    let requests = slack.received_requests().await.unwrap();
    let posts: String =
        requests.iter().map(|request| String::from_utf8_lossy(&request.body)).collect();
    for text in ["by-empty", "by-null", "by-number", "by-object", "by-long", "404", "`undefined`"] {
        assert!(posts.contains(text), "{text}\n{posts}");
    }
    assert!(posts.contains(&"x".repeat(2500)));
    assert!((0..70).all(|at| posts.contains(&format!("by-many-{at}."))), "{posts}");
}

#[tokio::test]
async fn a_slack_that_does_not_take_it_delays_and_loses_nothing() {
    let Some(world) = World::start().await else { return };
    let busy = ResponseTemplate::new(429).insert_header("Retry-After", "300");
    let slack = slack(vec![ResponseTemplate::new(500), busy]).await;
    let function = destination(&world, &slack).await;
    let batch = in_queue(&[notified("a", &world.topic, &version_2("m1", "finding"))]);
    // An error is retried at once; a request for five minutes' pause is left to the queue.
    let answer = function.invoke(&batch).await;
    assert_eq!(answer.body, json!({"batchItemFailures": [{"itemIdentifier": "a"}]}));
    assert_eq!(posts(&slack).await, 2);
    assert_eq!(function.invoke(&batch).await.body, json!({"batchItemFailures": []}));
    assert_eq!(posts(&slack).await, 3);
}

#[tokio::test]
async fn what_slack_refuses_is_kept_and_what_hangs_comes_again() {
    let Some(world) = World::start().await else { return };
    let gone = || ResponseTemplate::new(404).set_body_string("no_service");
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    let slack = slack(vec![gone(), gone(), slow]).await;
    let function = destination(&world, &slack).await;
    let batch = in_queue(&[notified("a", &world.topic, &version_2("m1", "finding"))]);
    let again = json!({"batchItemFailures": [{"itemIdentifier": "a"}]});
    assert_eq!(function.invoke(&batch).await.body, again);
    assert_eq!(posts(&slack).await, 2, "once more, with the secret as it is now");
    let hanging = function.invoke_within(&batch, Duration::from_secs(15)).await;
    assert_eq!(hanging.body, again, "an answer before the invocation's time is over");
    assert_eq!(function.invoke(&batch).await.body, json!({"batchItemFailures": []}));
    let nothing = function.invoke(&json!({"x": 1})).await;
    assert!(nothing.failed, "{nothing:?}");
}

/// A queue for dead letters, and its content: bodies with their reasons.
struct DeadLetters(String);

impl DeadLetters {
    async fn make(world: &World) -> Self {
        let made = world.sqs.create_queue().queue_name("dead").send().await.unwrap();
        Self(made.queue_url.unwrap())
    }

    async fn letters(&self, world: &World) -> Vec<(String, String)> {
        let receive = world.sqs.receive_message().queue_url(&self.0).max_number_of_messages(10);
        let received = receive.message_attribute_names("All").send().await.unwrap();
        let letter = |message: aws_sdk_sqs::types::Message| {
            let reason = message.message_attributes.unwrap().remove("Reason").unwrap();
            (message.body.unwrap(), reason.string_value.unwrap())
        };
        received.messages.unwrap_or_default().into_iter().map(letter).collect()
    }
}

/// A record as a queue delivers it for the `receives`th time, `days` after it was sent.
fn handed_out(record: &(&str, String), receives: u32, days: u64) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let sent = now - Duration::from_secs(days * 24 * 3600);
    let mut batch = in_queue(std::slice::from_ref(record));
    batch["Records"][0]["attributes"] = json!({
        "ApproximateReceiveCount": receives.to_string(), "SentTimestamp": sent.as_millis().to_string(),
    });
    batch["Records"][0].take()
}

#[tokio::test]
async fn what_slack_refuses_is_a_dead_letter_at_once_and_says_why() {
    let Some(world) = World::start().await else { return };
    let refusal = || ResponseTemplate::new(404).set_body_string("no_service");
    let slack = slack(vec![refusal(), refusal()]).await;
    let dead = DeadLetters::make(&world).await;
    let function =
        destination_with(&world, &slack, &[("AWARE_DEAD_LETTERS", dead.0.clone())]).await;
    let refused = notified("a", &world.topic, &version_2("m1", "finding"));
    let stranger =
        notified("b", "arn:aws:sns:us-east-1:999999999999:x", &version_2("m2", "finding"));
    let junk = ("c", "no notification".to_owned());
    let well = notified("d", &world.topic, &version_2("m3", "finding"));
    let batch = in_queue(&[refused.clone(), stranger.clone(), junk.clone(), well]);
    // Nothing comes again, since everything has arrived somewhere.
    assert_eq!(function.invoke(&batch).await.body, json!({"batchItemFailures": []}));
    assert_eq!(posts(&slack).await, 3);
    let mut letters = dead.letters(&world).await;
    letters.sort();
    let mut wanted = [
        (refused.1, "Slack said no_service".to_owned()),
        (
            stranger.1,
            "it comes from another topic, arn:aws:sns:us-east-1:999999999999:x".to_owned(),
        ),
        (junk.1, "it is not a notification from a topic".to_owned()),
    ];
    wanted.sort();
    assert_eq!(letters, wanted);
}

#[tokio::test]
async fn what_the_dead_letters_do_not_take_comes_again() {
    let Some(world) = World::start().await else { return };
    let refusal = || ResponseTemplate::new(410).set_body_string("channel_is_archived");
    let slack = slack(vec![refusal(), refusal()]).await;
    let nowhere = format!("{}/{ACCOUNT}/no-such-queue", world.stack.url);
    let function = destination_with(&world, &slack, &[("AWARE_DEAD_LETTERS", nowhere)]).await;
    let batch = in_queue(&[notified("a", &world.topic, &version_2("m1", "finding"))]);
    let again = json!({"batchItemFailures": [{"itemIdentifier": "a"}]});
    assert_eq!(function.invoke(&batch).await.body, again);
}

#[tokio::test]
async fn what_answers_in_slacks_place_is_tried_for_days_and_then_given_up() {
    let Some(world) = World::start().await else { return };
    let page = "<!DOCTYPE html><title>Log in to the guest network</title>";
    let pages = [200, 302, 403, 404, 407];
    let slack =
        slack(pages.map(|code| ResponseTemplate::new(code).set_body_string(page)).into()).await;
    let dead = DeadLetters::make(&world).await;
    let function =
        destination_with(&world, &slack, &[("AWARE_DEAD_LETTERS", dead.0.clone())]).await;
    let record = notified("a", &world.topic, &version_2("m1", "finding"));
    let again = json!({"batchItemFailures": [{"itemIdentifier": "a"}]});
    for attempt in 0..4 {
        let batch = json!({"Records": [handed_out(&record, 100 + attempt, 7)]});
        assert_eq!(function.invoke(&batch).await.body, again, "attempt {attempt}");
    }
    assert_eq!(posts(&slack).await, 4, "each time once");
    assert_eq!(dead.letters(&world).await, []);
    let last = json!({"Records": [handed_out(&record, 999, 8)]});
    assert_eq!(function.invoke(&last).await.body, json!({"batchItemFailures": []}));
    let letters = dead.letters(&world).await;
    let [(body, reason)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(body, &record.1);
    assert!(reason.starts_with("not delivered within eight days: "), "{reason}");
}

#[tokio::test]
async fn what_comes_again_is_hidden_for_longer_each_time() {
    let Some(world) = World::start().await else { return };
    let slack = slack(vec![ResponseTemplate::new(403), ResponseTemplate::new(403)]).await;
    let dead = DeadLetters::make(&world).await;
    let function =
        destination_with(&world, &slack, &[("AWARE_DEAD_LETTERS", dead.0.clone())]).await;
    let made = world.sqs.create_queue().queue_name("waits").send().await.unwrap();
    let waits = made.queue_url.unwrap();
    let record = notified("a", &world.topic, &version_2("m1", "finding"));
    world.sqs.send_message().queue_url(&waits).message_body(&record.1).send().await.unwrap();
    let receive = world.sqs.receive_message().queue_url(&waits).visibility_timeout(1);
    let received = receive.send().await.unwrap().messages.unwrap_or_default();
    let mut handed = handed_out(&record, 11, 0);
    handed["receiptHandle"] = received[0].receipt_handle.clone().into();
    handed["eventSourceARN"] = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:waits").into();
    function.invoke(&json!({"Records": [handed]})).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let receive = world.sqs.receive_message().queue_url(&waits).send().await.unwrap();
    assert_eq!(receive.messages.unwrap_or_default().len(), 0, "it is hidden for twelve minutes");
}
