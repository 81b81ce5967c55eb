//! Inputs on an emulated AWS, with the real SDK and real notices.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod ministack;

use aware_core::envelope::{EnvelopeKind, S3Object, open_body};
use aware_io::input::s3::S3Input;
use aware_io::input::{S3Config, SqsConfig};
use aware_io::secret::SecretRef;
use aware_pipeline::port::{Input, InputError};
use aws_sdk_sqs::types::QueueAttributeName;

use ministack::{ACCOUNT, Ministack};

fn key(number: u32) -> String {
    format!("AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/11/24/{number:04}.json")
}

fn config(json: serde_json::Value) -> S3Config {
    serde_json::from_value(json).unwrap()
}

async fn keys(input: &mut S3Input, at_most: usize) -> (Vec<String>, Option<String>) {
    let (mut keys, mut resume) = (Vec::new(), None);
    while keys.len() < at_most {
        let Some(delivery) = input.next_delivery().await.unwrap() else { break };
        let key = delivery.origin.trim_start_matches("s3://logs/").to_owned();
        assert_eq!(delivery.body, key.as_bytes());
        keys.push(key);
        resume = delivery.resume;
    }
    (keys, resume)
}

#[tokio::test]
async fn a_bucket_is_read_in_order_and_gone_on_with() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&aws).force_path_style(true).build(),
    );
    s3.create_bucket().bucket("logs").send().await.unwrap();
    for number in 0..60 {
        s3.put_object()
            .bucket("logs")
            .key(key(number))
            .body(key(number).into_bytes().into())
            .send()
            .await
            .unwrap();
    }
    let digest = format!("AWSLogs/{ACCOUNT}/CloudTrail-Digest/us-east-1/x.json.gz");
    s3.put_object().bucket("logs").key(digest).body(b"d".to_vec().into()).send().await.unwrap();

    let mut input = S3Input::new("trail", &aws, "logs", "AWSLogs/");
    let (first, resume) = keys(&mut input, 30).await;
    let mut again = config(serde_json::json!({"bucket": "logs", "concurrency": 3}))
        .build("trail", &aws)
        .unwrap();
    again.resume_at(&resume.unwrap());
    let (rest, _) = keys(&mut again, 100).await;
    let all: Vec<String> = (0..60).map(key).collect();
    assert_eq!([first, rest].concat(), all);

    let (all_again, _) = keys(&mut S3Input::new("trail", &aws, "logs", ""), 100).await;
    assert_eq!(all_again, all);
    let gone = input.fetch_object(&S3Object { bucket: "logs".into(), key: "none".into() }).await;
    assert!(matches!(gone, Err(InputError::Gone(_))), "{gone:?}");
    let nowhere =
        S3Input::new("trail", &aws, "nowhere", "").next_delivery().await.unwrap_err().to_string();
    assert!(nowhere.contains("no such bucket"), "{nowhere}");
}

#[tokio::test]
async fn notices_of_objects_come_by_a_queue() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&aws).force_path_style(true).build(),
    );
    let sqs = aws_sdk_sqs::Client::new(&aws);
    let url = sqs.create_queue().queue_name("trail").send().await.unwrap().queue_url.unwrap();
    let attributes = sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await
        .unwrap();
    let arn = attributes.attributes.unwrap()[&QueueAttributeName::QueueArn].clone();
    s3.create_bucket().bucket("logs").send().await.unwrap();
    let queue = aws_sdk_s3::types::QueueConfiguration::builder()
        .queue_arn(arn)
        .events(aws_sdk_s3::types::Event::S3ObjectCreated)
        .build()
        .unwrap();
    let notify =
        aws_sdk_s3::types::NotificationConfiguration::builder().queue_configurations(queue).build();
    s3.put_bucket_notification_configuration()
        .bucket("logs")
        .notification_configuration(notify)
        .send()
        .await
        .unwrap();
    s3.put_object()
        .bucket("logs")
        .key("AWSLogs/a b+c.json")
        .body(b"body".to_vec().into())
        .send()
        .await
        .unwrap();

    let queue: SqsConfig = serde_json::from_value(serde_json::json!({"queue_url": url})).unwrap();
    let mut input = queue.build("queue", &aws).unwrap();
    let object = loop {
        let delivery = input.next_delivery().await.unwrap().unwrap();
        let objects = open_body(EnvelopeKind::S3Notification, &delivery.body).objects;
        input.ack_delivery(&delivery.token).await.unwrap();
        if let Some(object) = objects.into_iter().next() {
            break object;
        }
    };
    assert_eq!(object.key, "AWSLogs/a b+c.json");
    assert_eq!(input.fetch_object(&object).await.unwrap(), b"body");

    let left = sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    let left = left.attributes.unwrap();
    assert_eq!(
        left[&QueueAttributeName::ApproximateNumberOfMessages],
        "0",
        "what was acknowledged is gone"
    );
    assert_eq!(left[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "0");
}

#[tokio::test]
async fn secrets_are_where_they_are_said_to_be() {
    let Some(stack) = Ministack::start().await else { return };
    let aws = stack.config().await;
    let ssm = aws_sdk_ssm::Client::new(&aws);
    let secure = aws_sdk_ssm::types::ParameterType::SecureString;
    ssm.put_parameter().name("/aware/url").value("s3cret").r#type(secure).send().await.unwrap();
    let place =
        SecretRef::parse(&format!("arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/aware/url")).unwrap();
    let loaded = aware_io::aws::AwsSession::with_config(aws.clone());
    assert_eq!(place.read_secret(&loaded).await.unwrap().expose(), "s3cret");
    let secrets = aws_sdk_secretsmanager::Client::new(&aws);
    let made = secrets.create_secret().name("aware").secret_string("s3cret2").send().await.unwrap();
    let place = SecretRef::parse(&made.arn.unwrap()).unwrap();
    assert_eq!(place.read_secret(&loaded).await.unwrap().expose(), "s3cret2");
}
