//! The topic between functions: Amazon SNS.
//!
//! Source: SNS API reference, "PublishBatch": ten messages, 256 KiB in total. SNS delivers what it
//! has accepted to every subscribed queue, even if the publisher ends.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aware_core::message::labels::FactLabel;
use aware_core::message::{HARD_LIMIT, Message, MessageKind, truncate_message};
use aware_core::text::clean_line;
use aware_pipeline::port::{Topic, TopicError};
use aws_sdk_sns::Client;
use aws_sdk_sns::error::ProvideErrorMetadata;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};

use crate::aws::describe_error;

/// Messages per request.
const BATCH_MESSAGES: usize = 10;
/// Bytes per request, including attributes; SNS allows 256 KiB.
const BATCH_BYTES: usize = 250_000;
/// How often messages are sent, if SNS fails to accept them through no fault of theirs.
const MAX_TRIES: u32 = 3;

/// The errors with which SNS refuses a batch because of its content.
///
/// Source: SNS API reference, "PublishBatch", errors.
const INVALID_CODES: [&str; 5] = [
    "InvalidParameter",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "ValidationException",
    "BatchRequestTooLong",
];

/// An SNS topic, to publish to.
#[derive(Debug)]
pub struct SnsTopic {
    client: Client,
    arn: String,
    /// A separate topic for signs of life, which the topic's subscribers do not want.
    heartbeats: Option<String>,
}

impl SnsTopic {
    /// A topic, by its ARN.
    pub fn new(client: Client, arn: impl Into<String>) -> Self {
        Self { client, arn: arn.into(), heartbeats: None }
    }

    /// The same, with a separate topic for signs of life.
    #[must_use]
    pub fn with_heartbeats(self, arn: Option<String>) -> Self {
        Self { heartbeats: arn, ..self }
    }

    fn arn_for(&self, message: &Message) -> &str {
        let own = self.heartbeats.as_deref().filter(|_| message.kind == MessageKind::Heartbeat);
        own.unwrap_or(&self.arn)
    }

    /// Sends one batch; returns the result for each message.
    async fn send_batch(
        &self,
        arn: &str,
        batch: &[PreparedMessage],
    ) -> Vec<Result<(), TopicError>> {
        let mut results: Vec<_> = batch.iter().map(|_| Err(retry_later("not sent"))).collect();
        let mut size = BATCH_MESSAGES;
        for attempt in 0..MAX_TRIES {
            let open: Vec<usize> = (0..batch.len())
                .filter(|at| results.get(*at).is_some_and(Result::is_err))
                .collect();
            if open.is_empty() {
                break;
            }
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
            }
            for open in open.chunks(size) {
                if self.attempt_batch(arn, batch, open, &mut results).await == BatchAttempt::Refused
                {
                    // Perhaps only one message is at fault: sent alone, the others get through.
                    size = 1;
                }
            }
        }
        results
    }

    async fn attempt_batch(
        &self,
        arn: &str,
        batch: &[PreparedMessage],
        open: &[usize],
        results: &mut [Result<(), TopicError>],
    ) -> BatchAttempt {
        let entries = open.iter().filter_map(|at| batch.get(*at)?.batch_entry(*at)).collect();
        let request = self.client.publish_batch().topic_arn(arn);
        let sent = request.set_publish_batch_request_entries(Some(entries)).send().await;
        let mut tell = |id: Option<&str>, result| {
            let at = id.and_then(|id| id.parse::<usize>().ok());
            if let Some(slot) = at.and_then(|at| results.get_mut(at)) {
                *slot = result;
            }
        };
        match sent {
            Ok(answer) => {
                answer.successful().iter().for_each(|one| tell(one.id(), Ok(())));
                for one in answer.failed() {
                    tell(
                        Some(one.id()),
                        Err(retry_later(&format!(
                            "{}: {}",
                            one.code(),
                            one.message().unwrap_or_default()
                        ))),
                    );
                }
            }
            Err(error) => {
                let problem = match error.code() {
                    Some("AuthorizationError" | "AccessDenied" | "AccessDeniedException") => {
                        "access denied (hint: this needs sns:Publish, and kms:GenerateDataKey and kms:Decrypt on the topic's key)".to_owned()
                    }
                    _ => describe_error(&error, "sns:Publish"),
                };
                open.iter().for_each(|at| tell(Some(&at.to_string()), Err(retry_later(&problem))));
                if error.code().is_some_and(|code| INVALID_CODES.contains(&code)) {
                    return BatchAttempt::Refused;
                }
            }
        }
        BatchAttempt::Made
    }
}

/// The result of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BatchAttempt {
    /// Each message has its answer, or SNS could not be reached.
    Made,
    /// SNS refuses its content.
    Refused,
}

fn retry_later(problem: &str) -> TopicError {
    TopicError::Later(problem.to_owned())
}

/// A message in the form in which it is sent.
struct PreparedMessage {
    body: String,
    attributes: HashMap<String, MessageAttributeValue>,
}

impl PreparedMessage {
    fn new(mut message: Message) -> Self {
        truncate_message(&mut message, HARD_LIMIT);
        let attributes = message_attributes(&message);
        Self { body: escape_noncharacters(&message.to_json()), attributes }
    }

    fn batch_entry(&self, id: usize) -> Option<PublishBatchRequestEntry> {
        let entry = PublishBatchRequestEntry::builder().id(id.to_string()).message(&self.body);
        entry.set_message_attributes(Some(self.attributes.clone())).build().ok()
    }

    fn byte_size(&self) -> usize {
        let attribute = |(name, value): (&String, &MessageAttributeValue)| {
            name.len() + 6 + value.string_value().map_or(0, str::len)
        };
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

/// JSON with the two characters escaped that SQS does not accept in a body.
///
/// Source: SQS API reference, "SendMessage", `MessageBody`.
fn escape_noncharacters(json: &str) -> String {
    json.replace('\u{fffe}', r"\ufffe").replace('\u{ffff}', r"\uffff")
}

/// The attributes that filter policies of subscriptions can use; SNS does not accept empty ones.
fn message_attributes(message: &Message) -> HashMap<String, MessageAttributeValue> {
    let wanted = [
        ("kind", Some(message.kind.as_str().to_owned())),
        ("severity", Some(message.severity_name().to_owned())),
        ("source", message.source_name.clone()),
        ("account", message.facts.account.clone()),
        ("region", message.facts.text(FactLabel::Regions)),
        ("rule", message.facts.text(FactLabel::Rule)),
        ("looks-like", message.looks_like.as_ref().map(ToString::to_string)),
        ("reading", message.case.as_ref().map(|case| case.reading.to_string())),
        ("case-kind", message.case.as_ref().map(|case| case.kind.to_string())),
    ];
    let attribute = |(name, value): (&str, Option<String>)| {
        let value = value.map(|value| clean_line(&value).into_owned());
        let value = value.filter(|value| !value.is_empty())?;
        let built = MessageAttributeValue::builder().data_type("String").string_value(value);
        Some((name.to_owned(), built.build().ok()?))
    };
    wanted.into_iter().filter_map(attribute).collect()
}

#[async_trait]
impl Topic for SnsTopic {
    fn is_durable(&self) -> bool {
        true
    }

    async fn publish(&self, message: Message) -> Result<(), TopicError> {
        let sent = self.publish_all(vec![message]).await;
        sent.into_iter().next().unwrap_or_else(|| Err(retry_later("not sent")))
    }

    async fn publish_all(&self, messages: Vec<Message>) -> Vec<Result<(), TopicError>> {
        let mut results = Vec::with_capacity(messages.len());
        let (mut batch, mut bytes, mut to) = (Vec::new(), 0, self.arn.as_str());
        for message in messages {
            let arn = self.arn_for(&message);
            let prepared = PreparedMessage::new(message);
            if batch.len() == BATCH_MESSAGES
                || bytes + prepared.byte_size() > BATCH_BYTES
                || arn != to
            {
                results.extend(self.send_batch(to, &batch).await);
                (batch, bytes, to) = (Vec::new(), 0, arn);
            }
            bytes += prepared.byte_size();
            batch.push(prepared);
        }
        results.extend(self.send_batch(to, &batch).await);
        results
    }

    /// The queues that subscribe receive in its place.
    async fn receive(&self) -> Option<Message> {
        None
    }

    fn close(&self) {}
}

#[cfg(test)]
mod tests {
    use aware_cases::message::system_message;
    use aware_core::event::Level;
    use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
    use jiff::Timestamp;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

    use super::*;

    fn message(subject: &str) -> Message {
        system_message(subject, &[], Level::High, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn bodies_hold_nothing_that_sqs_refuses() {
        let text = "a\u{fffe}b\u{ffff}c\u{10ffff}\u{1}";
        let mut hostile = message("");
        hostile.subject = text.to_owned();
        hostile.source_name = Some(text.to_owned());
        let prepared = PreparedMessage::new(hostile);
        let is_taken = |it: char| !matches!(it, '\u{fffe}' | '\u{ffff}') && it >= ' ';
        assert!(prepared.body.chars().all(is_taken), "{}", prepared.body);
        assert_eq!(Message::read_json(prepared.body.as_bytes()).unwrap().subject, text);
        let source =
            prepared.attributes.get("source").and_then(MessageAttributeValue::string_value);
        assert_eq!(source, Some("a�b�c\u{10ffff}�"));
    }

    fn topic(server: &MockServer) -> SnsTopic {
        let config = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::for_tests())
            .region(Region::new("eu-west-1"))
            .endpoint_url(server.uri())
            .build();
        SnsTopic::new(Client::from_conf(config), "arn:aws:sns:eu-west-1:1:aware")
    }

    #[tokio::test]
    async fn signs_of_life_go_by_a_topic_of_their_own() {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(refusing).mount(&server).await;
        let now = Timestamp::UNIX_EPOCH;
        let messages = vec![
            message("one"),
            aware_cases::message::heartbeat_message(now),
            aware_cases::message::canary_message(now, now),
            message("two"),
        ];
        let own = Some("arn:aws:sns:eu-west-1:1:beats".to_owned());
        let sent = topic(&server).with_heartbeats(own).publish_all(messages).await;
        assert!(sent.len() == 4 && sent.iter().all(Result::is_ok), "{sent:?}");
        let to = |request: &Request| {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let beats = body.matches("%22kind%22%3A%22heartbeat%22").count();
            (body.contains("%3Abeats"), beats, body.matches("%22subject%22").count())
        };
        let requests = server.received_requests().await.unwrap();
        let requests: Vec<_> = requests.iter().map(to).collect();
        assert_eq!(requests, [(false, 0, 1), (true, 2, 2), (false, 0, 1)]);
    }

    /// An SNS that refuses every request with something bad in it.
    fn refusing(request: &Request) -> ResponseTemplate {
        let body = String::from_utf8_lossy(&request.body);
        if body.contains("bad") {
            let error = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>no</Message></Error></ErrorResponse>";
            return ResponseTemplate::new(400).set_body_string(error);
        }
        let ids = body.split('&').filter(|pair| pair.contains(".Id="));
        let taken: String = ids
            .filter_map(|pair| pair.split_once('='))
            .map(|(_, id)| format!("<member><Id>{id}</Id><MessageId>m</MessageId></member>"))
            .collect();
        ResponseTemplate::new(200).set_body_string(format!(
            "<PublishBatchResponse><PublishBatchResult><Successful>{taken}</Successful><Failed/></PublishBatchResult></PublishBatchResponse>"
        ))
    }

    #[tokio::test]
    async fn one_that_is_refused_holds_back_no_other() {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(refusing).mount(&server).await;
        let topic = topic(&server);
        let sent = topic.publish_all(["one", "bad", "two"].map(message).into()).await;
        let taken: Vec<bool> = sent.iter().map(Result::is_ok).collect();
        assert_eq!(taken, [true, false, true]);
        let problem = sent.into_iter().find_map(Result::err).unwrap().to_string();
        assert!(problem.contains("InvalidParameter: no"), "{problem}");
    }
}
