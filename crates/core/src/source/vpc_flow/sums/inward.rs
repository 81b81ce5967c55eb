//! What the outside asks of own hosts: who probes and then gets in, and who guesses.

use serde_json::Value;

use super::bounded::{BoundedSums, WeighedSum};
use super::host::HostTable;
use super::probe::{ProbeSum, StraySum};
use super::record::SumRecord;
use super::span::{FlowSpan, HOUR};
use crate::source::vpc_flow::class::{EPHEMERAL, FIRST_CLIENT_PORT, Flow};

/// How many pairs of a source and a host are remembered, of those refused and of those let in.
const PAIRS: usize = 131_072;
/// How many bytes let in after that are more than a greeting.
const TALK: u64 = 4_096;
/// From how many short connections an hour on somebody may be guessing, and what is short.
const GUESSES: u64 = 8;
/// Ports of web servers, which let everybody in.
const WEB: [u16; 2] = [80, 443];
/// How many sources are named that were let in elsewhere.
const LET_IN: usize = 2_000;
const SHORT_BYTES: u64 = 10_000;
const SHORT_PACKETS: u64 = 60;

/// An hour, a source outside, and an own host.
type ContactKey = (i64, u128, u128);

/// What a host let a source do within an hour.
#[derive(Clone, Copy, Debug)]
struct AcceptedSum {
    span: FlowSpan,
    bytes: u64,
    /// Of these, bytes to other ports than those of web servers.
    other_bytes: u64,
    /// The flow that counts most: whether it is to another port than those of web servers, its
    /// bytes, port and protocol.
    largest: (bool, u64, u16, u8),
    /// Short connections to a port where people sign in, and the highest of these.
    short: u64,
    guessed_port: u16,
}

impl AcceptedSum {
    fn at(time: i64) -> Self {
        Self {
            span: FlowSpan::at(time),
            bytes: 0,
            other_bytes: 0,
            largest: (false, 0, 0, 0),
            short: 0,
            guessed_port: 0,
        }
    }
}

impl WeighedSum for AcceptedSum {
    fn weight(&self) -> u64 {
        self.bytes.saturating_add(self.short.saturating_mul(SHORT_BYTES))
    }

    fn flows(&self) -> u64 {
        self.span.flows
    }
}

/// Sums of what comes in. Refusals have a table of their own: anybody can cause them with addresses
/// that are not theirs.
#[derive(Debug)]
pub(super) struct InwardSums {
    probes: BoundedSums<ContactKey, ProbeSum>,
    accepted: BoundedSums<ContactKey, AcceptedSum>,
}

impl Default for InwardSums {
    fn default() -> Self {
        Self { probes: BoundedSums::with_limit(PAIRS), accepted: BoundedSums::with_limit(PAIRS) }
    }
}

impl InwardSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        self.probes.sum_mut(key_of(flow), ProbeSum::default).add_refused(flow.time);
    }

    /// Adds a packet that begins no connection, unless it may be the late reply of a server to an own
    /// client: from the port of a service to one that a NAT gateway chooses, or to one that any client
    /// does.
    pub(super) fn add_stray(&mut self, flow: &Flow) {
        let is_from_service = flow.source_port < EPHEMERAL;
        let first = if is_from_service { FIRST_CLIENT_PORT } else { EPHEMERAL };
        if flow.port < first {
            self.probes.sum_mut(key_of(flow), ProbeSum::default).add_stray(flow);
        }
    }

    /// The packets that begin no connection, by source and host, where the source probes the host.
    pub(super) fn probing_strays(&self) -> impl Iterator<Item = (u128, u128, &StraySum)> {
        self.probes.sorted().into_iter().filter_map(|((_, source, host), probe)| {
            probe.probing_span()?;
            Some((*source, *host, probe.strays()?))
        })
    }

    pub(super) fn add_accepted(&mut self, flow: &Flow) {
        let is_guess = matches!(flow.port, 22 | 3389)
            && flow.bytes <= SHORT_BYTES
            && flow.packets <= SHORT_PACKETS;
        // To a port that a client chose: the answer to what an own host asked.
        let is_answer = flow.port >= EPHEMERAL;
        if is_answer || !is_guess && flow.bytes < TALK {
            return;
        }
        let sum = self.accepted.sum_mut(key_of(flow), || AcceptedSum::at(flow.time));
        sum.span.add(flow.time);
        if is_guess {
            sum.short += 1;
            sum.guessed_port = sum.guessed_port.max(flow.port);
        }
        let is_other = !WEB.contains(&flow.port);
        sum.bytes = sum.bytes.saturating_add(flow.bytes);
        if is_other {
            sum.other_bytes = sum.other_bytes.saturating_add(flow.bytes);
        }
        sum.largest = sum.largest.max((is_other, flow.bytes, flow.port, flow.protocol));
    }

    /// Of how many flows the sums were dropped. The background has all refusals, but who probed with
    /// those that were dropped is lost.
    pub(super) fn dropped(&self) -> u64 {
        self.probes.dropped() + self.accepted.dropped()
    }

    pub(super) fn write_records(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        for (key, probe) in self.probes.sorted() {
            if let Some(span) = probe.probing_span() {
                take(self.probe_record(key, &span, hosts));
            }
        }
        let mut let_in: Vec<(u64, &ContactKey, &AcceptedSum)> = Vec::new();
        for (key, sum) in self.accepted.sorted() {
            if sum.short >= GUESSES {
                let guesses = record_of("guesses", key, &sum.span, hosts).flows(sum.short);
                take(guesses.service(sum.guessed_port, 6).finish());
            } else if sum.other_bytes >= TALK && !self.is_probed_before(key, sum) {
                let_in.push((sum.other_bytes, key, sum));
            }
        }
        // Whoever talked most matters most.
        let_in.sort_by_key(|(bytes, ..)| std::cmp::Reverse(*bytes));
        for (bytes, key, sum) in let_in.into_iter().take(LET_IN) {
            let (_, _, port, protocol) = sum.largest;
            let entry = record_of("let-in", key, &sum.span, hosts).flows(1);
            take(entry.service(port, protocol).with("bytes_in", bytes).finish());
        }
    }

    /// Whether a source was let in after it had probed.
    fn is_probed_before(&self, key: &ContactKey, sum: &AcceptedSum) -> bool {
        let probing = self.probes.get(key).and_then(ProbeSum::probing_span);
        probing.is_some_and(|probing| talked_after(&probing, sum))
    }

    fn probe_record(&self, key: &ContactKey, probing: &FlowSpan, hosts: &HostTable) -> Value {
        match self.accepted.get(key).filter(|sum| talked_after(probing, sum)) {
            Some(sum) => {
                let (_, _, port, protocol) = sum.largest;
                let mut span = *probing;
                span.merge_with(&sum.span);
                record_of("probed-then-accepted", key, &span, hosts)
                    .flows(probing.flows)
                    .service(port, protocol)
                    .with("bytes_in", sum.bytes)
                    .finish()
            }
            None => record_of("probed", key, probing, hosts).flows(probing.flows).finish(),
        }
    }
}

/// Whether a source that probed was then let in.
fn talked_after(probing: &FlowSpan, sum: &AcceptedSum) -> bool {
    sum.bytes >= TALK && sum.span.last > probing.first
}

fn key_of(flow: &Flow) -> ContactKey {
    (flow.time.div_euclid(HOUR), flow.source, flow.destination)
}

fn record_of(kind: &str, key: &ContactKey, span: &FlowSpan, hosts: &HostTable) -> SumRecord {
    let (_, source, host) = *key;
    SumRecord::new(kind, &hosts.of(host), span.first, span.last)
        .with_source(source)
        .with_target(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::vpc_flow::class::{FlowPath, Verdict};

    fn probe(source: u128, port: u16) -> Flow {
        Flow {
            path: FlowPath::Inward,
            source,
            destination: 1,
            source_port: 50_000,
            port,
            protocol: 6,
            packets: 1,
            bytes: 40,
            time: 0,
            verdict: Verdict::Refused,
        }
    }

    fn probed(sums: &InwardSums) -> Vec<u64> {
        let mut flows = Vec::new();
        sums.write_records(&HostTable::default(), &mut |record| {
            flows.extend(record["flows"].as_u64());
        });
        flows
    }

    /// The dropped sums may include somebody who probes, so they are reported.
    #[test]
    fn probes_that_are_dropped_are_counted() {
        let accepted = BoundedSums::with_limit(PAIRS);
        let mut sums = InwardSums { probes: BoundedSums::with_limit(4), accepted };
        (1..=21).for_each(|port| sums.add_refused(&probe(1, port)));
        (2..=4).for_each(|source| sums.add_refused(&probe(source, 22)));
        assert_eq!(sums.dropped(), 0);
        sums.add_stray(&probe(5, 22));
        assert_eq!((sums.dropped(), probed(&sums)), (3, vec![21]));
    }

    /// Packets that begin no connection count once for each port, however many there are.
    #[test]
    fn strays_are_probes_by_port() {
        let mut sums = InwardSums::default();
        (0..500).for_each(|n| sums.add_stray(&probe(1, if n % 2 == 0 { 80 } else { 443 })));
        (0..17).for_each(|_| sums.add_refused(&probe(1, 22)));
        assert_eq!(probed(&sums), Vec::<u64>::new());
        sums.add_stray(&probe(1, 22));
        assert_eq!(probed(&sums), [518]);
        // Refusals that suffice are told alone.
        (0..3).for_each(|_| sums.add_refused(&probe(1, 22)));
        assert_eq!(probed(&sums), [20]);
    }
}
