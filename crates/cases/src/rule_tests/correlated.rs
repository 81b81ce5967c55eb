//! Runs a correlation over the records of a test.

use std::collections::BTreeSet;
use std::sync::Arc;

use aware_core::enrichment::Enrichment;
use aware_core::event::Event;
use aware_core::finding::{self, Finding};
use aware_core::source;
use aware_rules::correlate::{
    self, Correlation, CorrelationPlan, CorrelationSettings, Firing, NamedRule, RuleMatch,
    extract_values,
};
use aware_rules::ir::RecordSource;
use aware_rules::oracle;
use aware_rules::rule::CompiledRule;
use serde_json::Value;

use super::message;
use crate::group::{FindingGroup, RepeatDetails};

/// A correlation with everything that it refers to.
pub(super) struct TestedCorrelation<'a> {
    rules: &'a [CompiledRule],
    plan: Arc<CorrelationPlan>,
    correlation: &'a Correlation,
}

/// The result of running the records.
pub(super) struct CorrelationRun {
    /// The message of the first firing.
    pub(super) message: Option<String>,
    /// The rules that correlations listen to, and how many of the records each matched.
    pub(super) matched: Vec<(String, usize)>,
}

impl<'a> TestedCorrelation<'a> {
    pub(super) fn for_correlation(
        correlation: &'a Correlation,
        rules: &'a [CompiledRule],
        correlations: &[Correlation],
    ) -> Self {
        let named = |rule: &'a CompiledRule| NamedRule {
            id: &rule.about.id,
            name: None,
            title: &rule.about.name,
        };
        let named: Vec<NamedRule<'_>> = rules.iter().map(named).collect();
        let plan = Arc::new(correlate::compile_correlations(&named, correlations).plan);
        Self { rules, plan, correlation }
    }

    pub(super) fn run_records(&self, records: &[Value], known: &Enrichment) -> CorrelationRun {
        let events: Vec<Event> = records.iter().filter_map(decode_record).collect();
        let hits: Vec<RuleMatch> = records
            .iter()
            .zip(&events)
            .flat_map(|(record, event)| self.matches_of(record, event, known))
            .collect();
        let mut engine = correlate::CorrelationEngine::new(
            Arc::clone(&self.plan),
            CorrelationSettings::default(),
        );
        let mut firings: Vec<Firing> =
            hits.iter().flat_map(|hit| engine.offer_match(hit)).collect();
        firings.extend(engine.finish_all());
        let at = self
            .plan
            .correlations()
            .iter()
            .position(|one| one.about.id == self.correlation.about.id);
        let first = firings.into_iter().find(|firing| Some(firing.correlation) == at);
        let message =
            first.map(|firing| message::message_of_group(&self.group_of_firing(firing, &events)));
        CorrelationRun { message, matched: self.count_matched(&hits) }
    }

    fn matches_of(&self, record: &Value, event: &Event, known: &Enrichment) -> Vec<RuleMatch> {
        let source = RecordSource { id: event.source, known };
        let line = record.to_string();
        let matching = self.rules.iter().enumerate().filter(|(at, rule)| {
            self.plan.listens_to(*at)
                && rule.is_for(event.source)
                && oracle::event_matches(&rule.expr, source, record, &line)
        });
        let hit = |(rule, _): (usize, &CompiledRule)| {
            let wanted = self.plan.fields_for_rule(rule).iter();
            RuleMatch {
                rule,
                time: event.time,
                account: event.account_or_unknown().to_owned(),
                event_id: event.id.clone(),
                fields: wanted.map(|path| extract_values(source, record, path)).collect(),
            }
        };
        matching.map(hit).collect()
    }

    fn count_matched(&self, hits: &[RuleMatch]) -> Vec<(String, usize)> {
        let listened = self.rules.iter().enumerate().filter(|(at, _)| self.plan.listens_to(*at));
        let count = |at| hits.iter().filter(|hit| hit.rule == at).count();
        listened.map(|(at, rule)| (rule.about.id.clone(), count(at))).collect()
    }

    /// The group that a firing starts.
    fn group_of_firing(&self, firing: Firing, events: &[Event]) -> FindingGroup {
        let took_part: Vec<&Event> = firing
            .events
            .iter()
            .filter_map(|part| events.iter().find(|event| event.id == part.id))
            .collect();
        let names = |name: fn(&Event) -> String| -> Vec<String> {
            let names: BTreeSet<String> = took_part.iter().map(|event| name(event)).collect();
            names.into_iter().collect()
        };
        let region = names(|event| event.region.clone()).into_iter().next().unwrap_or_default();
        let account = firing.events.iter().map(|event| event.account.as_str()).min();
        let finding = Finding::from_correlation(
            &self.correlation.about,
            self.correlation.source,
            (account.unwrap_or("unknown"), &region),
            firing.last,
            finding::CorrelatedEvents {
                id: firing.id,
                group: firing.group,
                value: firing.value,
                events: firing.count as u64,
                since: firing.first,
                principals: names(|event| event.principal.name.clone()),
                actions: names(|event| event.action.to_string()),
            },
        );
        let mut tally = FindingGroup::for_finding(&finding);
        tally.record(&finding);
        took_part.iter().for_each(|event| tally.record_details(&repeat_details(event)));
        tally
    }
}

/// The page has been parsed, so every record is an event.
fn decode_record(record: &Value) -> Option<Event> {
    source::decode_record(record.to_string().as_bytes()).ok()
}

fn repeat_details(event: &Event) -> RepeatDetails<'_> {
    RepeatDetails {
        time: event.time,
        event_id: &event.id,
        source: event.network.source.as_deref(),
        network: None,
        region: &event.region,
        agent: None,
        resource: None,
        session: None,
    }
}
