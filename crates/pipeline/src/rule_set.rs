//! The rules in force: those that run, what feeds correlations, and what suppressions hide.
//!
//! Where they come from (files, config entries) is the adapters' business.

use std::collections::BTreeMap;
use std::sync::Arc;

use aware_cases::case::KnownActor;
use aware_core::enrichment::Enrichment;
use aware_core::event::Event;
use aware_core::finding;
use aware_core::source::SourceId;
use aware_rules::baseline::BaselineTest;
use aware_rules::correlate::{self, CompiledCorrelations, CorrelationPlan, CorrelationSettings};
use aware_rules::ir::{RecordSource, RuleExpr};
use aware_rules::oracle;
use aware_rules::rule::CompiledRule;
use aware_rules::shipped;
use aware_rules::sigma::FilterTargets;
use jiff::{SignedDuration, Timestamp};

use crate::silent;

/// All rules, correlations and suppressions in force.
#[derive(Debug)]
pub struct RuleSet {
    /// The rules, followed by the silent ones for triage and the canary.
    events: Arc<[CompiledRule]>,
    /// How many of them are rules.
    rules: usize,
    /// What happens to the matches of each rule.
    roles: Vec<RuleRole>,
    suppressions: Vec<Suppression>,
    correlations: Arc<CorrelationPlan>,
    lateness: Option<SignedDuration>,
    known: Vec<KnownActor>,
    enrichment: Arc<Enrichment>,
}

/// What happens to a rule's matches.
#[derive(Clone, Debug, Default)]
struct RuleRole {
    /// They do not become findings, but only feed correlations.
    silent: bool,
    /// The rule's index in the correlations.
    feeds: Option<usize>,
    /// The indexes of the suppressions that may hide them.
    suppressions: Vec<usize>,
}

/// Known findings that are not reported.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// Its name.
    pub name: String,
    /// Who is responsible for it.
    pub owner: String,
    /// Why it exists.
    pub reason: String,
    /// When it ends.
    pub until: Timestamp,
    /// The source whose events it is about; `None` for all.
    pub source: Option<SourceId>,
    /// Findings about events that match this expression are not hidden.
    pub expr: RuleExpr,
    /// The file that defines it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// What a rule set is made from.
#[derive(Debug)]
pub struct RuleSetParts {
    /// Every rule that was loaded, and whether it is on. Correlations know them by their places.
    pub rules: Vec<(CompiledRule, bool)>,
    /// The correlations that are on.
    pub correlations: CompiledCorrelations,
    /// The suppressions, each with the rules that it may hide.
    pub suppressions: Vec<(Suppression, FilterTargets)>,
    /// How late an event may come and still count for a correlation.
    pub lateness: Option<SignedDuration>,
}

impl RuleSet {
    /// Assembles the rules that are on, and those that only feed correlations.
    pub fn new(parts: RuleSetParts) -> Self {
        let plan = parts.correlations.plan;
        let by_id = suppressions_by_rule(&parts.suppressions);
        let (mut events, mut roles) = (Vec::new(), Vec::new());
        for (at, (rule, on)) in parts.rules.into_iter().enumerate() {
            let feeds = plan.listens_to(at).then_some(at);
            if !on && feeds.is_none() {
                continue;
            }
            let id = rule.about.id.as_str();
            let hiding = [by_id.get(&None), by_id.get(&Some(id))].into_iter().flatten().flatten();
            roles.push(RuleRole {
                silent: !on || plan.silenced_rules().contains(&at),
                feeds,
                suppressions: hiding.copied().collect(),
            });
            events.push(rule);
        }
        let rules = events.len();
        events.extend(silent::silent_rules());
        roles.resize(events.len(), RuleRole { silent: true, ..RuleRole::default() });
        drop(by_id);
        Self {
            events: events.into(),
            rules,
            roles,
            suppressions: parts.suppressions.into_iter().map(|(one, _)| one).collect(),
            correlations: Arc::new(plan),
            lateness: parts.lateness,
            known: Vec::new(),
            enrichment: Arc::default(),
        }
    }

    /// The same, given what is known of accounts, networks and principals.
    #[must_use]
    pub fn with_enrichment(self, enrichment: Arc<Enrichment>) -> Self {
        Self { enrichment, ..self }
    }

    /// What is known of accounts, networks and principals.
    pub fn enrichment(&self) -> &Arc<Enrichment> {
        &self.enrichment
    }

    /// A source, and what is known of whom its records name.
    pub fn record_source(&self, id: SourceId) -> RecordSource<'_> {
        RecordSource { id, known: &self.enrichment }
    }

    /// The same, with principals whose refusals their owners know.
    #[must_use]
    pub fn with_known(self, known: Vec<KnownActor>) -> Self {
        Self { known, ..self }
    }

    /// The principals whose refusals their owners know.
    pub fn known_actors(&self) -> &[KnownActor] {
        &self.known
    }

    /// The rules that examine single events.
    pub fn event_rules(&self) -> &[CompiledRule] {
        self.events.get(..self.rules).unwrap_or_default()
    }

    /// What the engine runs: the rules, and the silent ones that are always included.
    pub fn engine_rules(&self) -> &Arc<[CompiledRule]> {
        &self.events
    }

    /// The rule as its findings carry it; `None` for a rule that only feeds correlations.
    pub fn finding_rule(&self, rule: u32) -> Option<&Arc<finding::RuleSummary>> {
        let silent = self.roles.get(rule as usize).is_some_and(|role| role.silent);
        self.events.get(rule as usize).filter(|_| !silent).map(|rule| &rule.about)
    }

    /// The rule's index in the correlations, if any correlation uses its matches.
    pub fn correlation_input(&self, rule: u32) -> Option<usize> {
        self.roles.get(rule as usize)?.feeds
    }

    /// What the rule asks of the past, if it does.
    pub fn baseline_of(&self, rule: u32) -> Option<&Arc<BaselineTest>> {
        self.events.get(rule as usize)?.baseline.as_ref()
    }

    /// Whether the result of a match is known without examining the event.
    pub fn is_plain(&self, rule: u32) -> bool {
        let role = self.roles.get(rule as usize).filter(|_| self.baseline_of(rule).is_none());
        role.is_some_and(|role| {
            !role.silent && role.feeds.is_none() && role.suppressions.is_empty()
        })
    }

    /// The suppression that hides a rule's finding about an event, if one does.
    pub fn suppression_for(&self, rule: u32, event: &Event) -> Option<&Suppression> {
        let role = self.roles.get(rule as usize)?;
        let mut suppressions = role.suppressions.iter().filter_map(|at| self.suppressions.get(*at));
        suppressions.find(|one| one.hides_event(event, &self.enrichment))
    }

    /// All suppressions, including expired ones.
    pub fn suppressions(&self) -> &[Suppression] {
        &self.suppressions
    }

    /// The settings for correlations.
    pub fn correlation_settings(&self) -> CorrelationSettings {
        let default = CorrelationSettings::default();
        let seconds = self.lateness.and_then(|span| u64::try_from(span.as_secs()).ok());
        CorrelationSettings {
            horizon_seconds: seconds.unwrap_or(default.horizon_seconds),
            ..default
        }
    }

    /// The correlations, ready to run.
    pub fn correlations(&self) -> &Arc<CorrelationPlan> {
        &self.correlations
    }
}

impl Default for RuleSet {
    /// The shipped rules with their defaults.
    fn default() -> Self {
        let shipped = shipped::load_shipped();
        let named: Vec<correlate::NamedRule<'_>> = shipped
            .rules
            .iter()
            .map(|rule| correlate::NamedRule {
                id: &rule.about.id,
                name: None,
                title: &rule.about.name,
            })
            .collect();
        let on: Vec<_> = shipped.correlations.iter().filter(|one| one.enabled).cloned().collect();
        let correlations = correlate::compile_correlations(&named, &on);
        let rules = shipped.rules.iter().map(|rule| (rule.clone(), rule.enabled)).collect();
        Self::new(RuleSetParts { rules, correlations, suppressions: Vec::new(), lateness: None })
    }
}

impl Suppression {
    /// Its name and owner, for digests.
    pub fn label(&self) -> String {
        format!("hidden by {} ({})", self.name, self.owner)
    }

    /// Whether it hides findings about an event. It does not if it expires before the time of the
    /// event. Text-line patterns see the record as serialized again.
    fn hides_event(&self, event: &Event, known: &Enrichment) -> bool {
        event.time < self.until
            && self.source.is_none_or(|source| source == event.source)
            && !oracle::event_matches(
                &self.expr,
                RecordSource { id: event.source, known },
                &event.record,
                &event.record.to_string(),
            )
    }
}

/// Suppressions by the rule that they apply to; `None` for all rules.
fn suppressions_by_rule(
    suppressions: &[(Suppression, FilterTargets)],
) -> BTreeMap<Option<&str>, Vec<usize>> {
    let mut by_id: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (at, (_, targets)) in suppressions.iter().enumerate() {
        match targets {
            FilterTargets::Any => by_id.entry(None).or_default().push(at),
            FilterTargets::Rules(ids) => {
                for id in ids {
                    by_id.entry(Some(id)).or_default().push(at);
                }
            }
        }
    }
    by_id
}
