//! Refusals between own hosts: sweeps, scans, and what lacks a rule.

use std::collections::BTreeMap;

use serde_json::Value;

use super::bounded::BoundedSums;
use super::host::HostTable;
use super::record::SumRecord;
use super::span::{FlowSpan, HOUR, PeerSpan, ServiceKey, TEN_MINUTES};
use crate::source::vpc_flow::class::{FIRST_CLIENT_PORT, Flow, is_admin_port};

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

/// What one host asked another for in vain.
#[derive(Clone, Copy, Debug)]
struct AskedSum {
    span: FlowSpan,
    /// Whether no packet of it began a connection.
    is_stray: bool,
}

/// What may be one sweep or scan, and how much speaks for it.
#[derive(Debug, Default)]
struct AskedGroup<T> {
    asked: Vec<T>,
    evidence: usize,
}

impl<T> AskedGroup<T> {
    fn add(&mut self, one: T, evidence: usize) {
        self.asked.push(one);
        self.evidence += evidence;
    }
}

/// Refusals between own hosts.
#[derive(Debug)]
pub(super) struct PairSums {
    refused: BoundedSums<PairKey, FlowSpan>,
    /// Packets that begin no connection: those of an honest host must not displace refusals.
    strays: BoundedSums<PairKey, FlowSpan>,
    /// Replies that a network ACL refuses, by the host that sends them and its port.
    answers: BoundedSums<ServiceKey, PeerSpan>,
    settings: BoundedSums<SettingKey, FlowSpan>,
}

impl Default for PairSums {
    fn default() -> Self {
        Self {
            refused: BoundedSums::with_limit(PAIRS),
            strays: BoundedSums::with_limit(PAIRS),
            answers: BoundedSums::with_limit(PEER_SUMS),
            settings: BoundedSums::with_limit(SETTINGS),
        }
    }
}

impl PairSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        self.refused.sum_mut(pair_of(flow), || FlowSpan::at(flow.time)).add(flow.time);
    }

    /// Adds a packet that begins no connection.
    pub(super) fn add_stray(&mut self, flow: &Flow) {
        self.strays.sum_mut(pair_of(flow), || FlowSpan::at(flow.time)).add(flow.time);
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
        self.refused.dropped()
            + self.strays.dropped()
            + self.answers.dropped()
            + self.settings.dropped()
    }

    pub(super) fn write_records(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        let mut left = self.all_asked();
        take_sweeps(&mut left, hosts, take);
        take_scans(&mut left, hosts, take);
        left.retain(|_, asked| !asked.is_stray);
        left.iter()
            .map(|(key, asked)| refused_record(key, &asked.span, hosts))
            .for_each(&mut *take);
        drop(left);
        self.write_answers(hosts, take);
        self.write_settings(hosts, take);
    }

    /// Refusals, and where there is none what began no connection.
    fn all_asked(&self) -> BTreeMap<PairKey, AskedSum> {
        let sum = |span: &FlowSpan, is_stray| AskedSum { span: *span, is_stray };
        let strays = self.strays.sorted().into_iter().map(|(key, span)| (*key, sum(span, true)));
        let mut all: BTreeMap<PairKey, AskedSum> = strays.collect();
        all.extend(self.refused.sorted().into_iter().map(|(key, span)| (*key, sum(span, false))));
        all
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

fn pair_of(flow: &Flow) -> PairKey {
    let window = flow.time.div_euclid(TEN_MINUTES);
    (window, flow.source, flow.destination, flow.port, flow.protocol)
}

/// One host that asks many for one port. What belongs to a sweep is taken out.
///
/// A host that was sent nothing but packets that begin no connection counts half: a client may send
/// some to each of the servers that it has just talked to, though rarely to forty at one port within
/// ten minutes.
fn take_sweeps(
    left: &mut BTreeMap<PairKey, AskedSum>,
    hosts: &HostTable,
    take: &mut dyn FnMut(Value),
) {
    let mut groups: BTreeMap<ServiceKey, AskedGroup<u128>> = BTreeMap::new();
    for ((window, source, destination, port, protocol), sum) in left.iter() {
        let group = groups.entry((*window, *source, *port, *protocol)).or_default();
        group.add(*destination, if sum.is_stray { 1 } else { 2 });
    }
    groups.retain(|_, group| group.evidence >= 2 * SWEEP);
    for ((window, source, port, protocol), AskedGroup { asked, .. }) in groups {
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
///
/// Packets that begin no connection count only if they go to ports that no client chooses. A busy server
/// sends late replies to a hundred ports of a load balancer or of a NAT gateway, which may be any from
/// 1024 on, and its own port may be any.
fn take_scans(
    left: &mut BTreeMap<PairKey, AskedSum>,
    hosts: &HostTable,
    take: &mut dyn FnMut(Value),
) {
    let mut groups: BTreeMap<(i64, u128, u128), AskedGroup<(u16, u8)>> = BTreeMap::new();
    for ((window, source, destination, port, protocol), sum) in left.iter() {
        let counts = !sum.is_stray || *port < FIRST_CLIENT_PORT;
        let group = groups.entry((*window, *source, *destination)).or_default();
        group.add((*port, *protocol), usize::from(counts));
    }
    groups.retain(|_, group| group.evidence >= SCAN);
    for ((window, source, destination), AskedGroup { asked: ports, .. }) in groups {
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

fn add_to(sum: &mut Option<FlowSpan>, asked: Option<AskedSum>) {
    match (sum.as_mut(), asked.map(|asked| asked.span)) {
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
