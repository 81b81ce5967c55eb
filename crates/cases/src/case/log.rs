//! Everything that is remembered of one principal, as far as a case may need it.

use aware_core::case::EventMark;
use aware_core::finding::FindingPrincipal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::actions::{ActionMemory, clip};
use super::causes::CauseMemory;
use super::denials::DenialMemory;
use super::ends::EndEvents;
use super::notables::NotableMemory;
use super::reported::ReportMemory;
use super::rules_seen::RuleSeen;
use super::{CaseEvent, CaseLink, FirstFinding};
use crate::triage::bounded::{BoundedMap, BoundedSet, SeenSpan};

/// From which weight on something that went through marks the key that did it.
const MARKING_WEIGHT: u8 = 2;

/// Roughly how many bytes a memory takes by itself, with the case that is made of it, and each part.
const OWN_BYTES: usize = 7_000;
const ACTION_BYTES: usize = 900;
const NAME_BYTES: usize = 72;
const NOTABLE_BYTES: usize = 700;
const REMEDY_BYTES: usize = 500;

/// One principal's memory. Recording the same events in any order and any split gives the same
/// memory; each event is recorded once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ActorLog {
    /// The principal as its earliest event has it.
    pub(super) principal: FindingPrincipal,
    /// The earliest event.
    earliest: (Timestamp, String),
    /// The latest time.
    pub(super) last: Timestamp,
    pub(super) denied: ActionMemory,
    pub(super) changed: ActionMemory,
    pub(super) read: ActionMemory,
    pub(super) failed: ActionMemory,
    /// The earliest finding, as version 1 tells it.
    first_finding: Option<Box<((Timestamp, String), FirstFinding)>>,
    /// Findings, and the rules that made them.
    pub(super) findings: u64,
    pub(super) rules: BoundedMap<String, RuleSeen, 64>,
    pub(super) notables: NotableMemory,
    /// What its calls let somebody act with, and when.
    pub(super) links: BoundedMap<CaseLink, EndEvents<1>, 256>,
    pub(super) causes: CauseMemory,
    pub(super) keys: BoundedMap<String, SeenSpan, 24>,
    /// Those of the keys with which something was denied, or something heavy went through.
    pub(super) marked_keys: BoundedSet<String, 256>,
    pub(super) sessions: BoundedMap<String, SeenSpan, 24>,
    /// The networks of instances' sessions, by the instance, whose name AWS chooses.
    pub(super) instance_networks: BoundedMap<String, SessionSeen, 512>,
    /// The networks of other sessions, by their keys.
    pub(super) key_networks: BoundedMap<String, SessionSeen, 64>,
    pub(super) sources: BoundedMap<String, SeenSpan, 16>,
    pub(super) networks: BoundedMap<String, SeenSpan, 16>,
    pub(super) regions: BoundedSet<String, 40>,
    pub(super) accounts: BoundedSet<String, 32>,
    pub(super) agents: BoundedMap<String, SeenSpan, 16>,
    /// Services that passed its calls on.
    pub(super) passed_on_by: BoundedSet<String, 8>,
    /// Stacks for which CloudFormation made calls that were denied.
    #[serde(default)]
    pub(super) stacks: BoundedSet<String, 8>,
    /// What events say of the many calls that they stand for.
    #[serde(default)]
    pub(super) measures: BoundedSet<String, 8>,
    pub(super) denials: DenialMemory,
    /// What other services report.
    #[serde(default)]
    pub(super) reports: ReportMemory,
    /// The earliest events.
    pub(super) event_ids: EndEvents<5>,
}

/// Where a session was used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SessionSeen {
    pub(super) networks: BoundedMap<String, EndEvents<1>, 6>,
}

impl ActorLog {
    /// The memory of a principal, before its first event.
    pub(super) fn for_event(event: &CaseEvent) -> Self {
        Self {
            principal: event.principal.clone(),
            earliest: (event.time, event.event_id.clone()),
            last: event.time,
            denied: ActionMemory::default(),
            changed: ActionMemory::default(),
            read: ActionMemory::default(),
            failed: ActionMemory::default(),
            first_finding: None,
            findings: 0,
            rules: BoundedMap::default(),
            notables: NotableMemory::default(),
            links: BoundedMap::default(),
            causes: CauseMemory::default(),
            keys: BoundedMap::default(),
            marked_keys: BoundedSet::default(),
            sessions: BoundedMap::default(),
            instance_networks: BoundedMap::default(),
            key_networks: BoundedMap::default(),
            sources: BoundedMap::default(),
            networks: BoundedMap::default(),
            regions: BoundedSet::default(),
            accounts: BoundedSet::default(),
            agents: BoundedMap::default(),
            passed_on_by: BoundedSet::default(),
            stacks: BoundedSet::default(),
            measures: BoundedSet::default(),
            denials: DenialMemory::default(),
            reports: ReportMemory::default(),
            event_ids: EndEvents::default(),
        }
    }

    /// The key of the principal whom an event belongs to. Names without an ARN are only unique
    /// within an account.
    pub(super) fn key_for(principal: &FindingPrincipal, account: &str) -> String {
        match principal.arn {
            Some(_) => principal.key.clone(),
            None => format!("{account}\n{}", principal.key),
        }
    }

    /// Records an event.
    pub(super) fn record_event(&mut self, event: &CaseEvent) {
        let point = (event.time, event.event_id.clone());
        if point < self.earliest {
            self.principal = event.principal.clone();
            self.earliest = point;
        }
        self.last = self.last.max(event.time);
        // What counts many calls is none of them: that one was counted does not mean that it worked.
        if event.measured.is_none() {
            self.memory_mut(event.mark).into_iter().for_each(|memory| memory.record_event(event));
        }
        self.reports.record_event(event);
        self.record_rules(event);
        if let Some(first) = &event.first_finding {
            self.note_first_finding(&(event.time, event.event_id.clone()), first);
        }
        self.record_origin(event);
        if event.mark == EventMark::Denied {
            self.causes.record_event(event);
            self.denials.record_event(event);
        }
        for link in &event.links {
            self.links.update_entry(link, |ends| ends.insert(event.time, &event.event_id));
        }
        self.notables.record_event(event);
        self.event_ids.insert(event.time, &event.event_id);
    }

    fn note_first_finding(&mut self, point: &(Timestamp, String), first: &FirstFinding) {
        if self.first_finding.as_ref().is_none_or(|known| point < &known.0) {
            self.first_finding = Some(Box::new((point.clone(), first.clone())));
        }
    }

    /// Whether no call that IAM decides about was denied.
    pub(super) fn is_of_other_log(&self) -> bool {
        self.denials.elsewhere >= self.denied.count
    }

    /// The earliest finding, with its time and id.
    pub(super) fn first_finding(&self) -> Option<&((Timestamp, String), FirstFinding)> {
        self.first_finding.as_deref()
    }

    /// The memory of what ends like this; none for what others report, which is no call.
    fn memory_mut(&mut self, mark: EventMark) -> Option<&mut ActionMemory> {
        match mark {
            EventMark::Denied => Some(&mut self.denied),
            EventMark::Changed => Some(&mut self.changed),
            EventMark::Read => Some(&mut self.read),
            EventMark::Failed => Some(&mut self.failed),
            EventMark::Reported => None,
        }
    }

    /// What ended like this.
    pub(super) fn memory(&self, mark: EventMark) -> Option<&ActionMemory> {
        match mark {
            EventMark::Denied => Some(&self.denied),
            EventMark::Changed => Some(&self.changed),
            EventMark::Read => Some(&self.read),
            EventMark::Failed => Some(&self.failed),
            EventMark::Reported => None,
        }
    }

    fn record_rules(&mut self, event: &CaseEvent) {
        self.findings += event.rules.len() as u64;
        for rule in &event.rules {
            self.rules.update_entry(clip(&rule.id), |seen| {
                seen.record_rule(clip(&rule.name), rule);
            });
        }
    }

    fn record_origin(&mut self, event: &CaseEvent) {
        let now = SeenSpan::at_time(event.time.as_second());
        let who = &event.principal;
        let texts = [
            (&mut self.sources, &event.source),
            (&mut self.networks, &event.network),
            (&mut self.agents, &event.agent),
        ];
        for (known, value) in texts {
            let value = value.iter();
            value.for_each(|value| known.update_entry(clip(value), |span| span.merge_with(now)));
        }
        for (known, value) in
            [(&mut self.keys, &who.access_key), (&mut self.sessions, &who.session)]
        {
            let value = value.iter().filter(|value| !value.is_empty());
            value.for_each(|value| known.update_entry(clip(value), |span| span.merge_with(now)));
        }
        let is_heavy = event.notable.as_ref().is_some_and(|fact| fact.weight >= MARKING_WEIGHT);
        if event.mark == EventMark::Denied || is_heavy {
            who.access_key.iter().for_each(|key| self.marked_keys.insert(clip(key)));
        }
        self.record_session(event);
        if !event.region.is_empty() {
            self.regions.insert(clip(&event.region));
        }
        self.accounts.insert(clip(&event.account));
        who.invoked_by.iter().for_each(|by| self.passed_on_by.insert(clip(by)));
        event.stack.iter().for_each(|stack| self.stacks.insert(clip(stack)));
        event.measured.iter().for_each(|said| self.measures.insert(clip(said)));
    }

    /// Calls through an endpoint and calls that AWS passes on come from elsewhere as a rule.
    fn record_session(&mut self, event: &CaseEvent) {
        let who = &event.principal;
        let is_address = event.network.as_deref().is_some_and(|network| network.contains('/'));
        let is_direct = is_address && event.endpoint.is_none() && who.invoked_by.is_none();
        let is_direct = is_direct && !event.is_of_own_log;
        let instance = event.instance();
        let key = who.access_key.as_deref().filter(|key| key.starts_with("ASIA"));
        let Some(network) = event.network.as_deref().filter(|_| is_direct) else { return };
        let record = |seen: &mut SessionSeen| {
            seen.networks
                .update_entry(clip(network), |ends| ends.insert(event.time, &event.event_id));
        };
        match (instance, key) {
            (Some(instance), _) => self.instance_networks.update_entry(clip(instance), record),
            (None, Some(key)) => self.key_networks.update_entry(clip(key), record),
            (None, None) => {}
        }
    }

    /// Adds another part of the same principal's memory.
    pub(super) fn merge_with(&mut self, other: Self) {
        if other.earliest < self.earliest {
            self.principal = other.principal;
            self.earliest = other.earliest;
        }
        self.last = self.last.max(other.last);
        self.denied.merge_with(other.denied);
        self.changed.merge_with(other.changed);
        self.read.merge_with(other.read);
        self.failed.merge_with(other.failed);
        self.findings += other.findings;
        if let Some(first) = &other.first_finding {
            self.note_first_finding(&first.0, &first.1);
        }
        for (id, rule) in other.rules.iter() {
            self.rules.update_entry(id.as_str(), |mine| mine.merge_with(rule));
        }
        self.notables.merge_with(other.notables);
        for (link, ends) in other.links.iter() {
            self.links.update_entry(link, |mine| mine.merge_with(ends));
        }
        self.causes.merge_with(other.causes);
        self.keys.merge_spans(&other.keys);
        self.marked_keys.merge_with(other.marked_keys);
        self.sessions.merge_spans(&other.sessions);
        self.sources.merge_spans(&other.sources);
        self.networks.merge_spans(&other.networks);
        self.agents.merge_spans(&other.agents);
        for (instance, seen) in other.instance_networks.iter() {
            self.instance_networks.update_entry(instance.as_str(), |mine| mine.merge_with(seen));
        }
        for (key, seen) in other.key_networks.iter() {
            self.key_networks.update_entry(key.as_str(), |mine| mine.merge_with(seen));
        }
        self.regions.merge_with(other.regions);
        self.accounts.merge_with(other.accounts);
        self.passed_on_by.merge_with(other.passed_on_by);
        self.stacks.merge_with(other.stacks);
        self.measures.merge_with(other.measures);
        self.denials.merge_with(other.denials);
        self.reports.merge_with(&other.reports);
        self.event_ids.merge_with(&other.event_ids);
    }

    /// Roughly how many bytes it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        let memories = [&self.denied, &self.changed, &self.read, &self.failed];
        let actions: usize = memories.iter().map(|memory| memory.action_count().0).sum();
        let names =
            self.keys.len() + self.sessions.len() + self.sources.len() + self.networks.len();
        OWN_BYTES
            + ACTION_BYTES * actions
            + NAME_BYTES * names
            + NOTABLE_BYTES * self.notables.thing_count()
            + REMEDY_BYTES * self.denials.remedies.len()
    }

    /// How much would be lost with it: the quiet and harmless weigh least.
    pub(super) fn retention_weight(&self) -> usize {
        let notable: usize =
            self.notables.operations().map(|(_, fact, _)| 8 * usize::from(fact.weight)).sum();
        let denied = self.denied.action_count().0;
        denied + notable + 4 * usize::from(self.findings > 0)
    }

    /// The earliest event's time.
    pub(super) fn first(&self) -> Timestamp {
        self.earliest.0
    }

    /// The earliest event.
    pub(super) fn earliest(&self) -> &(Timestamp, String) {
        &self.earliest
    }
}

impl SessionSeen {
    fn merge_with(&mut self, other: &Self) {
        for (network, ends) in other.networks.iter() {
            self.networks.update_entry(network.as_str(), |mine| mine.merge_with(ends));
        }
    }
}
