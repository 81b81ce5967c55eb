//! What arrives at a correlation: a match, or a firing of another correlation.

use crate::correlate::hit::Hit;
use crate::correlate::model::Kind;
use crate::correlate::plan::{Micros, Plan, Route, Spec};
use crate::correlate::point::{MAX_NUMBER, Point, Tuple, sorted, tag, total};
use crate::correlate::settings::Counts;

/// Where it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    Rule(usize),
    Correlation(usize),
}

/// One event, or one firing, on its way to its listeners.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) from: From,
    pub(super) time: Micros,
    pub(super) id: Box<str>,
}

impl Arrival {
    pub(super) fn of_hit(hit: &Hit) -> Self {
        let mut id = String::with_capacity(hit.account.len() + 1 + hit.event_id.len());
        id.push_str(&hit.account);
        id.push('/');
        id.push_str(&hit.event_id);
        Self { from: From::Rule(hit.rule), time: hit.time.as_microsecond(), id: id.into() }
    }

    pub(super) fn routes<'a>(&self, plan: &'a Plan) -> &'a [Route] {
        let routes = match self.from {
            From::Rule(at) => plan.of_rules.get(at),
            From::Correlation(at) => plan.of_correlations.get(at),
        };
        routes.map_or(&[], Vec::as_slice)
    }

    /// The groups that it belongs to at a correlation, and its point there; `None`, with the reason
    /// counted, when it belongs to none.
    pub(super) fn place(
        &self,
        route: &Route,
        spec: &Spec,
        fields: &[Vec<String>],
        fan_out: usize,
        counts: &mut Counts,
    ) -> Option<(Vec<Tuple>, Point)> {
        let groups = tuples(&route.group, fields, fan_out, &mut counts.over_fan_out);
        let groups: Vec<Tuple> = groups.into_iter().filter(is_whole).collect();
        if groups.is_empty() {
            counts.no_group += 1;
            return None;
        }
        let mut point = Point {
            time: self.time,
            id: self.id.clone(),
            tag: tag(&self.id),
            rules: route.rule,
            texts: Box::default(),
            numbers: Box::default(),
            sum: 0,
            carry: Box::default(),
        };
        if spec.kind == Kind::ValueCount {
            let found = tuples(&route.values, fields, fan_out, &mut counts.over_fan_out);
            let found: Vec<_> = found.iter().filter(|tuple| is_whole(tuple)).map(joined).collect();
            point.texts = sorted(found, Ord::cmp);
            if point.texts.is_empty() {
                counts.no_value += 1;
                return None;
            }
        }
        if spec.kind.is_numeric() {
            point.numbers = numbers(spec, route, fields, counts)?;
            point.sum = total(&point.numbers);
        }
        if !spec.carry.is_empty() {
            let found = tuples(&route.carry, fields, fan_out, &mut counts.over_fan_out);
            point.carry = sorted(found, Ord::cmp);
        }
        Some((groups, point))
    }
}

/// Every combination of the values of some columns; an empty text where a column has none.
fn tuples(columns: &[usize], fields: &[Vec<String>], most: usize, over: &mut u64) -> Vec<Tuple> {
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
fn is_whole(tuple: &Tuple) -> bool {
    tuple.iter().all(|value| !value.is_empty())
}

/// A tuple as one text; different tuples yield different texts.
fn joined(tuple: &Tuple) -> Box<str> {
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
fn numbers(
    spec: &Spec,
    route: &Route,
    fields: &[Vec<String>],
    counts: &mut Counts,
) -> Option<Box<[f64]>> {
    let texts: Vec<&String> =
        route.values.iter().filter_map(|column| fields.get(*column)).flatten().collect();
    if texts.is_empty() {
        counts.no_value += 1;
        return None;
    }
    let is_usable = |number: &f64| {
        number.abs() <= MAX_NUMBER && (spec.kind != Kind::ValueSum || *number >= 0.0)
    };
    let found = texts.iter().filter_map(|text| text.trim().parse().ok()).filter(is_usable);
    // Zero and minus zero are one number.
    let found: Vec<f64> = found.map(|number| number + 0.0).collect();
    if found.is_empty() {
        counts.no_number += 1;
        return None;
    }
    Some(sorted(found, f64::total_cmp))
}
