//! Runs correlations: hits in, findings out.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use aware_cases::case::{CaseEvent, FirstFinding};
use aware_cases::group::{FindingGroup, RepeatDetails};
use aware_cases::view::correlation_sentence;
use aware_core::case::EventMark;
use aware_core::finding::{CorrelatedEvents, Finding, FindingPrincipal};
use aware_core::source::cloudtrail;
use aware_rules::correlate::{
    CorrelationEngine, CorrelationPlan, CorrelationSettings, EventRef, Firing, RuleMatch,
};
use jiff::Timestamp;

use super::matched_event::{EventSummary, MatchedEvent};
use crate::port::EventKey;
use crate::rule_set::RuleSet;

/// How many event summaries are kept; for older events a finding has only their ids.
const MAX_SUMMARIES: usize = 50_000;
/// The field by whose values correlations usually group.
const PRINCIPAL: &str = "aware.principal";
/// The most principals and actions that a finding names.
const MAX_NAMED: usize = 20;

/// The correlations, and summaries of the events that feed them.
#[derive(Debug)]
pub struct EventCorrelator {
    engine: CorrelationEngine,
    faces: HashMap<EventKey, Arc<EventSummary>>,
    order: VecDeque<EventKey>,
    /// The latest time in the logs, and when a tick first saw it.
    latest: Option<(Timestamp, Option<Timestamp>)>,
}

/// A correlation's finding, with what its group needs to know of the events.
#[derive(Clone, Debug)]
pub struct FiredCorrelation {
    /// The finding.
    pub finding: Finding,
    /// What the events of a log other than CloudTrail amount to and have in common, in a sentence.
    common: Option<String>,
    /// Summaries of its events, where they are known.
    faces: Vec<Option<Arc<EventSummary>>>,
    /// The accounts of its events.
    accounts: Vec<String>,
    events: Vec<(Timestamp, String)>,
}

impl EventCorrelator {
    /// Correlations without any events.
    pub fn new(plan: Arc<CorrelationPlan>, settings: CorrelationSettings) -> Self {
        let engine = CorrelationEngine::new(plan, settings);
        Self { engine, faces: HashMap::new(), order: VecDeque::new(), latest: None }
    }

    /// Replaces the engine's state with that of a fresh correlator; event summaries stay.
    pub fn reset_engine(&mut self, fresh: Self) {
        self.engine = fresh.engine;
    }

    /// The engine, for its counts and its state.
    pub fn engine_mut(&mut self) -> &mut CorrelationEngine {
        &mut self.engine
    }

    /// Offers an event's hits and summary, and returns the findings of correlations that fire.
    pub fn offer_event(&mut self, found: &MatchedEvent) -> Vec<FiredCorrelation> {
        if let Some(face) = &found.summary {
            self.remember_summary(&found.key, face);
        }
        self.offer_hits(&found.hits)
    }

    /// Remembers an event's summary without its hits.
    pub fn remember_summary(&mut self, key: &EventKey, face: &EventSummary) {
        if self.faces.insert(key.clone(), Arc::new(face.clone())).is_none() {
            self.order.push_back(key.clone());
        }
        if self.order.len() > MAX_SUMMARIES
            && let Some(oldest) = self.order.pop_front()
        {
            self.faces.remove(&oldest);
        }
    }

    /// Offers hits, and returns the findings of correlations that fire.
    pub fn offer_hits(&mut self, hits: &[RuleMatch]) -> Vec<FiredCorrelation> {
        let newest = hits.iter().map(|hit| hit.time).max();
        if newest > self.latest.map(|(time, _)| time) {
            self.latest = newest.map(|time| (time, None));
        }
        let firings: Vec<Firing> =
            hits.iter().flat_map(|hit| self.engine.offer_match(hit)).collect();
        self.findings_of(firings)
    }

    /// Advances the logs' own clock by the time that has passed since their latest event.
    /// Conditions about few events are decided once it passes the end of a window; events that
    /// arrive after that are late.
    pub fn advance_idle(&mut self, now: Timestamp) -> Vec<FiredCorrelation> {
        let Some((latest, seen)) = &mut self.latest else { return Vec::new() };
        let idle = now.duration_since(*seen.get_or_insert(now));
        let Ok(watermark) = latest.checked_add(idle) else { return Vec::new() };
        let firings = self.engine.advance_watermark(watermark);
        self.findings_of(firings)
    }

    /// Advances to the given time, for several processes that take events: everything that is due
    /// by then is decided.
    pub fn advance_to(&mut self, now: Timestamp) -> Vec<FiredCorrelation> {
        let firings = self.engine.advance_watermark(now);
        self.findings_of(firings)
    }

    /// Decides everything that is open: the events have ended, and the logs at this time.
    pub fn finish_at(&mut self, logs_until: Timestamp) -> Vec<FiredCorrelation> {
        let firings = self.engine.finish_at(logs_until);
        self.findings_of(firings)
    }

    fn findings_of(&self, firings: Vec<Firing>) -> Vec<FiredCorrelation> {
        firings.into_iter().filter_map(|firing| self.build_finding(firing)).collect()
    }

    fn build_finding(&self, firing: Firing) -> Option<FiredCorrelation> {
        let correlation = self.engine.plan().correlations().get(firing.correlation)?;
        let (rule, source) = (&correlation.about, correlation.source);
        let face = |event: &EventRef| {
            let key = EventKey { account: event.account.clone(), id: event.id.clone() };
            self.faces.get(&key).cloned()
        };
        // A firing of another correlation is no event, and nobody's. Where only such are named, whoever
        // caused the last event caused them.
        let is_event = |event: &&EventRef| !event.account.is_empty() || face(event).is_some();
        let mut refs: Vec<EventRef> = firing.events.iter().filter(is_event).cloned().collect();
        if refs.is_empty() {
            refs.push(firing.trigger.clone());
        }
        let faces: Vec<Option<Arc<EventSummary>>> = refs.iter().map(face).collect();
        let names = |name: fn(&EventSummary) -> &String| -> Vec<String> {
            let all: BTreeSet<&String> = faces.iter().flatten().map(|face| name(face)).collect();
            all.into_iter().take(MAX_NAMED).cloned().collect()
        };
        let correlated = CorrelatedEvents {
            id: firing.id,
            group: firing.group,
            value: firing.value,
            events: firing.count as u64,
            since: firing.first,
            principals: names(|face| &face.principal.name),
            actions: names(|face| &face.action),
        };
        let is_other = source != cloudtrail::ID;
        let common = is_other.then(|| correlation_sentence(correlation, &correlated)).flatten();
        let account = refs.iter().map(|event| event.account.as_str());
        let account = account.filter(|account| !account.is_empty()).min().unwrap_or("unknown");
        let region = names(|face| &face.region).first().cloned().unwrap_or_default();
        let finding =
            Finding::from_correlation(rule, source, (account, &region), firing.last, correlated);
        let accounts = refs.iter().map(|event| event.account.clone()).collect();
        let events = refs.into_iter().map(|event| (event.time, event.id)).collect();
        Some(FiredCorrelation { finding, common, faces, accounts, events })
    }
}

/// What fires over all hits of stored logs, in time order, so that the result does not depend on how
/// they were read. Each hit may come with the summary of its event. The logs end at `logs_until`.
pub fn run_correlations(
    rules: &RuleSet,
    mut hits: Vec<(RuleMatch, Option<EventSummary>)>,
    logs_until: Timestamp,
) -> Vec<FiredCorrelation> {
    let order = |hit: &RuleMatch| (hit.time, hit.account.clone(), hit.event_id.clone(), hit.rule);
    hits.sort_by_cached_key(|(hit, _)| order(hit));
    let plan = Arc::clone(rules.correlations());
    let mut correlator = EventCorrelator::new(plan, CorrelationSettings::default());
    let mut fired = Vec::new();
    for (hit, face) in hits {
        if let Some(face) = face {
            let key = EventKey { account: hit.account.clone(), id: hit.event_id.clone() };
            correlator.remember_summary(&key, &face);
        }
        fired.extend(correlator.offer_hits(std::slice::from_ref(&hit)));
    }
    fired.extend(correlator.finish_at(logs_until));
    fired
}

impl FiredCorrelation {
    /// What a case keeps of it: an event of whoever caused all of its events, if that was one.
    pub fn case_event(&self) -> CaseEvent {
        let Finding { event_id, time, account, region, action, .. } = self.finding.clone();
        let principal = self.common_principal().cloned().unwrap_or_else(|| self.nobody());
        // A denial or a failure that counts as one is an event of its own.
        let last = self.faces.iter().flatten().next_back().map(|face| face.mark);
        let mark = last.filter(|mark| *mark == EventMark::Changed).unwrap_or(EventMark::Read);
        CaseEvent {
            event_id,
            time,
            account,
            region,
            principal,
            operation: action.clone(),
            action,
            is_reading: matches!(mark, EventMark::Read),
            error_code: None,
            mark,
            resource: None,
            source: None,
            network: None,
            agent: None,
            endpoint: None,
            stack: None,
            is_summary: true,
            measured: self.common.clone(),
            reported: None,
            is_call: false,
            is_of_own_log: false,
            times: 1,
            from_console: false,
            first_finding: self.first_of_other_log().map(Box::new),
            rules: vec![Arc::clone(&self.finding.rule)],
            denial: None,
            notable: None,
            undoes: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Whoever caused all of its events. The summary of an event that another process read, or that
    /// was read before a restart, is unknown: where the correlation groups by the principal, such an
    /// event in the account of the known ones is theirs.
    fn common_principal(&self) -> Option<&FindingPrincipal> {
        let mut known = self
            .faces
            .iter()
            .zip(&self.accounts)
            .filter_map(|(face, account)| face.as_ref().map(|face| (&face.principal, account)));
        let (first, account) = known.next()?;
        let is_one = known.all(|(other, _)| other.key == first.key);
        let correlated = self.finding.correlated.as_ref();
        let is_grouped =
            correlated.is_some_and(|one| one.group.iter().any(|(f, _)| f == PRINCIPAL));
        let mut unknown = self.faces.iter().zip(&self.accounts).filter(|(face, _)| face.is_none());
        let is_theirs = unknown.all(|(_, other)| is_grouped && other == account);
        (is_one && is_theirs).then_some(first)
    }

    /// Stands for a principal where several, or unknown ones, caused its events: nobody's case has
    /// another correlation or another account in it.
    fn nobody(&self) -> FindingPrincipal {
        let Finding { principal, rule, account, .. } = &self.finding;
        let key = format!("{} of {} in {account}", principal.key, rule.id);
        FindingPrincipal { key, ..principal.clone() }
    }

    /// The same, if a case tells it: what AWS services cause stays in groups.
    pub fn case_if_told(&self) -> Option<CaseEvent> {
        Some(self.case_event()).filter(|event| !event.principal.is_service)
    }

    /// Of which log it is, unless it is CloudTrail's.
    fn first_of_other_log(&self) -> Option<FirstFinding> {
        let source = self.finding.log_source;
        (source != cloudtrail::ID).then(|| FirstFinding {
            account: self.finding.account.clone(),
            log_source: Some(source.as_str().to_owned()),
            ..FirstFinding::default()
        })
    }

    /// Adds the finding's events to its group: their summaries and their ids.
    pub fn add_events_to(&self, tally: &mut FindingGroup) {
        for ((time, id), face) in self.events.iter().zip(&self.faces) {
            let face = face.as_deref();
            tally.record_details(&RepeatDetails {
                time: *time,
                event_id: id,
                source: face.and_then(|face| face.source.as_deref()),
                network: None,
                region: face.map(|face| face.region.as_str()).unwrap_or_default(),
                agent: None,
                resource: None,
                session: None,
            });
        }
    }
}

#[cfg(test)]
mod tests;
