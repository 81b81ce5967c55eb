//! Builds the report of a true window.

use aware_core::fingerprint::Fingerprint;
use jiff::Timestamp;

use crate::correlate::group::{CorrelationGroup, TrueWindow};
use crate::correlate::hit::{EventRef, Firing};
use crate::correlate::model::Correlation;
use crate::correlate::plan::{CorrelationSpec, Micros};
use crate::correlate::point::{EventPoint, ValueTuple};

/// A firing's id: a hash of the correlation's definition, the group and the period.
pub(super) fn firing_id(spec: &CorrelationSpec, key: &ValueTuple, period: i64) -> String {
    let period = period.to_string();
    let mut parts = vec!["firing-1", spec.definition.as_str(), period.as_str()];
    parts.extend(key.iter().map(|value| &**value));
    Fingerprint::from_parts(&parts).as_str().replacen("fp1:", "co1:", 1)
}

/// The firing that reports a true window.
pub(super) fn build_firing(
    at: usize,
    correlation: &Correlation,
    spec: &CorrelationSpec,
    (key, group): (&ValueTuple, &CorrelationGroup),
    truth: &TrueWindow,
    sample: usize,
) -> Option<Firing> {
    let window = group.points.get(truth.span.from..truth.span.to)?;
    let (first, last) = (window.first()?, window.last()?);
    let values = key.iter().map(|value| value.to_string());
    Some(Firing {
        correlation: at,
        id: firing_id(spec, key, truth.period),
        group: correlation.group_by.iter().cloned().zip(values).collect(),
        first: clamped_timestamp(first.time),
        last: clamped_timestamp(last.time),
        value: truth.value,
        count: window.len(),
        events: window.iter().take(sample).map(event_ref).collect(),
        trigger: event_ref(last),
    })
}

fn event_ref(point: &EventPoint) -> EventRef {
    let (account, id) = point.id.split_once('/').unwrap_or(("", &point.id));
    EventRef { time: clamped_timestamp(point.time), account: account.to_owned(), id: id.to_owned() }
}

pub(in crate::correlate) fn clamped_timestamp(time: Micros) -> Timestamp {
    let edge = if time < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(time).unwrap_or(edge)
}
