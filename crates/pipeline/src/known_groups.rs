//! Groups that a detector has met, so that a record that repeats one need not be decoded.
//!
//! A repetition adds to a group exactly what decoding it would, including the cure and what triage
//! sees of it. So equal input gives equal output, in whatever order it is read.

use std::collections::HashMap;
use std::sync::Arc;

use aware_cases::triage::{PrincipalObservation, RepeatedDenial, digest_request};
use aware_core::event::{Outcome, PrincipalKind, TargetResource};
use aware_core::explanation::CureStatement;
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;
use aware_core::source::cloudtrail::glance::{RecordGlance, RepeatGlance};
use aware_iam::suggest::place::{is_by_request, may_be_somebodys};
use jiff::Timestamp;

/// An event that repeats findings which the detector has already returned.
#[derive(Clone, Debug)]
pub struct RepeatedEvent {
    /// The groups that it belongs to, one for each rule it matches.
    pub groups: Vec<Arc<Fingerprint>>,
    /// Whether it was denied.
    pub denied: bool,
    /// What a group keeps of it.
    pub sighting: RepeatGlance,
    /// What triage keeps of it.
    pub observed: Option<PrincipalObservation>,
    /// The statement that would cure it, if it may be new to its groups.
    pub cure: Option<CureStatement>,
}

/// How many groups are remembered; events of other groups are decoded.
const MAX_GROUPS: usize = 10_000;
/// How many targets are remembered for one action of a principal.
const MAX_TARGETS: usize = 1_000;

/// What is remembered of each rule's groups.
#[derive(Debug, Default)]
pub(super) struct KnownGroups {
    /// Whether repetitions are wanted.
    pub(super) wanted: bool,
    deeds: HashMap<String, KnownAction>,
}

/// One action of one principal, with one outcome.
#[derive(Debug)]
struct KnownAction {
    /// The error's text after the resource that it names.
    reason: String,
    /// Its rules, each with its group.
    groups: HashMap<u32, KnownGroup>,
    /// Its targets, as far as they were decoded, and whether the record names them.
    targets: HashMap<String, bool>,
    /// What triage saw of it.
    observed: Option<PrincipalObservation>,
    cure: Option<KnownCure>,
}

#[derive(Debug)]
struct KnownGroup {
    fingerprint: Arc<Fingerprint>,
    /// The earliest finding. A record that is earlier still is decoded, since the earliest
    /// represents the group.
    first: (Timestamp, String),
}

/// The statement that cures a denial, and the resource that it names.
#[derive(Debug)]
struct KnownCure {
    resource: ResourceKind,
    remedy: CureStatement,
    /// The caller's name, where it is an IAM user.
    user_name: Option<String>,
}

/// A resource's ARN without its own name, in three parts: `arn:aws:sqs:`, the region,
/// `:111122223333:`.
#[derive(Debug, PartialEq, Eq)]
struct ResourceKind {
    service: String,
    regional: bool,
    account: String,
    /// The name contains a star.
    is_pattern: bool,
}

impl KnownGroups {
    /// What a record repeats; `None` if only decoding can decide, or if for one of the rules its
    /// group is new, or the record is earlier than all of its group.
    pub(super) fn find_repeat(
        &self,
        rules: &[u32],
        glance: &RecordGlance<'_>,
    ) -> Option<RepeatedEvent> {
        let deed = self.deeds.get(&glance.grouping_key().filter(|_| self.wanted)?)?;
        let sighting = glance.repeated_event()?;
        let resource = sighting.resource.as_deref();
        if reason_after(glance.error_message(), resource) != deed.reason {
            return None;
        }
        let group = |rule: &u32| {
            let group = deed.groups.get(rule)?;
            let earlier = (sighting.time, &sighting.event_id) < (group.first.0, &group.first.1);
            (!earlier).then(|| Arc::clone(&group.fingerprint))
        };
        let groups = rules.iter().map(group).collect::<Option<_>>()?;
        let target = match resource {
            Some(name) => name.to_owned(),
            None => digest_request(&serde_json::from_str(glance.request_json()?).ok()?).0,
        };
        let (is_named, cure) = match deed.targets.get(&target) {
            Some(is_named) => (*is_named, None),
            None => (true, Some(deed.cure.as_ref()?.cure_for(resource?, &sighting)?)),
        };
        let again = RepeatedDenial {
            time: sighting.time.as_second(),
            target: &target,
            is_named,
            network: &sighting.network,
            region: &sighting.region,
        };
        if again.needs_decoding() {
            return None;
        }
        let observed = deed.observed.as_ref().map(|observed| PrincipalObservation {
            principal: observed.principal.clone(),
            issuer: observed.issuer.clone(),
            seen: observed.seen.repeat_with(&again),
        });
        let denied = glance.outcome_class().0 == Outcome::Denied;
        Some(RepeatedEvent { groups, denied, sighting, observed, cure })
    }

    /// Remembers what a decoded record with this key amounts to: its rules and their findings.
    pub(super) fn learn_findings<'f>(
        &mut self,
        key: &str,
        mut findings: impl Iterator<Item = (u32, &'f Finding)>,
        observed: Option<&PrincipalObservation>,
    ) {
        let is_by_request = observed.is_some_and(|observed| is_by_request(&observed.seen.action));
        if !self.wanted || self.deeds.len() >= MAX_GROUPS || is_by_request {
            return;
        }
        let Some((rule, finding)) = findings.next() else { return };
        let target = observed.and_then(|observed| observed.seen.target.clone());
        let target = target.or_else(|| finding.resource.clone());
        let named = finding.error_message.as_deref().and_then(TargetResource::from_denial);
        let named = named.map(|resource| resource.name);
        let reason =
            reason_after(finding.error_message.as_deref().unwrap_or_default(), named.as_deref());
        let deed = self.deeds.entry(key.to_owned()).or_insert_with(|| KnownAction {
            reason: reason.to_owned(),
            groups: HashMap::new(),
            targets: HashMap::new(),
            observed: observed.cloned(),
            cure: KnownCure::from_finding(finding, named.as_deref()),
        });
        for (rule, finding) in std::iter::once((rule, finding)).chain(findings) {
            deed.add_finding(rule, finding);
        }
        if deed.reason == reason && deed.targets.len() < MAX_TARGETS {
            let is_named = observed.is_none_or(|observed| observed.seen.is_named);
            deed.targets.extend(target.map(|target| (target, is_named)));
        }
    }
}

impl KnownAction {
    fn add_finding(&mut self, rule: u32, finding: &Finding) {
        let first = (finding.time, &finding.event_id);
        let group = self.groups.entry(rule).or_insert_with(|| KnownGroup {
            fingerprint: Arc::new(Fingerprint::for_finding(finding)),
            first: (finding.time, finding.event_id.clone()),
        });
        if first < (group.first.0, &group.first.1) {
            group.first = (finding.time, finding.event_id.clone());
        }
    }
}

/// The error's text after the resource that it names; the whole text if it names none.
fn reason_after<'t>(message: &'t str, resource: Option<&str>) -> &'t str {
    let split = resource.and_then(|name| message.rsplit_once(name));
    split.map_or(message, |(_, reason)| reason)
}

impl KnownCure {
    /// Only if the statement is the same for every resource of the kind: there is exactly one, it
    /// names the resource as the denial does, and nothing else is requested, given away or
    /// withheld.
    fn from_finding(finding: &Finding, named: Option<&str>) -> Option<Self> {
        let resource = ResourceKind::from_arn(named?, &finding.region)?;
        let why = finding.explanation.as_ref()?;
        let [remedy] = why.remedies.as_slice() else { return None };
        let is_plain = remedy.statement.resources == [named?]
            && remedy.statement.conditions.is_empty()
            && why.sign.is_none()
            && why.no_grant.is_none();
        let who = &finding.principal;
        let user_name =
            who.user_name.clone().filter(|_| who.event_kind() == Some(PrincipalKind::IamUser));
        is_plain.then(|| Self { resource, remedy: remedy.clone(), user_name })
    }

    /// The statement for another resource of the same kind, unless that may be somebody's own
    /// place.
    fn cure_for(&self, resource: &str, seen: &RepeatGlance) -> Option<CureStatement> {
        let same = ResourceKind::from_arn(resource, &seen.region)? == self.resource;
        let (session, name) = (seen.session.as_deref(), self.user_name.as_deref());
        if !same || may_be_somebodys(session, name, resource) {
            return None;
        }
        let statement = self.remedy.statement.with_resources(vec![resource.to_owned()]);
        Some(CureStatement { statement, ..self.remedy.clone() })
    }
}

impl ResourceKind {
    /// The kind of a resource whose region, if it has one, is that of the call, and whose name is
    /// plain: a policy reads nothing special in it.
    fn from_arn(arn: &str, region: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let mut next = || parts.next();
        let service = [next()?, next()?, next()?].join(":");
        let (at, account, name) = (next()?, next()?, next()?);
        let (kind, name) = name.split_once('/')?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=+@*".contains(&byte);
        let plain = !name.is_empty() && name.bytes().chain(kind.bytes()).all(is_plain);
        (plain && (at.is_empty() || at == region)).then(|| Self {
            service,
            regional: !at.is_empty(),
            account: format!("{account}:{kind}"),
            is_pattern: name.contains('*'),
        })
    }
}
