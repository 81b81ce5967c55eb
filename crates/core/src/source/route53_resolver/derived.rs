//! Fields that are derived from several fields of a record, or from parts of one.

use serde_json::Value;

use super::decode::{action, outcome, principal};
use super::fields as field;
use super::name::{entropy, longest_label, parent, top_level};
use crate::source::contract::DerivedField;

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField::of_record(
        "aware.outcome",
        "`denied` where the DNS firewall blocked the name, else `success` or `failed`, judged by \
              `rcode`",
        |record| vec![outcome(record).as_str().to_owned()],
    ),
    DerivedField::of_record(
        "aware.principal",
        "who asked: the instance, the Resolver endpoint, or the address in its VPC",
        |record| vec![principal(record).name],
    ),
    DerivedField::of_record("aware.action", "what was asked for: `dns:A`, `dns:TXT`", |record| {
        vec![action(record).to_string()]
    }),
    DerivedField::of_record("aware.service", "`dns`", |record| vec![action(record).service]),
    DerivedField::of_record(
        "aware.parent_domain",
        "the registered name that `query_name` is below: `example.com` of `a.b.example.com.`",
        |record| of_name(record, parent),
    ),
    DerivedField::of_record(
        "aware.top_level_domain",
        "the last part of `query_name`: `com` of `www.example.com.`",
        |record| field::NAME.text_in(record).and_then(top_level).into_iter().collect(),
    ),
    DerivedField::of_record(
        "aware.label_length",
        "how many bytes the longest part of `query_name` below its parent has",
        |record| of_name(record, |name| longest_label(name).len().to_string()),
    ),
    DerivedField::of_record(
        "aware.label_entropy",
        "how random that part is, in bits per letter: words have about 3, and Base32 more than 4",
        |record| of_name(record, |name| format!("{:.2}", entropy(longest_label(name)))),
    ),
];

fn of_name(record: &Value, make: impl Fn(&str) -> String) -> Vec<String> {
    field::NAME.text_in(record).map(make).into_iter().collect()
}
