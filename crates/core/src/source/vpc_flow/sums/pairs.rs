//! Refusals between own hosts: sweeps, scans, and what lacks a rule.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::host::HostTable;
use super::record::{NAMED, SumRecord};
use super::window::{HOUR, TEN_MINUTES};
use crate::source::vpc_flow::class::{Flow, is_admin_port};

/// How many pairs are remembered in each kind of sum.
const PAIRS: usize = 262_144;
/// From how many hosts on it is a sweep, and from how many ports on a scan, within ten minutes.
const SWEEP: usize = 20;
const SCAN: usize = 50;

/// A host, another, a port and a protocol, within ten minutes.
type PairKey = (i64, u128, u128, u16, u8);

/// How often, and the first and last time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) flows: u64,
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Seen {
    pub(super) fn at(time: i64) -> Self {
        Self { flows: 0, first: time, last: time }
    }

    pub(super) fn add(&mut self, time: i64) {
        self.flows += 1;
        (self.first, self.last) = (self.first.min(time), self.last.max(time));
    }

    pub(super) fn merge_with(&mut self, other: &Self) {
        self.flows += other.flows;
        (self.first, self.last) = (self.first.min(other.first), self.last.max(other.last));
    }
}

/// How often, and with whom.
#[derive(Clone, Debug)]
pub(super) struct SeenPeers {
    pub(super) seen: Seen,
    /// The first peers, up to as many as a record names.
    pub(super) named: BTreeSet<u128>,
    /// How many flows were with others.
    pub(super) more: u64,
}

impl SeenPeers {
    pub(super) fn at(time: i64) -> Self {
        Self { seen: Seen::at(time), named: BTreeSet::new(), more: 0 }
    }

    pub(super) fn add(&mut self, time: i64, peer: u128) {
        self.seen.add(time);
        if self.named.len() < NAMED {
            self.named.insert(peer);
        } else if !self.named.contains(&peer) {
            self.more += 1;
        }
    }

    /// How many peers there are, at most.
    pub(super) fn count(&self) -> u64 {
        self.named.len() as u64 + self.more
    }
}

/// A host, a port and a protocol, within ten minutes.
pub(super) type ServiceKey = (i64, u128, u16, u8);

/// Refusals between own hosts.
#[derive(Debug, Default)]
pub(super) struct PairSums {
    refused: HashMap<PairKey, Seen>,
    /// Answers that a network ACL refuses, by the host that answers and its port.
    answers: HashMap<ServiceKey, SeenPeers>,
    /// What a setting of the VPC refuses, by hour and reason.
    settings: BTreeMap<(i64, u128, u128, String), Seen>,
    /// Refusals of pairs beyond the limit.
    dropped: u64,
}

impl PairSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        let window = flow.time.div_euclid(TEN_MINUTES);
        let key = (window, flow.source, flow.destination, flow.port, flow.protocol);
        if self.refused.len() >= PAIRS && !self.refused.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        self.refused.entry(key).or_insert_with(|| Seen::at(flow.time)).add(flow.time);
    }

    pub(super) fn add_answer(&mut self, flow: &Flow) {
        let window = flow.time.div_euclid(TEN_MINUTES);
        let key = (window, flow.source, flow.source_port, flow.protocol);
        if self.answers.len() >= PAIRS && !self.answers.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        let new = || SeenPeers::at(flow.time);
        self.answers.entry(key).or_insert_with(new).add(flow.time, flow.destination);
    }

    pub(super) fn add_setting(&mut self, flow: &Flow, reason: &[u8]) {
        let window = flow.time.div_euclid(HOUR);
        let reason = String::from_utf8_lossy(reason).into_owned();
        let key = (window, flow.source, flow.destination, reason);
        if self.settings.len() >= PAIRS && !self.settings.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        self.settings.entry(key).or_insert_with(|| Seen::at(flow.time)).add(flow.time);
    }

    pub(super) fn to_records(&self, hosts: &HostTable) -> Vec<Value> {
        let mut left: BTreeMap<PairKey, Seen> =
            self.refused.iter().map(|(key, seen)| (*key, *seen)).collect();
        let mut all = take_sweeps(&mut left, hosts);
        all.extend(take_scans(&mut left, hosts));
        all.extend(left.iter().map(|(key, seen)| refused_record(key, seen, hosts)));
        all.extend(self.answer_records(hosts));
        all.extend(self.setting_records(hosts));
        if self.dropped > 0
            && let Some((window, ..)) = self.refused.keys().min()
        {
            let host = hosts.of(0);
            let at = window * TEN_MINUTES;
            all.push(SumRecord::new("too-many-pairs", &host, at, at).flows(self.dropped).finish());
        }
        all
    }

    fn answer_records(&self, hosts: &HostTable) -> Vec<Value> {
        let sorted: BTreeMap<&ServiceKey, &SeenPeers> = self.answers.iter().collect();
        let record = |((_, source, port, protocol), peers): (&ServiceKey, &SeenPeers)| {
            let seen = peers.seen;
            SumRecord::new("refused-answer", &hosts.of(*source), seen.first, seen.last)
                .with_source(*source)
                .with_targets(peers.named.iter().copied(), peers.count())
                .service(*port, *protocol)
                .flows(seen.flows)
                .finish()
        };
        sorted.into_iter().map(record).collect()
    }

    fn setting_records(&self, hosts: &HostTable) -> Vec<Value> {
        let record =
            |((_, source, destination, reason), seen): (&(i64, u128, u128, String), &Seen)| {
                let own = hosts.of(*source);
                SumRecord::new("refused-by-setting", &own, seen.first, seen.last)
                    .with_source(*source)
                    .with_target(*destination)
                    .with("reason", reason.as_str())
                    .flows(seen.flows)
                    .finish()
            };
        self.settings.iter().map(record).collect()
    }
}

/// One host that asks many for one port. What belongs to a sweep is taken out.
fn take_sweeps(left: &mut BTreeMap<PairKey, Seen>, hosts: &HostTable) -> Vec<Value> {
    let mut groups: BTreeMap<ServiceKey, Vec<u128>> = BTreeMap::new();
    for (window, source, destination, port, protocol) in left.keys() {
        groups.entry((*window, *source, *port, *protocol)).or_default().push(*destination);
    }
    groups.retain(|_, hosts| hosts.len() >= SWEEP);
    let mut records = Vec::new();
    for ((window, source, port, protocol), asked) in groups {
        let mut sum: Option<Seen> = None;
        for destination in &asked {
            let seen = left.remove(&(window, source, *destination, port, protocol));
            add_to(&mut sum, seen);
        }
        let Some(sum) = sum else { continue };
        let record = SumRecord::new("sweep", &hosts.of(source), sum.first, sum.last)
            .with_source(source)
            .with_targets(asked.iter().copied(), asked.len() as u64)
            .service(port, protocol)
            .with("is_admin_port", is_admin_port(port))
            .flows(sum.flows);
        records.push(record.finish());
    }
    records
}

/// One host that asks another for many ports.
fn take_scans(left: &mut BTreeMap<PairKey, Seen>, hosts: &HostTable) -> Vec<Value> {
    let mut groups: BTreeMap<(i64, u128, u128), Vec<(u16, u8)>> = BTreeMap::new();
    for (window, source, destination, port, protocol) in left.keys() {
        groups.entry((*window, *source, *destination)).or_default().push((*port, *protocol));
    }
    groups.retain(|_, ports| ports.len() >= SCAN);
    let mut records = Vec::new();
    for ((window, source, destination), ports) in groups {
        let mut sum: Option<Seen> = None;
        for (port, protocol) in &ports {
            add_to(&mut sum, left.remove(&(window, source, destination, *port, *protocol)));
        }
        let Some(sum) = sum else { continue };
        let record = SumRecord::new("port-scan", &hosts.of(source), sum.first, sum.last)
            .with_source(source)
            .with_target(destination)
            .ports(ports.iter().map(|(port, _)| *port), ports.len() as u64)
            .flows(sum.flows);
        records.push(record.finish());
    }
    records
}

fn add_to(sum: &mut Option<Seen>, seen: Option<Seen>) {
    match (sum.as_mut(), seen) {
        (Some(sum), Some(seen)) => sum.merge_with(&seen),
        (None, seen) => *sum = seen,
        (Some(_), None) => {}
    }
}

/// What one host asked another for in vain, and is neither a sweep nor a scan.
fn refused_record(key: &PairKey, seen: &Seen, hosts: &HostTable) -> Value {
    let (_, source, destination, port, protocol) = *key;
    let other = hosts.of(destination);
    let mut record = SumRecord::new("refused-inside", &hosts.of(source), seen.first, seen.last)
        .with_source(source)
        .with_target(destination)
        .service(port, protocol)
        .flows(seen.flows);
    for (name, id) in [("dst_interface_id", other.interface), ("dst_instance_id", other.instance)] {
        if !id.is_empty() {
            record = record.with(name, id);
        }
    }
    record.finish()
}
