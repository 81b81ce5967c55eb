//! CloudTrail: turns one record into one event.
//!
//! Source: CloudTrail user guide, "CloudTrail record contents", eventVersion 1.0 to 1.11; newer
//! versions only add fields, and are read the same way.

use jiff::Timestamp;
use serde_json::Value;

use super::fields as field;
use super::identify::ID;
use super::identity::record_id;
use super::principal::read_principal;
use super::rate_event;
use super::rate_sentence::rate_sentence;
use crate::event::{
    Action, ApiCall, CallOrigin, Event, EventCategory, EventClass, Outcome, TargetResource,
    TlsDetails, classify_call, is_echo,
};
use crate::source::contract::RecordProblem;
use crate::source::field::FieldPath;
use crate::source::json::{json_type_name, parse_record, required_text};
use crate::source::surrogates;

/// Decodes one record's bytes.
///
/// # Errors
/// [`RecordProblem`] when it is not a JSON object, is too long, or lacks `eventName`, `eventSource`
/// or a readable `eventTime`. Every other field may be missing or malformed. Half a surrogate pair,
/// as left by a name cut within an emoji, is read as U+FFFD.
pub fn decode_record(bytes: &[u8]) -> Result<Event, RecordProblem> {
    let mut record = parse_record(bytes)?;
    parse_embedded_json(&mut record);
    event_of(record)
}

/// What a parsed record says was done; `None` when it is not an event.
pub(super) fn action_of_record(record: &Value) -> Option<Action> {
    let category = EventCategory::parse(field::CATEGORY.text_in(record));
    let EventBasics { source, name, .. } = EventBasics::read_basics(record, category).ok()?;
    Some(Action::from_event_names(source, name, read_only_flag(record)))
}

/// Turns a parsed record into an event; for errors see [`decode_record`].
fn event_of(record: Value) -> Result<Event, RecordProblem> {
    let category = EventCategory::parse(field::CATEGORY.text_in(&record));
    let EventBasics { source, name, time } = EventBasics::read_basics(&record, category)?;
    let action = Action::from_event_names(source, name, read_only_flag(&record));
    let text = |path: &FieldPath| path.text_in(&record).map(str::to_owned);
    let call = api_call(&record, category, &action);
    let outcome =
        classify_outcome(&record, call.error_code.as_deref(), call.error_message.as_deref());
    let refusal = call.error_message.as_deref().filter(|_| outcome == Outcome::Denied);
    Ok(Event {
        source: ID,
        id: record_id(&record),
        time,
        account: text(&field::RECIPIENT_ACCOUNT)
            .or_else(|| text(&field::USER_ACCOUNT))
            .or_else(|| text(&field::AGGREGATED_ACCOUNT)),
        region: text(&field::REGION).unwrap_or_default(),
        action,
        principal: read_principal(&record),
        outcome,
        resources: read_resources(&record, refusal),
        network: read_network(&record),
        class: EventClass::ApiCall(call),
        record,
    })
}

fn api_call(record: &Value, category: EventCategory, action: &Action) -> ApiCall {
    let text = |path: &FieldPath| path.text_in(record).map(str::to_owned);
    ApiCall {
        version: text(&field::EVENT_VERSION).unwrap_or_default(),
        category,
        kind: text(&field::EVENT_TYPE).unwrap_or_default(),
        event_source: text(&field::EVENT_SOURCE).unwrap_or_default(),
        event_name: text(&field::EVENT_NAME).unwrap_or_default(),
        request_id: text(&field::REQUEST_ID),
        shared_id: text(&field::SHARED_EVENT_ID),
        error_code: text(&field::ERROR_CODE).filter(|code| !code.is_empty()),
        error_message: text(&field::ERROR_MESSAGE).filter(|message| !message.is_empty()),
        measured: rate_sentence(category, action, record),
    }
}

fn classify_outcome(record: &Value, code: Option<&str>, message: Option<&str>) -> Outcome {
    let request = field::REQUEST.find_in(record);
    classify_call(code, message, |text| request.is_some_and(|request| is_echo(text, request)))
}

/// What every event has: what was done, and when.
struct EventBasics<'a> {
    source: &'a str,
    name: &'a str,
    time: Timestamp,
}

impl<'a> EventBasics<'a> {
    /// Insights and aggregated events have them in places of their own: an insight names the call
    /// whose rate was unusual, and an aggregated event counts the calls of a time window.
    fn read_basics(record: &'a Value, category: EventCategory) -> Result<Self, RecordProblem> {
        let source = &field::EVENT_SOURCE;
        Ok(match category {
            EventCategory::Insight if source.find_in(record).is_none() => Self {
                source: required_text(
                    record,
                    &field::INSIGHT_SOURCE,
                    "insightDetails.eventSource",
                )?,
                name: required_text(record, &field::INSIGHT_NAME, "insightDetails.eventName")?,
                time: read_time(record, &field::EVENT_TIME, "eventTime")?,
            },
            EventCategory::Aggregated => Self {
                source: required_text(record, source, "eventSource")?,
                name: rate_event::aggregated_operation(record),
                time: read_time(record, &field::WINDOW_START, "timeWindow.windowStart")?,
            },
            _ => Self {
                source: required_text(record, source, "eventSource")?,
                name: required_text(record, &field::EVENT_NAME, "eventName")?,
                time: read_time(record, &field::EVENT_TIME, "eventTime")?,
            },
        })
    }
}

/// A timestamp, or the `@timestamp` into which Logstash's CloudTrail codec turns it.
fn read_time(
    record: &Value,
    path: &FieldPath,
    name: &'static str,
) -> Result<Timestamp, RecordProblem> {
    let value = path.find_in(record).or_else(|| record.get("@timestamp"));
    let value = value.ok_or(RecordProblem::Missing(name))?;
    let mistyped = |found| RecordProblem::Mistyped { field: name, found, expected: "a time" };
    let text = value.as_str().ok_or_else(|| mistyped(json_type_name(value)))?;
    text.parse().map_err(|_| mistyped("some other text"))
}

fn read_only_flag(record: &Value) -> Option<bool> {
    match field::READ_ONLY.find_in(record)? {
        Value::Bool(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn read_network(record: &Value) -> CallOrigin {
    let text = |path: &FieldPath| path.text_in(record).map(str::to_owned);
    let tls = text(&field::TLS_VERSION).map(|version| TlsDetails {
        version,
        cipher: text(&field::TLS_CIPHER).unwrap_or_default(),
        host: text(&field::TLS_HOST).unwrap_or_default(),
    });
    CallOrigin {
        source: text(&field::SOURCE_IP).filter(|source| !source.is_empty()),
        user_agent: text(&field::USER_AGENT).filter(|agent| !agent.is_empty()),
        vpc_endpoint: text(&field::VPC_ENDPOINT),
        tls,
    }
}

/// The resource that the denial's text names comes first: of all the resources of a request it is
/// the one refused.
fn read_resources(record: &Value, refusal: Option<&str>) -> Vec<TargetResource> {
    let mut resources = TargetResource::read_list(field::RESOURCES.find_in(record));
    if let Some(refused) = refusal.and_then(TargetResource::from_denial) {
        resources.retain(|resource| resource.name != refused.name);
        resources.insert(0, refused);
    }
    resources
}

/// Old records carry the request and the response as JSON in a string.
fn parse_embedded_json(record: &mut Value) {
    for name in ["requestParameters", "responseElements", "additionalEventData"] {
        let Some(value) = record.get_mut(name) else { continue };
        let parsed = value
            .as_str()
            .filter(|text| text.starts_with('{'))
            .and_then(|text| surrogates::parse_lenient(text).ok());
        if let Some(parsed) = parsed {
            *value = parsed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::contract::MAX_RECORD_BYTES;

    fn problem(bytes: &[u8]) -> String {
        decode_record(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_minimal_record() {
        let event = decode_record(br#"{"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers"}"#).unwrap();
        assert_eq!(event.action.to_string(), "iam:ListUsers");
        assert_eq!(event.outcome, Outcome::Success);
        assert_eq!(event.id.len(), 32);
        assert_eq!(event.account_or_unknown(), "unknown");
    }

    #[test]
    fn an_insight_is_an_event_of_the_call_it_is_about() {
        let event = decode_record(br#"{"eventVersion":"1.09","eventTime":"2026-11-20T10:00:00Z","awsRegion":"eu-west-1","eventID":"i1","eventType":"AwsCloudTrailInsight","recipientAccountId":"222233334444","eventCategory":"Insight","insightDetails":{"state":"End","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","insightType":"ApiCallRateInsight","insightContext":{"statistics":{"baseline":{"average":0.25},"insight":{"average":7},"insightDuration":5,"baselineDuration":10080}}}}"#).unwrap();
        assert_eq!(event.action.to_string(), "ec2:RunInstances");
        assert_eq!((event.id.as_str(), event.account_or_unknown()), ("i1", "222233334444"));
        assert_eq!(event.api_call().unwrap().category, EventCategory::Insight);
        assert_eq!(
            event.why().unwrap(),
            "ec2:RunInstances was called 7 times a minute for 5 minutes; usually 0.25 times a minute; this has ended"
        );
    }

    #[test]
    fn an_aggregated_event_counts_calls() {
        let event = decode_record(br#"{"eventVersion":"1.0","accountId":"222233334444","eventId":"a1","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"eu-west-1","eventSource":"s3.amazonaws.com","timeWindow":{"windowStart":"2026-11-17T19:20:00Z","windowEnd":"2026-11-17T19:25:00Z","windowSize":"PT5M"},"summary":{"primaryDimension":{"dimension":"eventName","statistics":[{"name":"GetObject","value":90}],"aggregationType":"Count"},"details":[{"dimension":"errorCode","statistics":[{"name":"AccessDenied","value":7},{"name":"NoSuchKey","value":1}],"aggregationType":"Count"}]}}"#).unwrap();
        assert_eq!(event.action.to_string(), "s3:GetObject");
        assert_eq!((event.id.as_str(), event.account_or_unknown()), ("a1", "222233334444"));
        assert_eq!(event.time.to_string(), "2026-11-17T19:20:00Z");
        assert_eq!(
            event.why().unwrap(),
            "s3:GetObject was called 90 times up to 2026-11-17T19:25:00Z; 7 failed with AccessDenied, 1 failed with NoSuchKey"
        );
        assert_eq!(
            problem(br#"{"eventCategory":"Aggregated","eventSource":"s3.amazonaws.com"}"#),
            "record has no `timeWindow.windowStart`"
        );
    }

    #[test]
    fn what_is_no_record() {
        assert_eq!(problem(b"3"), "record is a number, not an object");
        assert_eq!(problem(b"{}"), "record has no `eventSource`");
        assert_eq!(problem(br#"{"eventSource":1}"#), "`eventSource` is a number, not a string");
        assert_eq!(
            problem(br#"{"eventSource":"a","eventName":"b","eventTime":"soon"}"#),
            "`eventTime` is some other text, not a time"
        );
        assert!(problem(b"{").starts_with("record is not JSON: EOF"));
        assert!(problem(b"\"\xff\"").starts_with("record is not UTF-8"));
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(1_000), "]".repeat(1_000));
        assert!(problem(deep.as_bytes()).contains("recursion limit exceeded"));
        assert!(problem(&vec![b' '; MAX_RECORD_BYTES + 1]).contains("over the limit"));
    }
}
