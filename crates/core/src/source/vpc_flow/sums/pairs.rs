//! Refusals between own hosts: sweeps, scans, and what lacks a rule.

use std::collections::BTreeMap;

use serde_json::Value;

use super::bounded::BoundedSums;
use super::host::HostTable;
use super::record::SumRecord;
use super::span::{FlowSpan, HOUR, PeerSpan, ServiceKey, TEN_MINUTES};
use crate::source::vpc_flow::class::{Flow, is_admin_port};

/// How many sums of each kind are remembered; those with peers are larger.
const PAIRS: usize = 131_072;
const PEER_SUMS: usize = 16_384;
const SETTINGS: usize = 65_536;
/// The longest reason that is kept, in bytes.
const MAX_REASON: usize = 64;
/// From how many hosts on it is a sweep, and from how many ports on a scan, within ten minutes.
const SWEEP: usize = 20;
const SCAN: usize = 50;

/// A host, another, a port and a protocol, within ten minutes.
type PairKey = (i64, u128, u128, u16, u8);

/// What a setting of the VPC refuses: the hour, a host, another, and the reason.
type SettingKey = (i64, u128, u128, String);

/// Refusals between own hosts.
#[derive(Debug)]
pub(super) struct PairSums {
    refused: BoundedSums<PairKey, FlowSpan>,
    /// Answers that a network ACL refuses, by the host that answers and its port.
    answers: BoundedSums<ServiceKey, PeerSpan>,
    settings: BoundedSums<SettingKey, FlowSpan>,
}

impl Default for PairSums {
    fn default() -> Self {
        Self {
            refused: BoundedSums::with_limit(PAIRS),
            answers: BoundedSums::with_limit(PEER_SUMS),
            settings: BoundedSums::with_limit(SETTINGS),
        }
    }
}

impl PairSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        let window = flow.time.div_euclid(TEN_MINUTES);
        let key = (window, flow.source, flow.destination, flow.port, flow.protocol);
        self.refused.sum_mut(key, || FlowSpan::at(flow.time)).add(flow.time);
    }

    pub(super) fn add_answer(&mut self, flow: &Flow) {
        let window = flow.time.div_euclid(TEN_MINUTES);
        let key = (window, flow.source, flow.source_port, flow.protocol);
        self.answers.sum_mut(key, || PeerSpan::at(flow.time)).add(flow.time, flow.destination);
    }

    pub(super) fn add_setting(&mut self, flow: &Flow, reason: &[u8]) {
        let window = flow.time.div_euclid(HOUR);
        let reason = String::from_utf8_lossy(reason.get(..MAX_REASON).unwrap_or(reason));
        let key = (window, flow.source, flow.destination, reason.into_owned());
        self.settings.sum_mut(key, || FlowSpan::at(flow.time)).add(flow.time);
    }

    /// Of how many flows the sums were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.refused.dropped() + self.answers.dropped() + self.settings.dropped()
    }

    pub(super) fn write_records(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        let mut left: BTreeMap<PairKey, FlowSpan> =
            self.refused.sorted().into_iter().map(|(key, span)| (*key, *span)).collect();
        take_sweeps(&mut left, hosts, take);
        take_scans(&mut left, hosts, take);
        left.iter().map(|(key, span)| refused_record(key, span, hosts)).for_each(&mut *take);
        drop(left);
        self.write_answers(hosts, take);
        self.write_settings(hosts, take);
    }

    fn write_answers(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        let record = |((_, source, port, protocol), peers): (&ServiceKey, &PeerSpan)| {
            let span = peers.span();
            SumRecord::new("refused-answer", &hosts.of(*source), span.first, span.last)
                .with_source(*source)
                .with_peers(peers)
                .service(*port, *protocol)
                .flows(span.flows)
                .finish()
        };
        self.answers.sorted().into_iter().map(record).for_each(take);
    }

    fn write_settings(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        let record = |((_, source, destination, reason), span): (&SettingKey, &FlowSpan)| {
            SumRecord::new("refused-by-setting", &hosts.of(*source), span.first, span.last)
                .with_source(*source)
                .with_target(*destination)
                .with("reason", reason.as_str())
                .flows(span.flows)
                .finish()
        };
        self.settings.sorted().into_iter().map(record).for_each(take);
    }
}

/// One host that asks many for one port. What belongs to a sweep is taken out.
fn take_sweeps(
    left: &mut BTreeMap<PairKey, FlowSpan>,
    hosts: &HostTable,
    take: &mut dyn FnMut(Value),
) {
    let mut groups: BTreeMap<ServiceKey, Vec<u128>> = BTreeMap::new();
    for (window, source, destination, port, protocol) in left.keys() {
        groups.entry((*window, *source, *port, *protocol)).or_default().push(*destination);
    }
    groups.retain(|_, hosts| hosts.len() >= SWEEP);
    for ((window, source, port, protocol), asked) in groups {
        let mut sum: Option<FlowSpan> = None;
        for destination in &asked {
            add_to(&mut sum, left.remove(&(window, source, *destination, port, protocol)));
        }
        let Some(sum) = sum else { continue };
        let record = SumRecord::new("sweep", &hosts.of(source), sum.first, sum.last)
            .with_source(source)
            .with_targets(asked.iter().copied(), asked.len() as u64)
            .service(port, protocol)
            .with("is_admin_port", is_admin_port(port))
            .flows(sum.flows);
        take(record.finish());
    }
}

/// One host that asks another for many ports.
fn take_scans(
    left: &mut BTreeMap<PairKey, FlowSpan>,
    hosts: &HostTable,
    take: &mut dyn FnMut(Value),
) {
    let mut groups: BTreeMap<(i64, u128, u128), Vec<(u16, u8)>> = BTreeMap::new();
    for (window, source, destination, port, protocol) in left.keys() {
        groups.entry((*window, *source, *destination)).or_default().push((*port, *protocol));
    }
    groups.retain(|_, ports| ports.len() >= SCAN);
    for ((window, source, destination), ports) in groups {
        let mut sum: Option<FlowSpan> = None;
        for (port, protocol) in &ports {
            add_to(&mut sum, left.remove(&(window, source, destination, *port, *protocol)));
        }
        let Some(sum) = sum else { continue };
        let record = SumRecord::new("port-scan", &hosts.of(source), sum.first, sum.last)
            .with_source(source)
            .with_target(destination)
            .ports(ports.iter().map(|(port, _)| *port), ports.len() as u64)
            .flows(sum.flows);
        take(record.finish());
    }
}

fn add_to(sum: &mut Option<FlowSpan>, span: Option<FlowSpan>) {
    match (sum.as_mut(), span) {
        (Some(sum), Some(span)) => sum.merge_with(&span),
        (None, span) => *sum = span,
        (Some(_), None) => {}
    }
}

/// What one host asked another for in vain, and is neither a sweep nor a scan.
fn refused_record(key: &PairKey, span: &FlowSpan, hosts: &HostTable) -> Value {
    let (_, source, destination, port, protocol) = *key;
    let other = hosts.of(destination);
    let mut record = SumRecord::new("refused-inside", &hosts.of(source), span.first, span.last)
        .with_source(source)
        .with_target(destination)
        .service(port, protocol)
        .flows(span.flows);
    for (name, id) in [("dst_interface_id", other.interface), ("dst_instance_id", other.instance)] {
        if !id.is_empty() {
            record = record.with(name, id);
        }
    }
    record.finish()
}
