//! Fields that all findings have in common, whichever service reports them.

use serde_json::Value;

use super::{
    ACCESS_ANALYZER, CONFIG, FindingSource, FoundRecord, GUARDDUTY, HEALTH, INSPECTOR, MACIE,
    SECURITY_HUB,
};
use crate::source::contract::{DerivedField, FieldValues};
use crate::source::id::SourceId;

/// The derived fields of a source.
pub(super) fn of(id: SourceId) -> &'static [DerivedField] {
    TABLES.iter().find(|(own, _)| *own == id.as_str()).map_or(&[], |(_, table)| table)
}

macro_rules! table {
    ($source:ident) => {
        &[
            DerivedField {
                name: "aware.outcome",
                doc: "`success`: a finding is no call that could be denied",
                values: FieldValues::OfRecord(|_| vec!["success".to_owned()]),
            },
            DerivedField {
                name: "aware.principal",
                doc: "whom it is about: the caller, else the instance, else the resource",
                values: FieldValues::OfRecord(|record| {
                    values(&$source, record, |found| Some(found.who.name))
                }),
            },
            DerivedField {
                name: "aware.action",
                doc: "the service and its name for the kind of finding",
                values: FieldValues::OfRecord(|record| {
                    values(&$source, record, |found| {
                        Some($source.action(&found.finding).to_string())
                    })
                }),
            },
            DerivedField {
                name: "aware.service",
                doc: "the service that reports it, as rules name it",
                values: FieldValues::OfRecord(|_| vec![$source.id.as_str().to_owned()]),
            },
            DerivedField {
                name: "aware.finding_level",
                doc: "how severe the service calls it: `informational`, `low`, `medium`, `high` or \
                      `critical`",
                values: FieldValues::OfRecord(|record| {
                    values(&$source, record, |found| Some(found.finding.level.as_str().to_owned()))
                }),
            },
            DerivedField {
                name: "aware.finding_state",
                doc: "`open`, `closed` (archived, resolved, suppressed) or `sample`",
                values: FieldValues::OfRecord(|record| {
                    values(&$source, record, |found| {
                        let finding = found.finding;
                        let state = match (finding.is_sample, finding.is_closed) {
                            (true, _) => "sample",
                            (false, true) => "closed",
                            (false, false) => "open",
                        };
                        Some(state.to_owned())
                    })
                }),
            },
            DerivedField {
                name: "aware.finding_type",
                doc: "the service's name for its kind",
                values: FieldValues::OfRecord(|record| {
                    values(&$source, record, |found| Some(found.finding.kind))
                }),
            },
            DerivedField {
                name: "aware.finding_product",
                doc: "the service that found it, where another passes it on",
                values: FieldValues::OfRecord(|record| {
                    values(&$source, record, |found| Some(found.finding.product))
                }),
            },
        ]
    };
}

/// The tables, by the stable names of the sources.
static TABLES: [(&str, &[DerivedField]); 7] = [
    ("guardduty", table!(GUARDDUTY)),
    ("securityhub", table!(SECURITY_HUB)),
    ("accessanalyzer", table!(ACCESS_ANALYZER)),
    ("inspector", table!(INSPECTOR)),
    ("macie", table!(MACIE)),
    ("config", table!(CONFIG)),
    ("health", table!(HEALTH)),
];

fn values(
    source: &FindingSource,
    record: &Value,
    read: fn(FoundRecord) -> Option<String>,
) -> Vec<String> {
    source.read_lenient(record).and_then(read).into_iter().collect()
}
