//! Fields that are derived from several fields of a record, or from parts of one.

use super::decode::{action, method, outcome, path, principal};
use crate::source::contract::{DerivedField, FieldValues};

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField {
        name: "aware.outcome",
        doc: "`denied` for 401, 403 and failed authentication, `failed` for every other error, else \
              `success`",
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
        name: "aware.method",
        doc: "the method: `GET`",
        values: FieldValues::OfRecord(|record| {
            method(record).map(str::to_owned).into_iter().collect()
        }),
    },
    DerivedField {
        name: "aware.path",
        doc: "the path that was asked for, decoded, without the query",
        values: FieldValues::OfRecord(|record| path(record).into_iter().collect()),
    },
];
