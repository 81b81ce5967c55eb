//! Turns a record into an event, as its map says.

use std::net::IpAddr;

use aware_core::event::{
    Action, CallOrigin, Event, EventClass, Outcome, Principal, PrincipalKind, Request,
    TargetResource, is_account_id,
};
use aware_core::source::common::{
    address_of_endpoint, client_principal, parse_record, principal_of_arn, record_digest,
};
use aware_core::source::contract::{RecordContext, RecordProblem};
use aware_core::source::time::{time_of_text, time_of_value};
use aware_core::text::{clean_line, clip_text};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::source::MappedSource;
use crate::ir::RuleExpr;
use crate::oracle::event_matches;

/// The most resources of one event.
const MAX_RESOURCES: usize = 20;
/// The longest record's own id that is part of an event's, in bytes.
const MAX_ID: usize = 128;
/// How much of what is no time a reject shows, in characters.
const MAX_SHOWN: usize = 60;

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
        let resources = self.map.resources.read_all(&record);
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
                source: self.address_of(&record),
                user_agent: self.map.user_agent.read(&record),
                ..CallOrigin::default()
            },
            class: EventClass::Request(Request {
                kind: self.id.display_name().to_owned(),
                error_code: self.map.error_code.read(&record),
                why: self.why(&record, outcome),
            }),
            record,
        })
    }

    /// How it ended.
    pub(super) fn outcome(&self, record: &Value) -> Outcome {
        match () {
            () if self.meets(self.map.denied.as_ref(), record) => Outcome::Denied,
            () if self.meets(self.map.failed.as_ref(), record) => Outcome::Failed,
            () => Outcome::Success,
        }
    }

    /// Whether its principal has proved who they are.
    pub(super) fn is_authenticated(&self, record: &Value) -> bool {
        !self.meets(self.map.unauthenticated.as_ref(), record)
    }

    /// Whether a record meets a filter pattern; none does where there is no pattern.
    pub(super) fn meets(&self, pattern: Option<&RuleExpr>, record: &Value) -> bool {
        pattern.is_some_and(|pattern| event_matches(pattern, self.id, record, ""))
    }

    /// Whoever has not proved their name is their address, whatever name they give.
    ///
    /// Only `principal_arn` makes a principal of IAM, since clients may choose what is in `principal`.
    /// AWS services do not sign in to applications: the ARN of one's role is a name like any other.
    pub(super) fn principal_of(&self, record: &Value) -> Principal {
        if !self.is_authenticated(record) {
            return client_principal(self.address_of(record).as_deref());
        }
        let arn = self.map.principal_arn.read(record);
        let of_iam = arn.as_deref().and_then(principal_of_arn);
        if let Some(principal) = of_iam.filter(|principal| !principal.is_aws_service()) {
            return principal;
        }
        match self.map.principal.read(record).or(arn) {
            Some(name) => self.application_user(name),
            None => client_principal(self.address_of(record).as_deref()),
        }
    }

    /// A principal of this application, whatever the name looks like.
    fn application_user(&self, name: String) -> Principal {
        let key = format!("{}:{name}", self.id.as_str());
        Principal {
            user_name: Some(name.clone()),
            ..Principal::from_name(PrincipalKind::ApplicationUser, key, name)
        }
    }

    /// The address, without port and brackets; anything but an IP address is no address.
    pub(super) fn address_of(&self, record: &Value) -> Option<String> {
        let text = self.map.address.read(record)?;
        let address: IpAddr = address_of_endpoint(&text).parse().ok()?;
        Some(address.to_canonical().to_string())
    }

    /// What was done; before a colon is the service.
    pub(super) fn action_of(&self, record: &Value) -> Action {
        let whole = self.map.action.read(record).unwrap_or_else(|| "request".to_owned());
        let (service, name) = whole.split_once(':').unwrap_or((self.id.as_str(), &whole));
        Action { service: service.to_owned(), name: name.trim().to_owned(), read_only: None }
    }

    pub(super) fn account_of(&self, record: &Value, context: RecordContext<'_>) -> Option<String> {
        let carrier = context.carrier.map(|carrier| carrier.account);
        let around = carrier.or(context.owner).map(str::to_owned);
        self.map.account.read(record).or(around).filter(|account| is_account_id(account))
    }

    fn region_of(&self, record: &Value, context: RecordContext<'_>) -> String {
        let carrier = context.carrier.map(|carrier| carrier.region.to_owned());
        self.map.region.read(record).or(carrier).unwrap_or_default()
    }

    /// Its own id with a digest: clients may choose ids, and records that differ are not one event.
    fn id_of(&self, record: &Value) -> String {
        let digest = record_digest(record);
        match self.map.record_id.read(record).filter(|id| id.len() <= MAX_ID) {
            Some(id) => format!("{id}/{digest}"),
            None => digest,
        }
    }

    fn why(&self, record: &Value, outcome: Outcome) -> Option<String> {
        let silent = || {
            (outcome == Outcome::Denied)
                .then(|| "the log does not say why it was refused".to_owned())
        };
        self.map.reason.read(record).or_else(silent)
    }

    fn time_of(
        &self,
        record: &Value,
        context: RecordContext<'_>,
    ) -> Result<Timestamp, RecordProblem> {
        let carrier = || time_of_text(context.carrier?.time);
        let Some((place, value)) = self.map.time.find(record) else {
            return carrier().ok_or(RecordProblem::Missing(self.time_name));
        };
        let format = self.map.time_format.as_deref();
        let read = match (format, value.as_str()) {
            (Some(format), Some(text)) => time_in_format(format, text),
            _ => time_of_value(&value),
        };
        read.ok_or_else(|| no_time(place, &value, format))
    }
}

/// A time in a format of the owner's; without a zone it is UTC.
pub(super) fn time_in_format(format: &str, text: &str) -> Option<Timestamp> {
    let civil = || TimeZone::UTC.to_timestamp(DateTime::strptime(format, text).ok()?).ok();
    Timestamp::strptime(format, text).ok().or_else(civil)
}

/// What is wrong with a value that is no time.
fn no_time(place: &str, value: &Value, format: Option<&str>) -> RecordProblem {
    let found = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let like = format.map(|format| format!("a time like `{format}`"));
    RecordProblem::NoTime {
        field: place.to_owned(),
        found: clip_text(&clean_line(&found), MAX_SHOWN).into_owned(),
        expected: like.unwrap_or_else(|| "a time".to_owned()),
    }
}
