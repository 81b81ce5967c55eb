//! The input and the output of correlation.

use aware_core::source::SourceId;
use aware_core::text::clip_bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::plan::CorrelationPlan;
use crate::ir::{DerivedField, EventField, PathReach, RecordSource};

/// The maximum number of values that [`extract_values`] takes from one event.
pub const MAX_VALUES: usize = 64;
/// The longest value that [`extract_values`] takes, in bytes; longer ones are clipped.
pub const MAX_VALUE: usize = 2048;

/// A rule matched an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleMatch {
    /// The rule, as an index into the rules passed to [`super::compile_correlations`].
    pub rule: usize,
    /// When the event happened.
    pub time: Timestamp,
    /// The account of the event; with `event_id` it is the event's identity.
    pub account: String,
    /// The event's id.
    pub event_id: String,
    /// For each of [`super::CorrelationPlan::fields_for_rule`], the event's values there; see
    /// [`extract_values`].
    pub fields: Vec<Vec<String>>,
}

impl RuleMatch {
    /// A match with the fields that the plan needs.
    pub fn from_event(
        plan: &CorrelationPlan,
        rule: usize,
        time: Timestamp,
        (account, event_id): (&str, &str),
        (source, event): (SourceId, &Value),
    ) -> Self {
        let fields = plan
            .fields_for_rule(rule)
            .iter()
            .map(|path| extract_values(source, event, path))
            .collect();
        Self { rule, time, account: account.to_owned(), event_id: event_id.to_owned(), fields }
    }
}

/// One event that took part in a firing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventRef {
    /// When it happened.
    pub time: Timestamp,
    /// Its account; empty for the firing of another correlation.
    pub account: String,
    /// Its id; for a firing, the firing's id.
    pub id: String,
}

/// A correlation's condition has become true for a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The correlation, as an index into [`super::CorrelationPlan::correlations`].
    pub correlation: usize,
    /// Stable: derived from the correlation, the group and the period. Two firings with the same id
    /// are the same firing.
    pub id: String,
    /// The group: its fields and their values.
    pub group: Vec<(String, String)>,
    /// The first event of the window, as far as known.
    pub first: Timestamp,
    /// The last event of the window.
    pub last: Timestamp,
    /// The value that the condition was evaluated on: events, distinct values, rules, a sum, ….
    pub value: f64,
    /// How many events of the window are known.
    pub count: usize,
    /// The earliest of them.
    pub events: Vec<EventRef>,
    /// The event that made the condition true; for a condition decided only when a window is over,
    /// the window's last event.
    pub trigger: EventRef,
}

/// The values of a source's event at a dotted path: strings, numbers and booleans as text.
///
/// A list along the way or at the end stands for each of its members. Nulls, empty strings and
/// objects are not values. A member whose name contains dots is found as well. At most
/// [`MAX_VALUES`], in the event's order, each of at most [`MAX_VALUE`] bytes. Derived fields are
/// values too.
pub fn extract_values<'s>(
    source: impl Into<RecordSource<'s>>,
    event: &Value,
    path: &str,
) -> Vec<String> {
    if let Some(derived) = DerivedField::from_field(&EventField::dotted(path, PathReach::Leaves)) {
        let clip = |value: String| clip_bytes(&value, MAX_VALUE).0.to_owned();
        return derived.values_in(source.into(), event).into_iter().map(clip).collect();
    }
    let mut found = Vec::new();
    collect_values(event, Some(path), &mut found);
    found
}

fn collect_values(value: &Value, path: Option<&str>, found: &mut Vec<String>) {
    if found.len() >= MAX_VALUES {
        return;
    }
    match (value, path) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect_values(item, path, found)),
        (Value::Object(members), Some(path)) => {
            if let Some(member) = members.get(path) {
                return collect_values(member, None, found);
            }
            for (at, _) in path.match_indices('.') {
                let (name, rest) = path.split_at_checked(at).unwrap_or_default();
                if let Some(member) = members.get(name) {
                    collect_values(member, rest.strip_prefix('.'), found);
                }
            }
        }
        (Value::String(text), None) if !text.is_empty() => {
            found.push(clip_bytes(text, MAX_VALUE).0.to_owned());
        }
        (Value::Number(number), None) => found.push(number.to_string()),
        (Value::Bool(flag), None) => found.push(flag.to_string()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use aware_core::source::cloudtrail;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_taken_by_path() {
        let event = json!({
            "eventTime": "2026-11-24T09:01:00Z",
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateUser",
            "userIdentity": {"arn": "a", "none": null, "empty": ""},
            "requestParameters": {"tag.x": 1, "items": [{"id": "i"}, {"id": ["j", true]}, {}]},
        });
        let cases: [(&str, &[&str]); 9] = [
            ("userIdentity.arn", &["a"]),
            ("requestParameters.items.id", &["i", "j", "true"]),
            ("requestParameters.tag.x", &["1"]),
            ("userIdentity", &[]),
            ("userIdentity.none", &[]),
            ("userIdentity.empty", &[]),
            ("userIdentity.arn.more", &[]),
            ("aware.action", &["iam:CreateUser"]),
            ("aware.outcome", &["success"]),
        ];
        for (path, expected) in cases {
            assert_eq!(extract_values(cloudtrail::ID, &event, path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_taken_has_a_limit() {
        let event = json!({"many": vec!["x"; 1000], "long": "y".repeat(5000)});
        assert_eq!(extract_values(cloudtrail::ID, &event, "many").len(), MAX_VALUES);
        assert_eq!(extract_values(cloudtrail::ID, &event, "long").concat().len(), MAX_VALUE);
    }
}
