//! Fields that are derived from several fields of a record, or from parts of one.

use serde_json::Value;

use super::decode::{action, outcome, principal};
use super::fields as field;
use super::name::{entropy, longest_label, parent, top_level};
use crate::source::contract::{DerivedField, FieldValues};

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField {
        name: "aware.outcome",
        doc: "`denied` where the DNS firewall blocked the name, else `success` or `failed`, judged by \
              `rcode`",
        values: FieldValues::OfRecord(|record| vec![outcome(record).as_str().to_owned()]),
    },
    DerivedField {
        name: "aware.principal",
        doc: "who asked: the instance, the Resolver endpoint, or the address in its VPC",
        values: FieldValues::OfRecord(|record| vec![principal(record).name]),
    },
    DerivedField {
        name: "aware.action",
        doc: "what was asked for: `dns:A`, `dns:TXT`",
        values: FieldValues::OfRecord(|record| vec![action(record).to_string()]),
    },
    DerivedField {
        name: "aware.service",
        doc: "`dns`",
        values: FieldValues::OfRecord(|record| vec![action(record).service]),
    },
    DerivedField {
        name: "aware.parent_domain",
        doc: "the registered name that `query_name` is below: `example.com` of `a.b.example.com.`",
        values: FieldValues::OfRecord(|record| of_name(record, parent)),
    },
    DerivedField {
        name: "aware.top_level_domain",
        doc: "the last part of `query_name`: `com` of `www.example.com.`",
        values: FieldValues::OfRecord(|record| {
            field::NAME.text_in(record).and_then(top_level).into_iter().collect()
        }),
    },
    DerivedField {
        name: "aware.label_length",
        doc: "how many bytes the longest part of `query_name` below its parent has",
        values: FieldValues::OfRecord(|record| {
            of_name(record, |name| longest_label(name).len().to_string())
        }),
    },
    DerivedField {
        name: "aware.label_entropy",
        doc: "how random that part is, in bits per letter: words have about 3, and Base32 more than 4",
        values: FieldValues::OfRecord(|record| {
            of_name(record, |name| format!("{:.2}", entropy(longest_label(name))))
        }),
    },
];

fn of_name(record: &Value, make: impl Fn(&str) -> String) -> Vec<String> {
    field::NAME.text_in(record).map(make).into_iter().collect()
}
