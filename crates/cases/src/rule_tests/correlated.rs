//! Runs a correlation over the records of a test.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::group::{Sighting, Tally};
use aware_core::event::Event;
use aware_core::finding::{self, Finding};
use aware_core::source;
use serde_json::Value;

use super::message;
use aware_rules::correlate::{self, Correlation, Firing, Hit, Named, Plan, Settings, extract};
use aware_rules::oracle;
use aware_rules::rule::Rule;

/// A correlation with everything that it refers to.
pub(super) struct Correlated<'a> {
    rules: &'a [Rule],
    plan: Arc<Plan>,
    correlation: &'a Correlation,
}

/// The result of running the records.
pub(super) struct Run {
    /// The message of the first firing.
    pub(super) message: Option<String>,
    /// The rules that correlations listen to, and how many of the records each matched.
    pub(super) matched: Vec<(String, usize)>,
}

impl<'a> Correlated<'a> {
    pub(super) fn new(
        correlation: &'a Correlation,
        rules: &'a [Rule],
        correlations: &[Correlation],
    ) -> Self {
        let named =
            |rule: &'a Rule| Named { id: &rule.about.id, name: None, title: &rule.about.name };
        let named: Vec<Named<'_>> = rules.iter().map(named).collect();
        let plan = Arc::new(correlate::compile(&named, correlations).plan);
        Self { rules, plan, correlation }
    }

    pub(super) fn run(&self, records: &[Value]) -> Run {
        let events: Vec<Event> = records.iter().filter_map(decode).collect();
        let hits: Vec<Hit> = records
            .iter()
            .zip(&events)
            .flat_map(|(record, event)| self.hits(record, event))
            .collect();
        let mut engine = correlate::Engine::new(Arc::clone(&self.plan), Settings::default());
        let mut firings: Vec<Firing> = hits.iter().flat_map(|hit| engine.offer(hit)).collect();
        firings.extend(engine.finish());
        let at = self
            .plan
            .correlations()
            .iter()
            .position(|one| one.about.id == self.correlation.about.id);
        let first = firings.into_iter().find(|firing| Some(firing.correlation) == at);
        let message = first.map(|firing| message::of_tally(&self.tally(firing, &events)));
        Run { message, matched: self.matched(&hits) }
    }

    fn hits(&self, record: &Value, event: &Event) -> Vec<Hit> {
        let line = record.to_string();
        let matching = self.rules.iter().enumerate().filter(|(at, rule)| {
            self.plan.listens_to(*at)
                && rule.is_for(event.source)
                && oracle::matches(&rule.expr, event.source, record, &line)
        });
        let hit = |(rule, _): (usize, &Rule)| {
            let wanted = self.plan.wanted(rule).iter();
            Hit {
                rule,
                time: event.time,
                account: event.account_or_unknown().to_owned(),
                event_id: event.id.clone(),
                fields: wanted.map(|path| extract(event.source, record, path)).collect(),
            }
        };
        matching.map(hit).collect()
    }

    fn matched(&self, hits: &[Hit]) -> Vec<(String, usize)> {
        let listened = self.rules.iter().enumerate().filter(|(at, _)| self.plan.listens_to(*at));
        let count = |at| hits.iter().filter(|hit| hit.rule == at).count();
        listened.map(|(at, rule)| (rule.about.id.clone(), count(at))).collect()
    }

    /// The group that a firing starts.
    fn tally(&self, firing: Firing, events: &[Event]) -> Tally {
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
        let finding = Finding::of_correlation(
            &self.correlation.about,
            self.correlation.source,
            (account.unwrap_or("unknown"), &region),
            firing.last,
            finding::Correlated {
                id: firing.id,
                group: firing.group,
                value: firing.value,
                events: firing.count as u64,
                since: firing.first,
                principals: names(|event| event.principal.name.clone()),
                actions: names(|event| event.action.to_string()),
            },
        );
        let mut tally = Tally::new(&finding);
        tally.absorb(&finding);
        took_part.iter().for_each(|event| tally.glimpse(&sighting(event)));
        tally
    }
}

/// The page has been parsed, so every record is an event.
fn decode(record: &Value) -> Option<Event> {
    source::decode_record(record.to_string().as_bytes()).ok()
}

fn sighting(event: &Event) -> Sighting<'_> {
    Sighting {
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
