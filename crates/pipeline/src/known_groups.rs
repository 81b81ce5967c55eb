//! Groups that a detector has met, so that a record that repeats one need not be decoded.
//!
//! A repetition adds to a group and to a case exactly what decoding it would, including the cure and
//! what triage sees of it. So equal input gives equal output, in whatever order it is read.

mod case;
mod cure;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use aware_cases::case::CaseEvent;
use aware_cases::triage::{PrincipalObservation, RepeatedDenial, digest_request};
use aware_core::event::{Outcome, TargetResource};
use aware_core::explanation::{CureStatement, Explanation};
use aware_core::finding::{Finding, RuleSummary};
use aware_core::fingerprint::Fingerprint;
use aware_core::source::cloudtrail::glance::{RecordGlance, RepeatGlance};
use aware_iam::suggest::place::{is_by_request, may_be_somebodys};
use jiff::Timestamp;

use case::KnownCase;
use cure::KnownCure;

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
    /// What a case keeps of it.
    pub case_event: Option<Box<CaseEvent>>,
}

/// How many groups are remembered; events of other groups are decoded.
const MAX_GROUPS: usize = 10_000;
/// How many targets are remembered for one action of a principal.
const MAX_TARGETS: usize = 1_000;
/// How many explanations are remembered besides the first one of each action.
const MAX_EXPLANATIONS: usize = 20_000;

/// What is remembered of each rule's groups.
#[derive(Debug, Default)]
pub(super) struct KnownGroups {
    /// Whether repetitions are wanted.
    pub(super) wanted: bool,
    deeds: HashMap<String, KnownAction>,
    /// How many explanations are remembered.
    explanations: usize,
}

/// One action of one principal, with one outcome.
#[derive(Debug)]
struct KnownAction {
    /// The error's text after the resource that it names.
    reason: String,
    /// Its rules, each with its group.
    groups: HashMap<u32, KnownGroup>,
    /// Its targets by region and name, as far as they were decoded.
    targets: HashMap<String, KnownTarget>,
    /// What triage saw of it.
    observed: Option<PrincipalObservation>,
    cure: Option<KnownCure>,
    case: Option<KnownCase>,
}

/// A target of a known action.
#[derive(Debug)]
struct KnownTarget {
    /// Whether the record names it.
    is_named: bool,
    /// The session that was decoded.
    session: Option<String>,
    /// Why it was denied.
    denial: Option<Arc<Explanation>>,
}

#[derive(Debug)]
struct KnownGroup {
    about: Arc<RuleSummary>,
    fingerprint: Arc<Fingerprint>,
    /// The earliest finding. A record that is earlier still is decoded, since the earliest
    /// represents the group.
    first: (Timestamp, String),
}

/// What a decoded record amounts to.
#[derive(Clone, Copy)]
pub(super) struct LearnedEvent<'e> {
    /// Its grouping key.
    pub(super) key: &'e str,
    /// Its rules.
    pub(super) rules: &'e [u32],
    /// The findings, one for each rule.
    pub(super) findings: &'e [Finding],
    /// What triage sees of it.
    pub(super) observed: Option<&'e PrincipalObservation>,
    /// What a case keeps of it.
    pub(super) case_event: Option<&'e CaseEvent>,
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
        let groups: Vec<&KnownGroup> =
            rules.iter().map(|rule| deed.find_group(*rule, &sighting)).collect::<Option<_>>()?;
        let target = match resource {
            Some(name) => name.to_owned(),
            None => digest_request(&serde_json::from_str(glance.request_json()?).ok()?).0,
        };
        let (is_named, cure, denial) = deed.find_target(&target, &sighting)?;
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
        let about = || groups.iter().map(|group| Arc::clone(&group.about)).collect();
        let case_event =
            deed.case.as_ref().map(|case| Box::new(case.repeat_with(&sighting, about(), denial)));
        let groups = groups.iter().map(|group| Arc::clone(&group.fingerprint)).collect();
        let denied = glance.outcome_class().0 == Outcome::Denied;
        Some(RepeatedEvent { groups, denied, sighting, observed, cure, case_event })
    }

    /// Remembers what a decoded record amounts to: its rules and their findings.
    pub(super) fn learn_findings(&mut self, learned: &LearnedEvent<'_>) {
        let observed = learned.observed;
        let is_by_request = observed.is_some_and(|observed| is_by_request(&observed.seen.action));
        if !self.wanted || self.deeds.len() >= MAX_GROUPS || is_by_request {
            return;
        }
        let Some(finding) = learned.findings.first() else { return };
        let named = finding.error_message.as_deref().and_then(TargetResource::from_denial);
        let named = named.map(|resource| resource.name);
        let reason =
            reason_after(finding.error_message.as_deref().unwrap_or_default(), named.as_deref());
        let deed = self.deeds.entry(learned.key.to_owned()).or_insert_with(|| KnownAction {
            reason: reason.to_owned(),
            groups: HashMap::new(),
            targets: HashMap::new(),
            observed: observed.cloned(),
            cure: KnownCure::from_finding(finding, named.as_deref()),
            case: learned.case_event.map(|event| KnownCase::new(event, named.as_deref())),
        });
        for (rule, finding) in learned.rules.iter().zip(learned.findings) {
            deed.add_finding(*rule, finding);
        }
        if deed.reason == reason
            && deed.targets.len() < MAX_TARGETS
            && self.explanations < MAX_EXPLANATIONS
        {
            self.explanations += usize::from(deed.learn_target(learned, finding));
        }
    }
}

impl KnownAction {
    /// The group of a rule, unless the event is earlier than all of it.
    fn find_group(&self, rule: u32, sighting: &RepeatGlance) -> Option<&KnownGroup> {
        let group = self.groups.get(&rule)?;
        let is_earlier = (sighting.time, &sighting.event_id) < (group.first.0, &group.first.1);
        (!is_earlier).then_some(group)
    }

    /// Whether the record names this target, the statement that cures a denial of it if that may be
    /// new, and why it is denied; `None` if only decoding can tell.
    fn find_target(
        &self,
        target: &str,
        sighting: &RepeatGlance,
    ) -> Option<(bool, Option<CureStatement>, Option<Box<Explanation>>)> {
        if let Some(known) = self.targets.get(&target_key(&sighting.region, target)) {
            let denial = known.denial.as_ref();
            let is_same =
                known.session == sighting.session || !known.depends_on_session(target, sighting);
            return is_same
                .then(|| (known.is_named, None, denial.map(|why| Box::new((**why).clone()))));
        }
        let resource = sighting.resource.as_deref()?;
        let cure = self.cure.as_ref()?.cure_for(resource, sighting)?;
        let denial = match &self.case {
            Some(case) => Some(Box::new(case.denial_of_other(resource, &cure)?)),
            None => None,
        };
        Some((true, Some(cure), denial))
    }

    fn add_finding(&mut self, rule: u32, finding: &Finding) {
        let first = (finding.time, &finding.event_id);
        let group = self.groups.entry(rule).or_insert_with(|| KnownGroup {
            about: Arc::clone(&finding.rule),
            fingerprint: Arc::new(Fingerprint::for_finding(finding)),
            first: (finding.time, finding.event_id.clone()),
        });
        if first < (group.first.0, &group.first.1) {
            group.first = (finding.time, finding.event_id.clone());
        }
    }

    /// Remembers an event's target; whether that took an explanation of its own.
    fn learn_target(&mut self, learned: &LearnedEvent<'_>, finding: &Finding) -> bool {
        let target = learned.observed.and_then(|observed| observed.seen.target.as_ref());
        let Some(target) = target.or(finding.resource.as_ref()) else { return false };
        let why = learned.case_event.and_then(|event| event.denial.as_deref());
        let first = self.case.as_ref().and_then(KnownCase::denial);
        let (denial, is_own) = match (why, first) {
            (None, _) => (None, false),
            (Some(why), Some(first)) if **first == *why => (Some(Arc::clone(first)), false),
            (Some(why), _) => (Some(Arc::new(why.clone())), true),
        };
        let known = KnownTarget {
            is_named: learned.observed.is_none_or(|observed| observed.seen.is_named),
            session: finding.principal.session.clone(),
            denial,
        };
        self.targets.insert(target_key(&finding.region, target), known);
        is_own
    }
}

impl KnownTarget {
    /// Whether another session's denial of this target may have another explanation: the target may
    /// be somebody's own place.
    fn depends_on_session(&self, target: &str, sighting: &RepeatGlance) -> bool {
        let explained = self.denial.as_ref().and_then(|why| why.resource.as_deref());
        let sessions = [self.session.as_deref(), sighting.session.as_deref()];
        let user = sighting.user_name.as_deref();
        sessions.into_iter().any(|session| {
            let is_place = |resource| may_be_somebodys(session, user, resource);
            is_place(target) || explained.is_some_and(is_place)
        })
    }
}

fn target_key(region: &str, target: &str) -> String {
    [region, target].join("\n")
}

/// The error's text after the resource that it names; the whole text if it names none.
fn reason_after<'t>(message: &'t str, resource: Option<&str>) -> &'t str {
    let split = resource.and_then(|name| message.rsplit_once(name));
    split.map_or(message, |(_, reason)| reason)
}
