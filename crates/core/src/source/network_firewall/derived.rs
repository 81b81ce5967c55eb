//! Fields that are derived from several fields of a record, or from parts of one.

use super::decode::{action, destination, direction, name, outcome, principal};
use crate::source::contract::{DerivedField, FieldValues};

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField {
        name: "aware.outcome",
        doc: "`denied` for what was dropped, `failed` where TLS inspection failed, else `success`",
        values: FieldValues::OfRecord(|record| vec![outcome(record).as_str().to_owned()]),
    },
    DerivedField {
        name: "aware.principal",
        doc: "who connected: the address, and the firewall that it is behind if it is a private one",
        values: FieldValues::OfRecord(|record| vec![principal(record).name]),
    },
    DerivedField {
        name: "aware.action",
        doc: "the protocol: `network:TLS`, `network:TCP`",
        values: FieldValues::OfRecord(|record| vec![action(record).to_string()]),
    },
    DerivedField {
        name: "aware.service",
        doc: "`network`",
        values: FieldValues::OfRecord(|record| vec![action(record).service]),
    },
    DerivedField {
        name: "aware.direction",
        doc: "`outbound` from a private address to the internet, `inbound`, or `inside`",
        values: FieldValues::OfRecord(|record| {
            direction(record).map(str::to_owned).into_iter().collect()
        }),
    },
    DerivedField {
        name: "aware.name",
        doc: "the name that was asked for by TLS, HTTP or DNS",
        values: FieldValues::OfRecord(|record| name(record).into_iter().collect()),
    },
    DerivedField {
        name: "aware.destination",
        doc: "that name, or the address and port",
        values: FieldValues::OfRecord(|record| destination(record).into_iter().collect()),
    },
];
