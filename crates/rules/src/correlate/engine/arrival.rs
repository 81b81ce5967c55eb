//! What arrives at a correlation: a match, or a firing of another correlation.

use crate::correlate::hit::RuleMatch;
use crate::correlate::model::CorrelationKind;
use crate::correlate::plan::{CorrelationPlan, CorrelationSpec, ListenerRoute, Micros};
use crate::correlate::point::{EventPoint, MAX_NUMBER, ValueTuple, exact_sum, id_tag, sorted_box};
use crate::correlate::settings::CorrelationCounts;

/// Where it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum ArrivalSource {
    Rule(usize),
    Correlation(usize),
}

/// One event, or one firing, on its way to its listeners.
#[derive(Clone, Debug)]
pub(super) struct EventArrival {
    pub(super) from: ArrivalSource,
    pub(super) time: Micros,
    pub(super) id: Box<str>,
}

impl EventArrival {
    pub(super) fn from_match(hit: &RuleMatch) -> Self {
        let mut id = String::with_capacity(hit.account.len() + 1 + hit.event_id.len());
        id.push_str(&hit.account);
        id.push('/');
        id.push_str(&hit.event_id);
        Self { from: ArrivalSource::Rule(hit.rule), time: hit.time.as_microsecond(), id: id.into() }
    }

    pub(super) fn listener_routes<'a>(&self, plan: &'a CorrelationPlan) -> &'a [ListenerRoute] {
        let routes = match self.from {
            ArrivalSource::Rule(at) => plan.of_rules.get(at),
            ArrivalSource::Correlation(at) => plan.of_correlations.get(at),
        };
        routes.map_or(&[], Vec::as_slice)
    }

    /// The groups that it belongs to at a correlation, and its point there; `None`, with the reason
    /// counted, when it belongs to none.
    pub(super) fn groups_and_point(
        &self,
        route: &ListenerRoute,
        spec: &CorrelationSpec,
        fields: &[Vec<String>],
        fan_out: usize,
        counts: &mut CorrelationCounts,
    ) -> Option<(Vec<ValueTuple>, EventPoint)> {
        let groups = value_tuples(&route.group, fields, fan_out, &mut counts.over_fan_out);
        let groups: Vec<ValueTuple> = groups.into_iter().filter(is_complete).collect();
        if groups.is_empty() {
            counts.no_group += 1;
            return None;
        }
        let mut point = EventPoint {
            time: self.time,
            id: self.id.clone(),
            tag: id_tag(&self.id),
            rules: route.rule,
            texts: Box::default(),
            numbers: Box::default(),
            sum: 0,
            carry: Box::default(),
        };
        if spec.kind == CorrelationKind::ValueCount {
            let found = value_tuples(&route.values, fields, fan_out, &mut counts.over_fan_out);
            let found: Vec<_> =
                found.iter().filter(|tuple| is_complete(tuple)).map(tuple_text).collect();
            point.texts = sorted_box(found, Ord::cmp);
            if point.texts.is_empty() {
                counts.no_value += 1;
                return None;
            }
        }
        if spec.kind.is_numeric() {
            point.numbers = field_numbers(spec, route, fields, counts)?;
            point.sum = exact_sum(&point.numbers);
        }
        if !spec.carry.is_empty() {
            let found = value_tuples(&route.carry, fields, fan_out, &mut counts.over_fan_out);
            point.carry = sorted_box(found, Ord::cmp);
        }
        Some((groups, point))
    }
}

/// Every combination of the values of some columns; an empty text where a column has none.
fn value_tuples(
    columns: &[usize],
    fields: &[Vec<String>],
    most: usize,
    over: &mut u64,
) -> Vec<ValueTuple> {
    let values = |column: &usize| fields.get(*column).map_or(&[][..], Vec::as_slice);
    if columns.iter().all(|column| values(column).len() < 2) {
        let first = |column| values(column).first().map_or("", String::as_str);
        return vec![columns.iter().map(|column| Box::from(first(column))).collect()];
    }
    let mut all: Vec<Vec<&str>> = vec![Vec::with_capacity(columns.len())];
    for column in columns {
        match values(column) {
            [] => all.iter_mut().for_each(|tuple| tuple.push("")),
            [one] => all.iter_mut().for_each(|tuple| tuple.push(one)),
            several => {
                let extended = all.iter().flat_map(|tuple| {
                    several.iter().map(|value| [tuple, &[value.as_str()][..]].concat())
                });
                all = extended.collect();
                all.sort_unstable();
                all.dedup();
                *over += u64::try_from(all.len().saturating_sub(most)).unwrap_or(u64::MAX);
                all.truncate(most);
            }
        }
    }
    all.into_iter().map(|tuple| tuple.into_iter().map(Box::from).collect()).collect()
}

/// Whether no column is missing.
fn is_complete(tuple: &ValueTuple) -> bool {
    tuple.iter().all(|value| !value.is_empty())
}

/// A tuple as one text; different tuples yield different texts.
fn tuple_text(tuple: &ValueTuple) -> Box<str> {
    match &**tuple {
        [one] => one.clone(),
        several => several
            .iter()
            .flat_map(|value| [value.len().to_string(), ":".to_owned(), value.to_string()])
            .collect::<String>()
            .into(),
    }
}

/// The numbers of the field; `None`, and counted, when there are none.
fn field_numbers(
    spec: &CorrelationSpec,
    route: &ListenerRoute,
    fields: &[Vec<String>],
    counts: &mut CorrelationCounts,
) -> Option<Box<[f64]>> {
    let texts: Vec<&String> =
        route.values.iter().filter_map(|column| fields.get(*column)).flatten().collect();
    if texts.is_empty() {
        counts.no_value += 1;
        return None;
    }
    let is_usable = |number: &f64| {
        number.abs() <= MAX_NUMBER && (spec.kind != CorrelationKind::ValueSum || *number >= 0.0)
    };
    let found = texts.iter().filter_map(|text| text.trim().parse().ok()).filter(is_usable);
    // Zero and minus zero are one number.
    let found: Vec<f64> = found.map(|number| number + 0.0).collect();
    if found.is_empty() {
        counts.no_number += 1;
        return None;
    }
    Some(sorted_box(found, f64::total_cmp))
}
