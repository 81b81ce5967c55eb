//! What the outside asks of own hosts: who probes and then gets in, and who guesses.

use serde_json::Value;

use super::bounded::{BoundedSums, WeighedSum};
use super::host::HostTable;
use super::record::SumRecord;
use super::span::{FlowSpan, HOUR};
use crate::source::vpc_flow::class::{EPHEMERAL, Flow};

/// How many pairs of a source and a host are remembered, of those refused and of those let in.
const PAIRS: usize = 131_072;
/// From how many refusals on a source probes a host.
const PROBES: u64 = 20;
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
    refused: BoundedSums<ContactKey, FlowSpan>,
    accepted: BoundedSums<ContactKey, AcceptedSum>,
}

impl Default for InwardSums {
    fn default() -> Self {
        Self { refused: BoundedSums::with_limit(PAIRS), accepted: BoundedSums::with_limit(PAIRS) }
    }
}

impl InwardSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        self.refused.sum_mut(key_of(flow), || FlowSpan::at(flow.time)).add(flow.time);
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

    /// Of how many flows the sums were dropped. The background has all that were refused.
    pub(super) fn dropped(&self) -> u64 {
        self.accepted.dropped()
    }

    pub(super) fn write_records(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        for (key, refused) in self.refused.sorted() {
            if refused.flows >= PROBES {
                take(self.probe_record(key, refused, hosts));
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
        self.refused.get(key).is_some_and(|refused| is_probed_before(refused, sum))
    }

    fn probe_record(&self, key: &ContactKey, refused: &FlowSpan, hosts: &HostTable) -> Value {
        match self.accepted.get(key).filter(|sum| is_probed_before(refused, sum)) {
            Some(sum) => {
                let (_, _, port, protocol) = sum.largest;
                let mut span = *refused;
                span.merge_with(&sum.span);
                record_of("probed-then-accepted", key, &span, hosts)
                    .flows(refused.flows)
                    .service(port, protocol)
                    .with("bytes_in", sum.bytes)
                    .finish()
            }
            None => record_of("probed", key, refused, hosts).flows(refused.flows).finish(),
        }
    }
}

fn is_probed_before(refused: &FlowSpan, sum: &AcceptedSum) -> bool {
    refused.flows >= PROBES && sum.bytes >= TALK && sum.span.last > refused.first
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
