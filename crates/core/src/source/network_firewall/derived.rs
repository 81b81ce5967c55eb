//! Fields that are derived from several fields of a record, or from parts of one.

use super::decode::{action, destination, direction, name, outcome, principal};
use crate::source::contract::DerivedField;

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField::of_record(
        "aware.outcome",
        "`denied` for what was dropped, `failed` where TLS inspection failed, else `success`",
        |record| vec![outcome(record).as_str().to_owned()],
    ),
    DerivedField::of_record(
        "aware.principal",
        "who connected: the address, and the firewall that it is behind if it is a private one",
        |record| vec![principal(record).name],
    ),
    DerivedField::of_record(
        "aware.action",
        "the protocol: `network:TLS`, `network:TCP`",
        |record| vec![action(record).to_string()],
    ),
    DerivedField::of_record("aware.service", "`network`", |record| vec![action(record).service]),
    DerivedField::of_record(
        "aware.direction",
        "`outbound` from a private address to the internet, `inbound`, or `inside`",
        |record| direction(record).map(str::to_owned).into_iter().collect(),
    ),
    DerivedField::of_record(
        "aware.name",
        "the name that was asked for by TLS, HTTP or DNS",
        |record| name(record).into_iter().collect(),
    ),
    DerivedField::of_record("aware.destination", "that name, or the address and port", |record| {
        destination(record).into_iter().collect()
    }),
];
