//! Fields that are derived from several fields of a record, or from parts of one.

use super::decode::{action, outcome, path, principal};
use super::matched::{deciding_rule, matched_groups, matched_rules};
use crate::source::contract::DerivedField;

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField::of_record(
        "aware.outcome",
        "`denied` for `BLOCK`, `failed` for `CAPTCHA` and `CHALLENGE`, else `success`",
        |record| vec![outcome(record).as_str().to_owned()],
    ),
    DerivedField::of_record("aware.principal", "the client's address", |record| {
        vec![principal(record).name]
    }),
    DerivedField::of_record("aware.action", "the method: `http:GET`", |record| {
        vec![action(record).to_string()]
    }),
    DerivedField::of_record("aware.service", "`http`", |record| vec![action(record).service]),
    DerivedField::of_record("aware.path", "the path that was asked for, decoded", |record| {
        path(record).into_iter().collect()
    }),
    DerivedField::of_record(
        "aware.deciding_rule",
        "the rule that decided, with its group: `AWSManagedRulesSQLiRuleSet/SQLi_BODY`; none for \
              the default",
        |record| deciding_rule(record).into_iter().collect(),
    ),
    DerivedField::of_record(
        "aware.matched_rules",
        "a list: every rule that matched, those that only counted too",
        matched_rules,
    ),
    DerivedField::of_record(
        "aware.matched_groups",
        "a list: the rules of the web ACL, and the rule groups, of which one matched",
        matched_groups,
    ),
];
