//! Fields that are derived from several fields of a record, or from parts of one.

use super::decode::{action, method, outcome, path, principal};
use crate::source::contract::DerivedField;

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField::of_record(
        "aware.outcome",
        "`denied` for 401, 403 and failed authentication, `failed` for every other error, else \
              `success`",
        |record| vec![outcome(record).as_str().to_owned()],
    ),
    DerivedField::of_record("aware.principal", "the client's address", |record| {
        vec![principal(record).name]
    }),
    DerivedField::of_record("aware.action", "the method: `http:GET`", |record| {
        vec![action(record).to_string()]
    }),
    DerivedField::of_record("aware.service", "`http`", |record| vec![action(record).service]),
    DerivedField::of_record("aware.method", "the method: `GET`", |record| {
        method(record).map(str::to_owned).into_iter().collect()
    }),
    DerivedField::of_record(
        "aware.path",
        "the path that was asked for, decoded, without the query",
        |record| path(record).into_iter().collect(),
    ),
];
