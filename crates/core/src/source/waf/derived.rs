//! Fields that are derived from several fields of a record, or from parts of one.

use super::decode::{action, outcome, path, principal};
use super::matched::{deciding_rule, matched_groups, matched_rules};
use crate::source::contract::{DerivedField, FieldValues};

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField {
        name: "aware.outcome",
        doc: "`denied` for `BLOCK`, `failed` for `CAPTCHA` and `CHALLENGE`, else `success`",
        values: FieldValues::OfRecord(|record| vec![outcome(record).as_str().to_owned()]),
    },
    DerivedField {
        name: "aware.principal",
        doc: "the client's address",
        values: FieldValues::OfRecord(|record| vec![principal(record).name]),
    },
    DerivedField {
        name: "aware.action",
        doc: "the method: `http:GET`",
        values: FieldValues::OfRecord(|record| vec![action(record).to_string()]),
    },
    DerivedField {
        name: "aware.service",
        doc: "`http`",
        values: FieldValues::OfRecord(|record| vec![action(record).service]),
    },
    DerivedField {
        name: "aware.path",
        doc: "the path that was asked for, decoded",
        values: FieldValues::OfRecord(|record| path(record).into_iter().collect()),
    },
    DerivedField {
        name: "aware.deciding_rule",
        doc: "the rule that decided, with its group: `AWSManagedRulesSQLiRuleSet/SQLi_BODY`; none for \
              the default",
        values: FieldValues::OfRecord(|record| deciding_rule(record).into_iter().collect()),
    },
    DerivedField {
        name: "aware.matched_rules",
        doc: "a list: every rule that matched, those that only counted too",
        values: FieldValues::OfRecord(matched_rules),
    },
    DerivedField {
        name: "aware.matched_groups",
        doc: "a list: the rules of the web ACL, and the rule groups, of which one matched",
        values: FieldValues::OfRecord(matched_groups),
    },
];
