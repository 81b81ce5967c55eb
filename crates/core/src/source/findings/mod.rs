//! What other AWS services find: GuardDuty, Security Hub, IAM Access Analyzer, Inspector, Macie, Config
//! and Health. Each is a source of its own; they share how a finding is read, and whom it is about.
//!
//! They arrive as EventBridge events, GuardDuty's also as files of its export. An update of a finding
//! keeps the finding's id, so that a case tells it once.

mod access_analyzer;
mod config;
mod derived;
mod guardduty;
mod health;
mod inspector;
mod macie;
mod read;
mod security_hub;
mod subject;

use serde_json::Value;

use super::contract::{
    DerivedField, Essentials, JsonObject, LogSource, RecordContext, RecordParties, RecordProblem,
};
use super::field::FieldEntry;
use super::id::SourceId;
use super::json::parse_record;
use crate::event::{Action, Event, EventClass, ForeignFinding, Outcome, TargetResource};
use crate::event::{CallOrigin, Principal};
use jiff::Timestamp;

/// GuardDuty.
pub static GUARDDUTY: FindingSource = guardduty::SOURCE;
/// Security Hub, in both of its formats.
pub static SECURITY_HUB: FindingSource = security_hub::SOURCE;
/// IAM Access Analyzer.
pub static ACCESS_ANALYZER: FindingSource = access_analyzer::SOURCE;
/// Inspector.
pub static INSPECTOR: FindingSource = inspector::SOURCE;
/// Macie.
pub static MACIE: FindingSource = macie::SOURCE;
/// Config's rules.
pub static CONFIG: FindingSource = config::SOURCE;
/// Health.
pub static HEALTH: FindingSource = health::SOURCE;

/// A service that reports findings: what differs from one to the next.
#[derive(Clone, Copy, Debug)]
pub struct FindingSource {
    id: SourceId,
    /// The member names of which a record has all of one set.
    members: &'static [&'static [&'static str]],
    /// The folder below `AWSLogs/ACCOUNT/`, if it writes files.
    folder: Option<&'static str>,
    detail_types: &'static [&'static str],
    detail_list: Option<&'static str>,
    fields: &'static [FieldEntry],
    essentials: Essentials,
    read: fn(&Value, RecordContext<'_>) -> Result<FoundRecord, RecordProblem>,
}

/// A record, read.
#[derive(Clone, Debug)]
struct FoundRecord {
    finding: ForeignFinding,
    time: Timestamp,
    account: Option<String>,
    region: String,
    /// What changes with every update.
    version: String,
    who: Principal,
    resources: Vec<TargetResource>,
    address: Option<String>,
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
        derived::of(self.id)
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

    fn essentials(&self) -> Essentials {
        self.essentials
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
    fn action(&self, finding: &ForeignFinding) -> Action {
        let name = if finding.kind.is_empty() { "Finding" } else { &finding.kind };
        Action {
            service: self.id.as_str().to_owned(),
            name: name.to_owned(),
            read_only: Some(true),
        }
    }

    /// A record outside its envelope, for fields that are derived from it.
    fn read_lenient(&self, record: &Value) -> Option<FoundRecord> {
        // What EventBridge adds decides no derived field, but a record may need its time.
        let carrier = super::contract::EventCarrier {
            time: "1970-01-01T00:00:00Z",
            ..super::contract::EventCarrier::default()
        };
        let context = RecordContext { carrier: Some(carrier), ..RecordContext::default() };
        (self.read)(&read::with_small_keys(record), context).ok()
    }
}

#[cfg(test)]
mod tests;
