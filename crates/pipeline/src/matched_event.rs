//! What the rules make of one event.

use std::sync::Arc;

use aware_cases::advise;
use aware_cases::case::{CaseEvent, mark_of};
use aware_cases::group::FindingGroup;
use aware_cases::triage::PrincipalObservation;
use aware_core::case::EventMark;
use aware_core::event::{Event, Outcome};
use aware_core::explanation::Explanation;
use aware_core::finding::{Finding, FindingPrincipal};
use aware_rules::baseline::RowKey;
use aware_rules::correlate::{RuleMatch, extract_values};
use jiff::Timestamp;
use serde_json::Value;

use crate::baseline::BaselineCandidate;
use crate::canary_call;
use crate::case_facts;
use crate::port::EventKey;
use crate::rule_set::{RuleSet, Suppression};

/// An event and what it amounts to: each rule that it matches is a finding, hidden, or silent.
#[derive(Clone, Debug)]
pub struct MatchedEvent {
    /// The event.
    pub key: EventKey,
    /// When it happened.
    pub time: Timestamp,
    /// Whether it was denied.
    pub denied: bool,
    /// Its findings, one for each rule.
    pub findings: Vec<Finding>,
    /// Matches that are findings only if they are unusual.
    pub candidates: Vec<BaselineCandidate>,
    /// Findings that a suppression hides, and what hides them.
    pub hidden: Vec<(Finding, String)>,
    /// The hits that it gives to correlations.
    pub hits: Vec<RuleMatch>,
    /// Its summary for the findings of correlations.
    pub summary: Option<EventSummary>,
    /// Who was denied what, or granted themselves what, for the reading of denials.
    pub observed: Option<PrincipalObservation>,
    /// Its request id, if it may be a canary that came back.
    pub canary: Option<String>,
    /// What a case keeps of it: of events with findings, denials, successes worth telling, and what
    /// takes one of these back. `None` for an event of which suppressions hide every finding: it
    /// opens no case.
    pub case_event: Option<Box<CaseEvent>>,
}

/// The facts about an event that a correlation's finding repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSummary {
    /// Who acted.
    pub principal: FindingPrincipal,
    /// What was done.
    pub action: String,
    /// Where.
    pub region: String,
    /// From where.
    pub source: Option<String>,
    /// How it ended.
    pub mark: EventMark,
}

impl MatchedEvent {
    /// The outcome of an event that matches these rules.
    pub(super) fn new(rules: &RuleSet, matched: &[u32], event: &Event) -> Self {
        let account = event.account_or_unknown().to_owned();
        let mut found = Self {
            key: EventKey { account, id: event.id.clone() },
            time: event.time,
            denied: event.outcome == Outcome::Denied,
            findings: Vec::new(),
            candidates: Vec::new(),
            hidden: Vec::new(),
            hits: Vec::new(),
            summary: None,
            observed: None,
            canary: canary_call::request_id(event),
            case_event: None,
        };
        let why = advise::explain_event(event);
        for rule in matched {
            found.add_rule(rules, *rule, event, why.as_ref());
        }
        found.observed = PrincipalObservation::from_event(event);
        found.case_event = found.read_case_event(rules, event, why);
        if !found.hits.is_empty() {
            found.summary = Some(EventSummary::from_event(event));
        }
        found
    }

    /// An event that nothing matches, of a principal that is followed.
    pub(super) fn for_case(key: EventKey, event: CaseEvent) -> Self {
        Self {
            key,
            time: event.time,
            denied: event.mark == EventMark::Denied,
            findings: Vec::new(),
            candidates: Vec::new(),
            hidden: Vec::new(),
            hits: Vec::new(),
            summary: None,
            observed: None,
            canary: None,
            case_event: Some(Box::new(event)),
        }
    }

    /// Whether it amounts to nothing that is needed.
    pub(super) fn is_nothing(&self) -> bool {
        self.is_for_cases_only() && self.case_event.is_none()
    }

    /// Whether only cases need it.
    pub fn is_for_cases_only(&self) -> bool {
        !self.is_told() && self.observed.is_none() && self.canary.is_none()
    }

    /// Whether a rule matches it, rather than only triage needing it.
    pub fn is_told(&self) -> bool {
        !self.findings.is_empty()
            || !self.hidden.is_empty()
            || !self.hits.is_empty()
            || !self.candidates.is_empty()
    }

    fn read_case_event(
        &self,
        set: &RuleSet,
        event: &Event,
        why: Option<Explanation>,
    ) -> Option<Box<CaseEvent>> {
        if self.findings.is_empty() && !self.hidden.is_empty() {
            return None;
        }
        let rules: Vec<_> = self.findings.iter().map(|one| Arc::clone(&one.rule)).collect();
        let mut case_event = CaseEvent::knowing(event, rules, why.map(Box::new), set.enrichment());
        if !self.candidates.is_empty() {
            case_event.note_first_finding(event);
        }
        let is_wanted = !self.candidates.is_empty() || self.is_wanted_by_cases(&case_event);
        is_wanted.then(|| Box::new(case_event))
    }

    fn is_wanted_by_cases(&self, event: &CaseEvent) -> bool {
        !event.rules.is_empty() || self.denied || case_facts::has_facts(event)
    }

    /// Once its candidates are settled: drops what was only kept for them.
    pub(super) fn drop_needless_case_event(&mut self) {
        let is_hidden = self.findings.is_empty() && !self.hidden.is_empty();
        if let Some(event) = self.case_event.as_mut().filter(|event| event.rules.is_empty()) {
            event.first_finding = None;
        }
        let is_wanted = |event: &CaseEvent| !is_hidden && self.is_wanted_by_cases(event);
        if self.case_event.as_deref().is_some_and(|event| !is_wanted(event)) {
            self.case_event = None;
        }
    }

    fn add_rule(&mut self, rules: &RuleSet, rule: u32, event: &Event, why: Option<&Explanation>) {
        let hidden = rules.suppression_for(rule, event);
        if let Some(about) = rules.finding_rule(rule) {
            let mut finding = Finding::from_event(about, event);
            finding.explanation = why.cloned().map(Box::new);
            if let Some(test) = rules.baseline_of(rule) {
                let place = (rules.record_source(event.source), &event.record);
                self.candidates.push(BaselineCandidate {
                    sightings: test.sightings(&finding.rule.id, place, event.time),
                    test: Arc::clone(test),
                    finding,
                    hidden_by: hidden.map(Suppression::label),
                });
                return;
            }
            match hidden {
                Some(by) => self.hidden.push((finding, by.label())),
                None => self.findings.push(finding),
            }
        }
        if let Some(feeds) = rules.correlation_input(rule).filter(|_| hidden.is_none()) {
            let wanted = rules.correlations().fields_for_rule(feeds).iter();
            let source = rules.record_source(event.source);
            self.hits.push(RuleMatch {
                rule: feeds,
                time: event.time,
                account: self.key.account.clone(),
                event_id: self.key.id.clone(),
                fields: wanted.map(|path| extract_values(source, &event.record, path)).collect(),
            });
        }
    }

    /// Empty tallies for hidden findings, each with its finding.
    pub fn hidden_tallies(&self) -> impl Iterator<Item = (FindingGroup, &Finding)> {
        self.hidden.iter().map(|(finding, by)| (FindingGroup::for_hidden(finding, by), finding))
    }
}

impl MatchedEvent {
    /// The requests of all its findings, in a fixed order.
    pub(super) fn requests_mut(&mut self) -> impl Iterator<Item = &mut Option<Value>> {
        let candidates = self.candidates.iter_mut().map(|one| &mut one.finding);
        let hidden = self.hidden.iter_mut().map(|(finding, _)| finding);
        let findings = candidates.chain(&mut self.findings).chain(hidden);
        let first = self.case_event.as_mut().and_then(|event| event.first_finding.as_mut());
        findings.map(|one| &mut one.request).chain(first.map(|first| &mut first.request))
    }

    /// The rows that decide about the event.
    pub fn baseline_rows(&self) -> impl Iterator<Item = &RowKey> {
        let sightings = self.candidates.iter().flat_map(|one| &one.sightings);
        sightings.flat_map(|seen| [Some(&seen.row), seen.rule_row.as_ref()]).flatten()
    }

    /// Decides about its candidates: those that are unusual become findings, the others nothing.
    pub fn settle_candidates(&mut self, mut is_unusual: impl FnMut(&BaselineCandidate) -> bool) {
        for one in std::mem::take(&mut self.candidates) {
            if !is_unusual(&one) {
                continue;
            }
            match one.hidden_by {
                Some(by) => self.hidden.push((one.finding, by)),
                None => {
                    if let Some(event) = &mut self.case_event {
                        event.rules.push(Arc::clone(&one.finding.rule));
                    }
                    self.findings.push(one.finding);
                }
            }
        }
        self.drop_needless_case_event();
    }
}

impl EventSummary {
    fn from_event(event: &Event) -> Self {
        Self {
            principal: FindingPrincipal::from_event(event),
            action: event.action.to_string(),
            region: event.region.clone(),
            source: event.network.source.clone(),
            mark: mark_of(event),
        }
    }
}
