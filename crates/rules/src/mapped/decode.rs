//! Turns a record into an event, as its map says.

use aware_core::event::{
    Action, CallOrigin, Event, EventClass, Outcome, Principal, PrincipalKind, Request,
    TargetResource, is_account_id,
};
use aware_core::source::common::{client_principal, parse_record, principal_of_arn, record_digest};
use aware_core::source::contract::{RecordContext, RecordProblem};
use aware_core::source::time::{time_of_text, time_of_value};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::source::MappedSource;
use crate::ir::RuleExpr;
use crate::oracle::event_matches;

/// The most resources of one event.
const MAX_RESOURCES: usize = 20;

impl MappedSource {
    /// Decodes one record's bytes.
    ///
    /// # Errors
    /// [`RecordProblem`] when it is not a JSON object, is too long, or has no readable time. Every other
    /// field may be missing.
    pub(super) fn decode_record(
        &self,
        bytes: &[u8],
        context: RecordContext<'_>,
    ) -> Result<Event, RecordProblem> {
        let record = parse_record(bytes)?;
        let time = self.time_of(&record, context)?;
        let outcome = self.outcome(&record);
        let resources = self.resources.read_all(&record);
        Ok(Event {
            source: self.id,
            id: self.id_of(&record),
            time,
            account: self.account_of(&record, context),
            region: self.region_of(&record, context),
            action: self.action_of(&record),
            principal: self.principal_of(&record),
            outcome,
            resources: resources
                .iter()
                .take(MAX_RESOURCES)
                .map(|name| TargetResource::from_name(name))
                .collect(),
            network: CallOrigin {
                source: self.address.read(&record),
                user_agent: self.user_agent.read(&record),
                ..CallOrigin::default()
            },
            class: EventClass::Request(Request {
                kind: self.id.display_name().to_owned(),
                error_code: self.error_code.read(&record),
                why: self.why(&record, outcome),
            }),
            record,
        })
    }

    /// How it ended.
    pub(super) fn outcome(&self, record: &Value) -> Outcome {
        match () {
            () if self.meets(self.denied.as_ref(), record) => Outcome::Denied,
            () if self.meets(self.failed.as_ref(), record) => Outcome::Failed,
            () => Outcome::Success,
        }
    }

    /// Whether its principal has proved who they are.
    pub(super) fn is_authenticated(&self, record: &Value) -> bool {
        !self.meets(self.unauthenticated.as_ref(), record)
    }

    /// Whether a record meets a filter pattern; none does where there is no pattern.
    pub(super) fn meets(&self, pattern: Option<&RuleExpr>, record: &Value) -> bool {
        pattern.is_some_and(|pattern| event_matches(pattern, self.id, record, ""))
    }

    /// Whoever has not proved their name is their address, whatever name they give.
    pub(super) fn principal_of(&self, record: &Value) -> Principal {
        let named = self.principal.read(record).filter(|_| self.is_authenticated(record));
        let Some(name) = named else {
            return client_principal(self.address.read(record).as_deref());
        };
        principal_of_arn(&name).unwrap_or_else(|| {
            let key = format!("{}:{name}", self.id.as_str());
            Principal {
                user_name: Some(name.clone()),
                ..Principal::from_name(PrincipalKind::ApplicationUser, key, name)
            }
        })
    }

    /// What was done; before a colon is the service.
    pub(super) fn action_of(&self, record: &Value) -> Action {
        let whole = self.action.read(record).unwrap_or_else(|| "request".to_owned());
        let (service, name) = whole.split_once(':').unwrap_or((self.id.as_str(), &whole));
        Action { service: service.to_owned(), name: name.trim().to_owned(), read_only: None }
    }

    pub(super) fn account_of(&self, record: &Value, context: RecordContext<'_>) -> Option<String> {
        let carrier = context.carrier.map(|carrier| carrier.account);
        let around = carrier.or(context.owner).map(str::to_owned);
        self.account.read(record).or(around).filter(|account| is_account_id(account))
    }

    fn region_of(&self, record: &Value, context: RecordContext<'_>) -> String {
        let carrier = context.carrier.map(|carrier| carrier.region.to_owned());
        self.region.read(record).or(carrier).unwrap_or_default()
    }

    /// Its own id with a digest: clients may choose ids, and records that differ are not one event.
    fn id_of(&self, record: &Value) -> String {
        let digest = record_digest(record);
        self.record_id.read(record).map_or(digest.clone(), |id| format!("{id}/{digest}"))
    }

    fn why(&self, record: &Value, outcome: Outcome) -> Option<String> {
        let silent = || {
            (outcome == Outcome::Denied)
                .then(|| "the log does not say why it was refused".to_owned())
        };
        self.reason.read(record).or_else(silent)
    }

    fn time_of(
        &self,
        record: &Value,
        context: RecordContext<'_>,
    ) -> Result<Timestamp, RecordProblem> {
        let carrier = || time_of_text(context.carrier?.time);
        let Some(value) = self.time.find(record) else {
            return carrier().ok_or(RecordProblem::Missing(self.time_name));
        };
        let read = match (self.time_format.as_deref(), value.as_str()) {
            (Some(format), Some(text)) => time_in_format(format, text),
            _ => time_of_value(&value),
        };
        let (field, expected) = (self.time_name, self.time_expected);
        read.ok_or(RecordProblem::Mistyped { field, found: "something else", expected })
    }
}

/// A time in a format of the owner's; without a zone it is UTC.
fn time_in_format(format: &str, text: &str) -> Option<Timestamp> {
    let civil = || TimeZone::UTC.to_timestamp(DateTime::strptime(format, text).ok()?).ok();
    Timestamp::strptime(format, text).ok().or_else(civil)
}
