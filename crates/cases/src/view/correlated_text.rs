//! What a correlation saw, in a sentence.

use aware_core::finding::CorrelatedEvents;
use aware_core::text::with_commas;
use aware_rules::correlate::{BoundOperator, Correlation, CorrelationKind};

use super::shown_names::shown_name;
use super::words::{and_list, count_noun, length_of_time};

/// The field that names whom a case is about, which the case says elsewhere.
const PRINCIPAL: &str = "aware.principal";

/// Fields under names that people use: one value, and several.
const FIELD_WORDS: [(&str, &str, &str); 16] = [
    ("aware.bucket", "bucket", "buckets"),
    ("aware.deciding_rule", "rule", "rules"),
    ("aware.destination", "destination", "destinations"),
    ("aware.key", "object", "objects"),
    ("aware.parent_domain", "domain", "domains"),
    ("aware.path", "path", "paths"),
    ("aware.resource", "kind of resource", "kinds of resources"),
    ("dstaddr", "destination", "destinations"),
    ("dstport", "port", "ports"),
    ("httpRequest.clientIp", "client", "clients"),
    ("query_name", "name", "names"),
    ("sourceIPAddress", "address", "addresses"),
    ("srcaddr", "source", "sources"),
    ("userIdentity.arn", "caller", "callers"),
    ("userIdentity.userName", "user", "users"),
    ("webaclId", "web ACL", "web ACLs"),
];

/// What the events of a correlation amount to, which condition that meets, and what they have in
/// common: `412 flows within 60 min (threshold: at least 100): source 198.51.100.7, port 22`. `None`
/// where rules follow each other and nothing is common.
pub fn correlation_sentence(rule: &Correlation, seen: &CorrelatedEvents) -> Option<String> {
    let within = i64::try_from(rule.timespan_seconds).map(length_of_time).unwrap_or_default();
    let bounds = bounds_text(rule);
    let counted = counted_text(rule, seen);
    let what = match (bounds.is_empty(), rule.kind) {
        (_, CorrelationKind::TemporalOrdered) => format!("matched in order within {within}"),
        (_, CorrelationKind::Temporal) => format!("matched within {within}"),
        (_, CorrelationKind::NotFollowedBy) => format!("with nothing after it within {within}"),
        (true, _) => format!("{counted} within {within}"),
        // How many there were when it fired says no more than the condition.
        (false, CorrelationKind::EventCount) => format!("{bounds} events within {within}"),
        (false, _) => format!("{counted} within {within} (threshold: {bounds})"),
    };
    let group = seen.group.iter().filter(|(field, _)| field != PRINCIPAL);
    let group: Vec<String> = group
        .map(|(field, value)| format!("{} {}", field_words(field).0, shown_name(value)))
        .collect();
    match (group.is_empty(), rule.kind.is_temporal()) {
        (true, true) => None,
        (true, false) => Some(what),
        (false, true) => Some(format!("{what}, on {}", and_list(&group))),
        (false, false) => Some(format!("{what}: {}", group.join(", "))),
    }
}

/// `412 flows`, `57 different names`, `12 events`.
fn counted_text(rule: &Correlation, seen: &CorrelatedEvents) -> String {
    let fields = rule.condition.iter().flat_map(|condition| &condition.fields);
    let fields: Vec<(String, String)> = fields.map(|field| field_words(field)).collect();
    let many: Vec<&str> = fields.iter().map(|(_, many)| many.as_str()).collect();
    let one = fields.first().map(|(one, _)| one.as_str()).unwrap_or_default();
    let value = number_text(seen.value);
    match rule.kind {
        CorrelationKind::ValueCount if value == "1" => format!("1 {one}"),
        CorrelationKind::ValueCount => format!("{value} different {}", and_list(&many)),
        CorrelationKind::ValueSum => format!("{value} {}", and_list(&many)),
        CorrelationKind::ValueAvg => format!("{value} {} on average", and_list(&many)),
        CorrelationKind::ValueMedian => format!("a median of {value} {}", and_list(&many)),
        CorrelationKind::ValuePercentile => {
            let percentile = rule.condition.as_ref().and_then(|condition| condition.percentile);
            format!(
                "{value} {} at percentile {}",
                and_list(&many),
                number_text(percentile.unwrap_or(50.0))
            )
        }
        CorrelationKind::EventCount
        | CorrelationKind::Temporal
        | CorrelationKind::TemporalOrdered
        | CorrelationKind::NotFollowedBy => count_noun(seen.events, "event", "events"),
    }
}

/// `at least 100`; nothing for the kinds that combine rules.
fn bounds_text(rule: &Correlation) -> String {
    let bounds = rule.condition.iter().filter(|_| !rule.kind.is_temporal());
    let texts = bounds.flat_map(|condition| &condition.bounds).map(|(operator, number)| {
        let number = number_text(*number);
        match operator {
            BoundOperator::Gt => format!("more than {number}"),
            BoundOperator::Gte => format!("at least {number}"),
            BoundOperator::Lt => format!("fewer than {number}"),
            BoundOperator::Lte => format!("at most {number}"),
            BoundOperator::Eq => format!("exactly {number}"),
            BoundOperator::Neq => format!("other than {number}"),
        }
    });
    and_list(&texts.collect::<Vec<String>>())
}

/// A field's name for one value, and for several: the last part of one that is not known.
fn field_words(field: &str) -> (String, String) {
    let known = FIELD_WORDS.iter().find(|(name, ..)| *name == field);
    known.map_or_else(
        || {
            let last = field.rsplit('.').next().unwrap_or(field).replace('_', " ");
            (last.clone(), last)
        },
        |(_, one, many)| ((*one).to_owned(), (*many).to_owned()),
    )
}

/// Whole numbers with commas, others with up to two decimals.
fn number_text(number: f64) -> String {
    if number >= 0.0 && number.fract() == 0.0 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        return with_commas(number as u64);
    }
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use aware_rules::shipped;

    use super::*;

    fn said(rule: &str, value: f64, group: &[(&str, &str)]) -> String {
        let loaded = shipped::load_shipped();
        let rule = loaded.correlations.iter().find(|one| one.about.id == rule).unwrap();
        let group = group.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let seen = CorrelatedEvents {
            id: "c-1".to_owned(),
            group: group.collect(),
            value,
            events: 1,
            since: "2026-11-24T09:00:00Z".parse().unwrap(),
            principals: Vec::new(),
            actions: Vec::new(),
        };
        correlation_sentence(rule, &seen).unwrap()
    }

    #[test]
    fn a_sum_is_told_with_its_condition() {
        let pair = [("srcaddr", "198.51.100.7"), ("dstaddr", "10.0.1.7"), ("dstport", "22")];
        assert_eq!(
            said("aware-flow-guessing", 1_412.0, &pair),
            "1,412 flows within 60 min (threshold: at least 100): \
             source 198.51.100.7, destination 10.0.1.7, port 22"
        );
    }

    #[test]
    fn different_values_are_told_under_their_names() {
        let group = [("aware.parent_domain", "evil.example"), ("aware.principal", "i-0abc")];
        assert_eq!(
            said("aware-dns-tunnel", 57.0, &group),
            "57 different names within 10 min (threshold: at least 50): domain evil.example"
        );
    }

    #[test]
    fn rules_that_follow_each_other_have_no_number() {
        let group = [("aware.path", "/login"), ("made_up.some_field", "a b")];
        assert_eq!(
            said("aware-alb-refused-then-in", 2.0, &group),
            "matched in order within 10 min, on path /login and some field \u{201c}a b\u{201d}"
        );
    }
}
