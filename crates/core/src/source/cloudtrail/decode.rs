//! CloudTrail: turns one record into one event.
//!
//! Source: CloudTrail user guide, "CloudTrail record contents", eventVersion 1.0 to 1.11; newer
//! versions only add fields, and are read the same way.

use jiff::Timestamp;
use serde_json::Value;

use super::fields as field;
use super::identity::record_id;
use super::measured;
use super::principal::read_principal;
use crate::event::{
    Action, ApiCall, Category, Event, EventClass, Network, Outcome, Resource, Tls, classify_call,
    is_echo,
};
use crate::source::contract::RecordProblem;
use crate::source::field::Path;
use crate::source::json::{parse_record, required, type_name};
use crate::source::surrogates;

/// Decodes one record's bytes.
///
/// # Errors
/// [`RecordProblem`] when it is not a JSON object, is too long, or lacks `eventName`, `eventSource`
/// or a readable `eventTime`. Every other field may be missing or malformed. Half a surrogate pair,
/// as left by a name cut within an emoji, is read as U+FFFD.
pub fn decode(bytes: &[u8]) -> Result<Event, RecordProblem> {
    let mut record = parse_record(bytes)?;
    unwrap_strings(&mut record);
    event_of(record)
}

/// What a parsed record says was done; `None` when it is not an event.
pub(super) fn action(record: &Value) -> Option<Action> {
    let category = Category::parse(field::CATEGORY.text(record));
    let Basics { source, name, .. } = Basics::of(record, category).ok()?;
    Some(Action::new(source, name, read_only(record)))
}

/// Turns a parsed record into an event; for errors see [`decode`].
fn event_of(record: Value) -> Result<Event, RecordProblem> {
    let category = Category::parse(field::CATEGORY.text(&record));
    let Basics { source, name, time } = Basics::of(&record, category)?;
    let action = Action::new(source, name, read_only(&record));
    let text = |path: &Path| path.text(&record).map(str::to_owned);
    let call = api_call(&record, category);
    let outcome = outcome(&record, call.error_code.as_deref(), call.error_message.as_deref());
    let refusal = call.error_message.as_deref().filter(|_| outcome == Outcome::Denied);
    Ok(Event {
        source: super::ID,
        id: record_id(&record),
        time,
        account: text(&field::RECIPIENT_ACCOUNT)
            .or_else(|| text(&field::USER_ACCOUNT))
            .or_else(|| text(&field::AGGREGATED_ACCOUNT)),
        region: text(&field::REGION).unwrap_or_default(),
        action,
        principal: read_principal(&record),
        outcome,
        resources: resources(&record, refusal),
        network: network(&record),
        class: EventClass::ApiCall(call),
        record,
    })
}

fn api_call(record: &Value, category: Category) -> ApiCall {
    let text = |path: &Path| path.text(record).map(str::to_owned);
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
        measured: measured::sentence(category, record),
    }
}

fn outcome(record: &Value, code: Option<&str>, message: Option<&str>) -> Outcome {
    let request = field::REQUEST.get(record);
    classify_call(code, message, |text| request.is_some_and(|request| is_echo(text, request)))
}

/// What every event has: what was done, and when.
struct Basics<'a> {
    source: &'a str,
    name: &'a str,
    time: Timestamp,
}

impl<'a> Basics<'a> {
    /// Insights and aggregated events have them in places of their own: an insight names the call
    /// whose rate was unusual, and an aggregated event counts the calls of a time window.
    fn of(record: &'a Value, category: Category) -> Result<Self, RecordProblem> {
        let source = &field::EVENT_SOURCE;
        Ok(match category {
            Category::Insight if source.get(record).is_none() => Self {
                source: required(record, &field::INSIGHT_SOURCE, "insightDetails.eventSource")?,
                name: required(record, &field::INSIGHT_NAME, "insightDetails.eventName")?,
                time: time(record, &field::EVENT_TIME, "eventTime")?,
            },
            Category::Aggregated => Self {
                source: required(record, source, "eventSource")?,
                name: measured::aggregated_name(record),
                time: time(record, &field::WINDOW_START, "timeWindow.windowStart")?,
            },
            _ => Self {
                source: required(record, source, "eventSource")?,
                name: required(record, &field::EVENT_NAME, "eventName")?,
                time: time(record, &field::EVENT_TIME, "eventTime")?,
            },
        })
    }
}

/// A timestamp, or the `@timestamp` into which Logstash's CloudTrail codec turns it.
fn time(record: &Value, path: &Path, name: &'static str) -> Result<Timestamp, RecordProblem> {
    let value = path.get(record).or_else(|| record.get("@timestamp"));
    let value = value.ok_or(RecordProblem::Missing(name))?;
    let mistyped = |found| RecordProblem::Mistyped { field: name, found, expected: "a time" };
    let text = value.as_str().ok_or_else(|| mistyped(type_name(value)))?;
    text.parse().map_err(|_| mistyped("some other text"))
}

fn read_only(record: &Value) -> Option<bool> {
    match field::READ_ONLY.get(record)? {
        Value::Bool(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn network(record: &Value) -> Network {
    let text = |path: &Path| path.text(record).map(str::to_owned);
    let tls = text(&field::TLS_VERSION).map(|version| Tls {
        version,
        cipher: text(&field::TLS_CIPHER).unwrap_or_default(),
        host: text(&field::TLS_HOST).unwrap_or_default(),
    });
    Network {
        source: text(&field::SOURCE_IP).filter(|source| !source.is_empty()),
        user_agent: text(&field::USER_AGENT).filter(|agent| !agent.is_empty()),
        vpc_endpoint: text(&field::VPC_ENDPOINT),
        tls,
    }
}

/// The resource that the denial's text names comes first: of all the resources of a request it is
/// the one refused.
fn resources(record: &Value, refusal: Option<&str>) -> Vec<Resource> {
    let mut resources = Resource::list(field::RESOURCES.get(record));
    if let Some(refused) = refusal.and_then(Resource::from_denial) {
        resources.retain(|resource| resource.name != refused.name);
        resources.insert(0, refused);
    }
    resources
}

/// Old records carry the request and the response as JSON in a string.
fn unwrap_strings(record: &mut Value) {
    for name in ["requestParameters", "responseElements", "additionalEventData"] {
        let Some(value) = record.get_mut(name) else { continue };
        let parsed = value
            .as_str()
            .filter(|text| text.starts_with('{'))
            .and_then(|text| surrogates::parse(text).ok());
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
        decode(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_minimal_record() {
        let event = decode(br#"{"eventTime":"2026-11-24T03:54:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers"}"#).unwrap();
        assert_eq!(event.action.to_string(), "iam:ListUsers");
        assert_eq!(event.outcome, Outcome::Success);
        assert_eq!(event.id.len(), 32);
        assert_eq!(event.account_or_unknown(), "unknown");
    }

    #[test]
    fn an_insight_is_an_event_of_the_call_it_is_about() {
        let event = decode(br#"{"eventVersion":"1.09","eventTime":"2026-11-20T10:00:00Z","awsRegion":"eu-west-1","eventID":"i1","eventType":"AwsCloudTrailInsight","recipientAccountId":"222233334444","eventCategory":"Insight","insightDetails":{"state":"End","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","insightType":"ApiCallRateInsight","insightContext":{"statistics":{"baseline":{"average":0.25},"insight":{"average":7},"insightDuration":5,"baselineDuration":10080}}}}"#).unwrap();
        assert_eq!(event.action.to_string(), "ec2:RunInstances");
        assert_eq!((event.id.as_str(), event.account_or_unknown()), ("i1", "222233334444"));
        assert_eq!(event.api_call().unwrap().category, Category::Insight);
        assert_eq!(
            event.why().unwrap(),
            "ApiCallRateInsight, End: 7 calls a minute over 5 minutes, where 0.25 are usual"
        );
    }

    #[test]
    fn an_aggregated_event_counts_calls() {
        let event = decode(br#"{"eventVersion":"1.0","accountId":"222233334444","eventId":"a1","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"eu-west-1","eventSource":"s3.amazonaws.com","timeWindow":{"windowStart":"2026-11-17T19:20:00Z","windowEnd":"2026-11-17T19:25:00Z","windowSize":"PT5M"},"summary":{"primaryDimension":{"dimension":"eventName","statistics":[{"name":"GetObject","value":90}],"aggregationType":"Count"},"details":[{"dimension":"errorCode","statistics":[{"name":"AccessDenied","value":7},{"name":"NoSuchKey","value":1}],"aggregationType":"Count"}]}}"#).unwrap();
        assert_eq!(event.action.to_string(), "s3:GetObject");
        assert_eq!((event.id.as_str(), event.account_or_unknown()), ("a1", "222233334444"));
        assert_eq!(event.time.to_string(), "2026-11-17T19:20:00Z");
        assert_eq!(
            event.why().unwrap(),
            "until 2026-11-17T19:25:00Z: eventName GetObject 90; errorCode AccessDenied 7, NoSuchKey 1"
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
