//! What an invocation carries: one body, or several that are answered individually.

use aware_core::envelope::EnvelopeKind;
use aware_pipeline::port::Delivery;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What an invocation carries.
#[derive(Debug)]
pub enum InvocationEvent {
    /// A scheduled tick: publish what is due.
    Tick,
    /// Bodies of a batch, each answered individually.
    Batch(Vec<Delivery>),
    /// One body, which succeeds or fails as a whole.
    Whole(Delivery),
}

impl InvocationEvent {
    /// Recognises an event by its content.
    ///
    /// ```
    /// use aware_io::function::event::InvocationEvent;
    ///
    /// let event = InvocationEvent::from_json(serde_json::json!({"aware": "tick"}));
    /// assert!(matches!(event, InvocationEvent::Tick));
    /// ```
    pub fn from_json(event: Value) -> Self {
        if is_tick(&event) {
            return Self::Tick;
        }
        match parse_batch(&event) {
            Some(bodies) => Self::Batch(bodies),
            None => Self::Whole(whole_event(&event)),
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

fn parse_batch(event: &Value) -> Option<Vec<Delivery>> {
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
        kind: EnvelopeKind::Any,
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
        kind: EnvelopeKind::Any,
        body,
        token: text("sequenceNumber").to_owned(),
        resume: None,
    }
}

fn whole_event(event: &Value) -> Delivery {
    Delivery {
        origin: "the invocation".to_owned(),
        kind: EnvelopeKind::Any,
        body: event.to_string().into_bytes(),
        token: "all".to_owned(),
        resume: None,
    }
}

/// The answer to a batch: which items must be redelivered.
pub fn batch_failures(tokens: &[String]) -> Value {
    let failure = |token: &String| json!({ "itemIdentifier": token });
    json!({ "batchItemFailures": tokens.iter().map(failure).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_events() {
        let scheduled = json!({"source": "aws.events", "detail-type": "Scheduled Event"});
        assert!(matches!(InvocationEvent::from_json(scheduled), InvocationEvent::Tick));
        assert!(matches!(
            InvocationEvent::from_json(json!({"aware": "tick"})),
            InvocationEvent::Tick
        ));
        assert!(matches!(
            InvocationEvent::from_json(json!({"awslogs": {"data": "x"}})),
            InvocationEvent::Whole(_)
        ));
        let s3 = json!({"Records": [{"eventSource": "aws:s3"}]});
        assert!(matches!(InvocationEvent::from_json(s3), InvocationEvent::Whole(_)));
        let queue = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": "b"}]});
        let InvocationEvent::Batch(bodies) = InvocationEvent::from_json(queue) else {
            panic!("no batch")
        };
        assert_eq!((bodies[0].token.as_str(), bodies[0].body.as_slice()), ("m", &b"b"[..]));
        let stream = json!({"Records": [{"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": "7", "data": "YWI="}}]});
        let InvocationEvent::Batch(bodies) = InvocationEvent::from_json(stream) else {
            panic!("no batch")
        };
        assert_eq!((bodies[0].token.as_str(), bodies[0].body.as_slice()), ("7", &b"ab"[..]));
    }
}
