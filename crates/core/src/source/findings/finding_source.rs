//! What all services that report findings have in common: how a record becomes an event.

use jiff::Timestamp;
use serde_json::Value;

use super::read;
use crate::event::{
    Action, CallOrigin, Event, EventClass, ForeignFinding, Outcome, Principal, TargetResource,
};
use crate::source::contract::{
    DerivedField, Essentials, EventCarrier, JsonObject, LogSource, RecordContext, RecordParties,
    RecordProblem,
};
use crate::source::field::FieldEntry;
use crate::source::id::SourceId;
use crate::source::json::parse_record;

/// The derived fields of a source, by its static.
macro_rules! derived_fields {
    ($source:ident) => {
        &[
            $crate::source::contract::DerivedField::of_record(
                "aware.outcome",
                "`success`: a finding is no call that could be denied",
                |_| vec!["success".to_owned()],
            ),
            $crate::source::contract::DerivedField::of_record(
                "aware.principal",
                "whom it is about: the caller, else the instance, else the resource",
                |record| {
                    $crate::source::findings::finding_source::found_values(
                        &$source,
                        record,
                        |found| Some(found.who.name),
                    )
                },
            ),
            $crate::source::contract::DerivedField::of_record(
                "aware.action",
                "the service and its name for the kind of finding",
                |record| {
                    $crate::source::findings::finding_source::found_values(
                        &$source,
                        record,
                        |found| Some($source.action(&found.finding).to_string()),
                    )
                },
            ),
            $crate::source::contract::DerivedField::of_record(
                "aware.service",
                "the service that reports it, as rules name it",
                |_| vec![$source.id.as_str().to_owned()],
            ),
            $crate::source::contract::DerivedField::of_record(
                "aware.finding_level",
                "how severe the service calls it: `informational`, `low`, `medium`, `high` or \
                      `critical`",
                |record| {
                    $crate::source::findings::finding_source::found_values(
                        &$source,
                        record,
                        |found| Some(found.finding.level.as_str().to_owned()),
                    )
                },
            ),
            $crate::source::contract::DerivedField::of_record(
                "aware.finding_state",
                "`open`, `closed` (archived, resolved, suppressed) or `sample`",
                |record| {
                    $crate::source::findings::finding_source::found_values(
                        &$source,
                        record,
                        |found| {
                            let finding = found.finding;
                            let state = match (finding.is_sample, finding.is_closed) {
                                (true, _) => "sample",
                                (false, true) => "closed",
                                (false, false) => "open",
                            };
                            Some(state.to_owned())
                        },
                    )
                },
            ),
            $crate::source::contract::DerivedField::of_record(
                "aware.finding_type",
                "the service's name for its kind",
                |record| {
                    $crate::source::findings::finding_source::found_values(
                        &$source,
                        record,
                        |found| Some(found.finding.kind),
                    )
                },
            ),
            $crate::source::contract::DerivedField::of_record(
                "aware.finding_product",
                "the service that found it, where another passes it on",
                |record| {
                    $crate::source::findings::finding_source::found_values(
                        &$source,
                        record,
                        |found| Some(found.finding.product),
                    )
                },
            ),
        ]
    };
}

pub(super) use derived_fields;

/// What a source's derived field reads of a record.
pub(super) fn found_values(
    source: &FindingSource,
    record: &Value,
    read: fn(FoundRecord) -> Option<String>,
) -> Vec<String> {
    source.read_lenient(record).and_then(read).into_iter().collect()
}

/// A service that reports findings: what differs from one to the next.
#[derive(Clone, Copy, Debug)]
pub struct FindingSource {
    pub(super) id: SourceId,
    /// The member names of which a record has all of one set.
    pub(super) members: &'static [&'static [&'static str]],
    /// The folder below `AWSLogs/ACCOUNT/`, if it writes files.
    pub(super) folder: Option<&'static str>,
    pub(super) detail_types: &'static [&'static str],
    pub(super) detail_list: Option<&'static str>,
    pub(super) fields: &'static [FieldEntry],
    /// See [`derived_fields`].
    pub(super) derived: &'static [DerivedField],
    pub(super) essentials: Essentials,
    pub(super) read: fn(&Value, RecordContext<'_>) -> Result<FoundRecord, RecordProblem>,
}

/// A record, read.
#[derive(Clone, Debug)]
pub(super) struct FoundRecord {
    pub(super) finding: ForeignFinding,
    pub(super) time: Timestamp,
    pub(super) account: Option<String>,
    pub(super) region: String,
    /// What changes with every update.
    pub(super) version: String,
    pub(super) who: Principal,
    pub(super) resources: Vec<TargetResource>,
    pub(super) address: Option<String>,
}

impl LogSource for FindingSource {
    fn id(&self) -> SourceId {
        self.id
    }

    fn identify(&self, record: JsonObject<'_>) -> bool {
        self.members.iter().any(|members| record.has_all(members))
    }

    fn owns_folder(&self, folder: &str) -> bool {
        self.folder.is_some_and(|own| own.eq_ignore_ascii_case(folder))
    }

    fn owns_detail_type(&self, detail_type: &str) -> bool {
        self.detail_types.contains(&detail_type)
    }

    fn detail_list(&self) -> Option<&'static str> {
        self.detail_list
    }

    fn fields(&self) -> &'static [FieldEntry] {
        self.fields
    }

    fn derived(&self) -> &'static [DerivedField] {
        self.derived
    }

    fn parties(&self, record: &Value) -> RecordParties {
        let Some(found) = self.read_lenient(record) else { return RecordParties::default() };
        let arn = found.who.arn;
        RecordParties {
            account: found.account,
            address: found.address,
            principal: arn.as_deref().map_or(found.who.name, read::short_name),
            arn,
            principal_account: found.who.account,
        }
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(self.essentials)
    }

    fn decode(&self, bytes: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        let record = parse_record(bytes)?;
        let found = (self.read)(&read::with_small_keys(&record), context)?;
        let id = format!("{} {}", found.finding.finding_id, found.version);
        Ok(Event {
            source: self.id,
            id: id.trim_end().to_owned(),
            time: found.time,
            region: found.region,
            action: self.action(&found.finding),
            principal: found.who,
            account: found.account,
            outcome: Outcome::Success,
            resources: found.resources,
            network: CallOrigin { source: found.address, ..CallOrigin::default() },
            class: EventClass::ForeignFinding(found.finding),
            record,
        })
    }
}

impl FindingSource {
    /// The finding's kind, as what was done: `guardduty:Recon:IAMUser/MaliciousIPCaller`.
    pub(super) fn action(&self, finding: &ForeignFinding) -> Action {
        let name = if finding.kind.is_empty() { "Finding" } else { &finding.kind };
        Action {
            service: self.id.as_str().to_owned(),
            name: name.to_owned(),
            read_only: Some(true),
        }
    }

    /// A record outside its envelope, for fields that are derived from it.
    pub(super) fn read_lenient(&self, record: &Value) -> Option<FoundRecord> {
        // What EventBridge adds decides no derived field, but a record may need its time.
        let carrier = EventCarrier { time: "1970-01-01T00:00:00Z", ..EventCarrier::default() };
        let context = RecordContext { carrier: Some(carrier), ..RecordContext::default() };
        (self.read)(&read::with_small_keys(record), context).ok()
    }
}
