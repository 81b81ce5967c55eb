//! What cannot be read is reported, and kept where it can be inspected.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ministack;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use aware_cases::group::RepeatIntervals;
use aware_core::envelope::{EnvelopeKind, S3Object};
use aware_core::message::Message;
use aware_io::input::sqs::{SqsInput, SqsOptions};
use aware_io::input::stdin::StdinInput;
use aware_io::store::rejected::RejectedFolder;
use aware_io::topic::local::LocalTopic;
use aware_pipeline::port::{Delivery, Input, InputError, SystemClock, Topic};
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use aware_pipeline::store::memory::MemoryStore;
use aws_sdk_sqs::types::QueueAttributeName;
use tokio::sync::watch;

use ministack::{ACCOUNT, Ministack};

const RECORD: &str = r#"{"eventVersion":"1.11","eventTime":"2026-11-24T03:54:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1","eventID":"1","recipientAccountId":"222233334444","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::222233334444:user/nadia"}}"#;

fn source(folder: &Path) -> (SourceHalf, Arc<dyn Topic>) {
    let topic: Arc<dyn Topic> = Arc::new(LocalTopic::new(100));
    let store = Arc::new(FallbackStore::new(Arc::new(MemoryStore::default())));
    let clock = Arc::new(SystemClock);
    let source = SourceHalf::new(
        store,
        Arc::clone(&topic),
        clock,
        RepeatIntervals::default(),
        Arc::default(),
    );
    (source.with_rejected_bodies(Arc::new(RejectedFolder::new(folder, 1 << 20))), topic)
}

async fn told(source: &SourceHalf, topic: &Arc<dyn Topic>) -> Vec<Message> {
    source.report_rejects_now().await;
    topic.close();
    let mut told = Vec::new();
    while let Some(message) = topic.receive().await {
        told.push(message);
    }
    told
}

fn kept(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let bodies = paths.filter(|path| path.extension().is_some_and(|it| it == "body"));
    bodies.map(|path| std::fs::read(path).unwrap()).collect()
}

#[tokio::test]
async fn what_a_stream_holds_and_cannot_be_read_is_kept_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let (source, topic) = source(folder.path());
    let text = format!("{RECORD}\n{{\"eventName\":\n{RECORD}\n").into_bytes();
    source.drain_input(&mut StdinInput::new("in", std::io::Cursor::new(text.clone()))).await;
    assert_eq!(kept(folder.path()), [text], "one of its lines could not be read");
    let told = told(&source, &topic).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].subject, "A log could not be read");
    assert_eq!(told[0].field_text("Rejects").as_deref(), Some("1"));
    let place = told[0].field_text("Kept In").unwrap();
    assert!(place.starts_with(&folder.path().display().to_string()), "{place}");
}

/// A queue in place of the input, read until its content has been taken.
struct Queue {
    aws: aws_config::SdkConfig,
    sqs: aws_sdk_sqs::Client,
    url: String,
    _stack: Ministack,
}

impl Queue {
    async fn start(dead_letters: bool) -> Option<Self> {
        let stack = Ministack::start().await?;
        let aws = stack.config().await;
        let sqs = aws_sdk_sqs::Client::new(&aws);
        let mut request = sqs.create_queue().queue_name("trail");
        if dead_letters {
            sqs.create_queue().queue_name("dead").send().await.unwrap();
            let arn = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:dead");
            let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":2}}"#);
            request = request.attributes(QueueAttributeName::RedrivePolicy, policy);
        }
        let url = request.send().await.unwrap().queue_url.unwrap();
        Some(Self { aws, sqs, url, _stack: stack })
    }

    /// Drains for a while, with messages that come back at once.
    async fn drain(&self, source: &SourceHalf, rejects: u64) {
        let options = SqsOptions {
            wait: Duration::from_secs(1),
            again: Duration::from_secs(0),
            ..SqsOptions::default()
        };
        let mut input = SqsInput::new("queue", &self.aws, &self.url, options);
        let (stop, stopped) = watch::channel(false);
        let taken = async {
            while source.counts.rejects.load(Ordering::Relaxed) < rejects {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            stop.send(true).unwrap();
        };
        let drained = async { tokio::join!(source.drain_until(&mut input, stopped), taken) };
        tokio::time::timeout(Duration::from_secs(30), drained).await.unwrap();
    }

    async fn left(&self, url: &str) -> i32 {
        let request = self.sqs.get_queue_attributes().queue_url(url);
        let answer = request.attribute_names(QueueAttributeName::All).send().await.unwrap();
        let count = |name| answer.attributes().unwrap()[&name].parse::<i32>().unwrap();
        count(QueueAttributeName::ApproximateNumberOfMessages)
            + count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible)
    }
}

#[tokio::test]
async fn an_unreadable_message_goes_to_the_dead_letters_where_the_queue_has_some() {
    let Some(queue) = Queue::start(true).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (source, topic) = source(folder.path());
    queue.sqs.send_message().queue_url(&queue.url).message_body("garbage").send().await.unwrap();
    queue.drain(&source, 2).await;
    let dead = queue.url.replace("/trail", "/dead");
    assert_eq!((queue.left(&queue.url).await, queue.left(&dead).await), (0, 1));
    assert!(kept(folder.path()).is_empty(), "the dead letters have it");
    assert_eq!(told(&source, &topic).await.len(), 1);
}

#[tokio::test]
async fn without_dead_letters_an_unreadable_message_is_kept_before_it_is_deleted() {
    let Some(queue) = Queue::start(false).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (source, topic) = source(folder.path());
    queue.sqs.send_message().queue_url(&queue.url).message_body("garbage").send().await.unwrap();
    queue.drain(&source, 1).await;
    assert_eq!(queue.left(&queue.url).await, 0);
    assert_eq!(kept(folder.path()), [b"garbage"]);
    assert!(told(&source, &topic).await[0].field_text("Kept In").is_some());
}

/// Notices of objects, and the objects.
struct Bucket {
    notices: Vec<String>,
    acked: u32,
    rejected: u32,
}

const NOTICE: &str = r#"{"s3Bucket":"parcels","s3ObjectKey":["KEY"]}"#;
const CDN: &str = "#Version: 1.0\n#Fields: date time\n2026-11-02 10:00:00\n";

#[async_trait]
impl Input for Bucket {
    fn name(&self) -> &str {
        "bucket"
    }

    fn resume_at(&mut self, _place: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        let delivery = |body: String| Delivery {
            origin: "notice".into(),
            kind: EnvelopeKind::Any,
            body: body.into_bytes(),
            token: String::new(),
            resume: None,
        };
        Ok(self.notices.pop().map(delivery))
    }

    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        self.acked += 1;
        Ok(())
    }

    async fn reject_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        self.rejected += 1;
        Ok(())
    }

    async fn release_delivery(&mut self, _token: &str) {}

    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let text = if object.key.contains("cdn") { CDN } else { "lorem ipsum" };
        assert!(!object.key.contains("Config"), "its key says enough");
        gzip.write_all(text.as_bytes()).unwrap();
        Ok(gzip.finish().unwrap())
    }
}

#[tokio::test]
async fn objects_of_other_services_are_skipped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (source, topic) = source(folder.path());
    let keys = [
        "AWSLogs/222233334444/Config/eu-west-1/2026/11/2/ConfigSnapshot/a.json.gz",
        "AWSLogs/222233334444/CloudTrail-Digest/eu-west-1/2026/11/02/b.json.gz",
        "cdn/c.log.gz",
        "strange/d.gz",
    ];
    let notices = keys.iter().map(|key| NOTICE.replace("KEY", key)).collect();
    let mut bucket = Bucket { notices, acked: 0, rejected: 0 };
    source.drain_input(&mut bucket).await;
    assert_eq!((bucket.acked, bucket.rejected), (3, 1), "only the strange one is a dead letter");
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    assert_eq!((count(&source.counts.skipped), count(&source.counts.rejects)), (3, 1));
    let told = told(&source, &topic).await;
    assert_eq!(told[0].field_text("Latest Origin").as_deref(), Some("s3://parcels/strange/d.gz"));
}

#[tokio::test]
async fn what_aws_sends_to_try_a_way_is_no_reject() {
    let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-02T10:00:00.000Z","Bucket":"parcels","RequestId":"A","HostId":"B"}"#;
    let in_sns = |message: &str| {
        serde_json::json!({"Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:222233334444:t", "Message": message}).to_string()
    };
    let confirmation = r#"{"Type":"SubscriptionConfirmation","MessageId":"m","Token":"t","TopicArn":"arn:aws:sns:eu-west-1:222233334444:t","Message":"You have chosen to subscribe","SubscribeURL":"https://sns.eu-west-1.amazonaws.com/"}"#;
    let unsubscribed = confirmation.replace("SubscriptionC", "UnsubscribeC");
    let bodies = [
        test.to_owned(),
        in_sns(test),
        in_sns("CloudTrail validation message."),
        "CloudTrail validation message.".to_owned(),
        confirmation.to_owned(),
        unsubscribed,
    ];
    let folder = tempfile::tempdir().unwrap();
    let (source, topic) = source(folder.path());
    let mut bucket = Bucket { notices: bodies.to_vec(), acked: 0, rejected: 0 };
    source.drain_input(&mut bucket).await;
    assert_eq!((bucket.acked, bucket.rejected), (6, 0));
    assert_eq!(source.counts.skipped.load(Ordering::Relaxed), 6);
    assert!(told(&source, &topic).await.is_empty());
}
