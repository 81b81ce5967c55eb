//! What an invocation carries: one body, or several that are answered individually.

use aware_core::envelope::Kind;
use aware_pipeline::port::Delivery;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What an invocation carries.
#[derive(Debug)]
pub enum Event {
    /// A scheduled tick: publish what is due.
    Tick,
    /// Bodies of a batch, each answered individually.
    Batch(Vec<Delivery>),
    /// One body, which succeeds or fails as a whole.
    Whole(Delivery),
}

impl Event {
    /// Recognises an event by its content.
    pub fn of(event: Value) -> Self {
        if is_tick(&event) {
            return Self::Tick;
        }
        match batch(&event) {
            Some(bodies) => Self::Batch(bodies),
            None => Self::Whole(whole(&event)),
        }
    }
}

/// An event from EventBridge's scheduler, or the short form that anybody can send to cause a tick.
fn is_tick(event: &Value) -> bool {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let scheduled =
        text("source") == Some("aws.events") && text("detail-type") == Some("Scheduled Event");
    scheduled || text("aware") == Some("tick")
}

fn batch(event: &Value) -> Option<Vec<Delivery>> {
    let records = event.get("Records")?.as_array()?;
    let source = records.first()?.get("eventSource")?.as_str()?;
    match source {
        "aws:sqs" => Some(records.iter().map(from_queue).collect()),
        "aws:kinesis" => Some(records.iter().map(from_stream).collect()),
        _ => None,
    }
}

fn from_queue(record: &Value) -> Delivery {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let queue = text("eventSourceARN").rsplit(':').next().unwrap_or_default();
    Delivery {
        origin: format!("sqs://{queue}/{}", text("messageId")),
        kind: Kind::Any,
        body: text("body").as_bytes().to_vec(),
        token: text("messageId").to_owned(),
        resume: None,
    }
}

fn from_stream(record: &Value) -> Delivery {
    let data = record.get("kinesis");
    let text = |name: &str| data.and_then(|it| it.get(name)?.as_str()).unwrap_or_default();
    let stream = record.get("eventSourceARN").and_then(Value::as_str).unwrap_or_default();
    let stream = stream.rsplit('/').next().unwrap_or_default();
    // Invalid Base64 is passed on as it is, and rejected with its origin.
    let body = STANDARD.decode(text("data")).unwrap_or_else(|_| text("data").as_bytes().to_vec());
    Delivery {
        origin: format!("kinesis://{stream}/{}", text("sequenceNumber")),
        kind: Kind::Any,
        body,
        token: text("sequenceNumber").to_owned(),
        resume: None,
    }
}

fn whole(event: &Value) -> Delivery {
    Delivery {
        origin: "the invocation".to_owned(),
        kind: Kind::Any,
        body: event.to_string().into_bytes(),
        token: "all".to_owned(),
        resume: None,
    }
}

/// The answer to a batch: which items must come again.
pub fn failures(tokens: &[String]) -> Value {
    let failure = |token: &String| json!({ "itemIdentifier": token });
    json!({ "batchItemFailures": tokens.iter().map(failure).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_events() {
        let scheduled = json!({"source": "aws.events", "detail-type": "Scheduled Event"});
        assert!(matches!(Event::of(scheduled), Event::Tick));
        assert!(matches!(Event::of(json!({"aware": "tick"})), Event::Tick));
        assert!(matches!(Event::of(json!({"awslogs": {"data": "x"}})), Event::Whole(_)));
        let s3 = json!({"Records": [{"eventSource": "aws:s3"}]});
        assert!(matches!(Event::of(s3), Event::Whole(_)));
        let queue = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": "b"}]});
        let Event::Batch(bodies) = Event::of(queue) else { panic!("no batch") };
        assert_eq!((bodies[0].token.as_str(), bodies[0].body.as_slice()), ("m", &b"b"[..]));
        let stream = json!({"Records": [{"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": "7", "data": "YWI="}}]});
        let Event::Batch(bodies) = Event::of(stream) else { panic!("no batch") };
        assert_eq!((bodies[0].token.as_str(), bodies[0].body.as_slice()), ("7", &b"ab"[..]));
    }
}
