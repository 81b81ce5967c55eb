//! Runs correlations: hits in, findings out.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use aware_cases::group::{Sighting, Tally};
use aware_core::finding::{Correlated, Finding};
use aware_rules::correlate::{Engine, Firing, Hit, Plan, Settings};
use jiff::Timestamp;

use super::found::{Face, Found};
use crate::port::EventKey;

/// How many event summaries are kept; for older events a finding has only their ids.
const MAX_FACES: usize = 50_000;
/// The most principals and actions that a finding names.
const NAMED: usize = 20;

/// The correlations, and summaries of the events that feed them.
#[derive(Debug)]
pub struct Correlator {
    engine: Engine,
    faces: HashMap<EventKey, Arc<Face>>,
    order: VecDeque<EventKey>,
    /// The latest time in the logs, and when a tick first saw it.
    latest: Option<(Timestamp, Option<Timestamp>)>,
}

/// A correlation's finding, with what its group needs to know of the events.
#[derive(Clone, Debug)]
pub struct Fired {
    /// The finding.
    pub finding: Finding,
    /// Summaries of its events, where they are known.
    faces: Vec<Option<Arc<Face>>>,
    events: Vec<(Timestamp, String)>,
}

impl Correlator {
    /// Correlations without any events.
    pub fn new(plan: Arc<Plan>, settings: Settings) -> Self {
        let engine = Engine::new(plan, settings);
        Self { engine, faces: HashMap::new(), order: VecDeque::new(), latest: None }
    }

    /// Replaces the engine's state with that of a fresh correlator; event summaries stay.
    pub fn forget(&mut self, fresh: Self) {
        self.engine = fresh.engine;
    }

    /// The engine: its counts, its state.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// Offers what an event amounts to, and returns what fires.
    pub fn offer(&mut self, found: &Found) -> Vec<Fired> {
        if let Some(face) = &found.face {
            self.remember(&found.key, face);
        }
        self.hits(&found.hits)
    }

    /// Remembers an event's summary without its hits.
    pub fn remember(&mut self, key: &EventKey, face: &Face) {
        if self.faces.insert(key.clone(), Arc::new(face.clone())).is_none() {
            self.order.push_back(key.clone());
        }
        if self.order.len() > MAX_FACES
            && let Some(oldest) = self.order.pop_front()
        {
            self.faces.remove(&oldest);
        }
    }

    /// Offers hits, and returns what fires.
    pub fn hits(&mut self, hits: &[Hit]) -> Vec<Fired> {
        let newest = hits.iter().map(|hit| hit.time).max();
        if newest > self.latest.map(|(time, _)| time) {
            self.latest = newest.map(|time| (time, None));
        }
        let firings: Vec<Firing> = hits.iter().flat_map(|hit| self.engine.offer(hit)).collect();
        self.fired(firings)
    }

    /// Advances the logs' own clock by the time that has passed since their latest event.
    /// Conditions about few events are decided once it passes the end of a window; events that
    /// arrive after that are late.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Fired> {
        let Some((latest, seen)) = &mut self.latest else { return Vec::new() };
        let idle = now.duration_since(*seen.get_or_insert(now));
        let Ok(watermark) = latest.checked_add(idle) else { return Vec::new() };
        let firings = self.engine.advance(watermark);
        self.fired(firings)
    }

    /// Advances to the given time, for several processes that take events: everything that is due
    /// by then is decided.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Fired> {
        let firings = self.engine.advance(now);
        self.fired(firings)
    }

    /// Decides everything that is open: the events have ended.
    pub fn finish(&mut self) -> Vec<Fired> {
        let firings = self.engine.finish();
        self.fired(firings)
    }

    fn fired(&self, firings: Vec<Firing>) -> Vec<Fired> {
        firings.into_iter().filter_map(|firing| self.finding(firing)).collect()
    }

    fn finding(&self, firing: Firing) -> Option<Fired> {
        let correlation = self.engine.plan().correlations().get(firing.correlation)?;
        let (rule, source) = (&correlation.about, correlation.source);
        let face = |event: &aware_rules::correlate::EventRef| {
            let key = EventKey { account: event.account.clone(), id: event.id.clone() };
            self.faces.get(&key).cloned()
        };
        let faces: Vec<Option<Arc<Face>>> = firing.events.iter().map(face).collect();
        let names = |name: fn(&Face) -> &String| -> Vec<String> {
            let all: BTreeSet<&String> = faces.iter().flatten().map(|face| name(face)).collect();
            all.into_iter().take(NAMED).cloned().collect()
        };
        let correlated = Correlated {
            id: firing.id,
            group: firing.group,
            value: firing.value,
            events: firing.count as u64,
            since: firing.first,
            principals: names(|face| &face.principal),
            actions: names(|face| &face.action),
        };
        let account = firing.events.iter().map(|event| event.account.as_str());
        let account = account.filter(|account| !account.is_empty()).min().unwrap_or("unknown");
        let region = names(|face| &face.region).first().cloned().unwrap_or_default();
        let finding =
            Finding::of_correlation(rule, source, (account, &region), firing.last, correlated);
        let events = firing.events.into_iter().map(|event| (event.time, event.id)).collect();
        Some(Fired { finding, faces, events })
    }
}

impl Fired {
    /// Adds the finding's events to its group: their summaries and their ids.
    pub fn sight(&self, tally: &mut Tally) {
        for ((time, id), face) in self.events.iter().zip(&self.faces) {
            let face = face.as_deref();
            tally.glimpse(&Sighting {
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
