//! What own hosts ask of the outside: refused, let through to watched ports, and much of it.

use serde_json::Value;

use super::bounded::{BoundedSums, WeighedSum};
use super::host::HostTable;
use super::record::SumRecord;
use super::span::{FlowSpan, HOUR, PeerSpan, ServiceKey, TEN_MINUTES};
use crate::source::vpc_flow::class::{Flow, watched_for};

/// How many sums of each kind are remembered; those with peers are larger.
const SUMS: usize = 65_536;
const PEER_SUMS: usize = 16_384;
/// From how many bytes an hour to one peer on it is much, and how large a flow is that counts.
const MUCH: u64 = 1_000_000_000;
const LARGE_FLOW: u64 = 1 << 20;

/// A host, the other end, a port and a protocol, within an hour.
type PeerServiceKey = (i64, u128, u128, u16, u8);

/// Bytes that went one way.
#[derive(Clone, Copy, Debug)]
struct ByteSum {
    span: FlowSpan,
    bytes: u64,
}

impl ByteSum {
    fn at(time: i64) -> Self {
        Self { span: FlowSpan::at(time), bytes: 0 }
    }

    fn add(&mut self, flow: &Flow) {
        self.span.add(flow.time);
        self.bytes = self.bytes.saturating_add(flow.bytes);
    }
}

/// Large flows to one peer, and the service of most of their bytes.
#[derive(Clone, Debug)]
struct PeerUpload {
    sum: ByteSum,
    /// The largest flow: its bytes, port and protocol.
    largest: (u64, u16, u8),
}

impl WeighedSum for ByteSum {
    fn weight(&self) -> u64 {
        self.bytes
    }

    fn flows(&self) -> u64 {
        self.span.flows
    }
}

impl WeighedSum for PeerUpload {
    fn weight(&self) -> u64 {
        self.sum.bytes
    }

    fn flows(&self) -> u64 {
        self.sum.span.flows
    }
}

/// Sums of what goes out.
#[derive(Debug)]
pub(super) struct OutwardSums {
    refused: BoundedSums<ServiceKey, PeerSpan>,
    /// What went to a watched port, and what came back from one.
    sent: BoundedSums<PeerServiceKey, ByteSum>,
    received: BoundedSums<PeerServiceKey, ByteSum>,
    large: BoundedSums<(i64, u128, u128), PeerUpload>,
}

impl Default for OutwardSums {
    fn default() -> Self {
        Self {
            refused: BoundedSums::with_limit(PEER_SUMS),
            sent: BoundedSums::with_limit(SUMS),
            received: BoundedSums::with_limit(SUMS),
            large: BoundedSums::with_limit(SUMS),
        }
    }
}

impl OutwardSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        let key = (flow.time.div_euclid(TEN_MINUTES), flow.source, flow.port, flow.protocol);
        self.refused.sum_mut(key, || PeerSpan::at(flow.time)).add(flow.time, flow.destination);
    }

    pub(super) fn add_accepted(&mut self, flow: &Flow) {
        let hour = flow.time.div_euclid(HOUR);
        if watched_for(flow.port).is_some() {
            let key = (hour, flow.source, flow.destination, flow.port, flow.protocol);
            self.sent.sum_mut(key, || ByteSum::at(flow.time)).add(flow);
        }
        if flow.bytes >= LARGE_FLOW {
            let new = || PeerUpload { sum: ByteSum::at(flow.time), largest: (0, 0, 0) };
            let upload = self.large.sum_mut((hour, flow.source, flow.destination), new);
            upload.sum.add(flow);
            upload.largest = upload.largest.max((flow.bytes, flow.port, flow.protocol));
        }
    }

    /// What comes back from a watched port.
    pub(super) fn add_answer(&mut self, flow: &Flow) {
        if watched_for(flow.source_port).is_some() {
            let hour = flow.time.div_euclid(HOUR);
            let key = (hour, flow.destination, flow.source, flow.source_port, flow.protocol);
            self.received.sum_mut(key, || ByteSum::at(flow.time)).add(flow);
        }
    }

    /// Of how many flows the sums were dropped. Anybody outside may send from a watched port, so that
    /// what came back does not count.
    pub(super) fn dropped(&self) -> u64 {
        self.refused.dropped() + self.sent.dropped() + self.large.dropped()
    }

    pub(super) fn write_records(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        self.write_refused(hosts, take);
        self.write_watched(hosts, take);
        self.write_large(hosts, take);
    }

    fn write_refused(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        let record = |((_, source, port, protocol), peers): (&ServiceKey, &PeerSpan)| {
            let span = peers.span();
            let record =
                SumRecord::new("refused-outward", &hosts.of(*source), span.first, span.last)
                    .with_source(*source)
                    .with_peers(peers)
                    .service(*port, *protocol)
                    .flows(span.flows);
            watched(record, *port).finish()
        };
        self.refused.sorted().into_iter().map(record).for_each(take);
    }

    fn write_watched(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        let record = |(key, sent): (&PeerServiceKey, &ByteSum)| {
            let (_, source, peer, port, protocol) = *key;
            let received = self.received.get(key);
            let mut span = sent.span;
            received.into_iter().for_each(|sum| span.merge_with(&sum.span));
            let record = SumRecord::new("watched-port", &hosts.of(source), span.first, span.last)
                .with_source(source)
                .with_target(peer)
                .service(port, protocol)
                .flows(span.flows)
                .with("bytes_out", sent.bytes)
                .with("bytes_in", received.map_or(0, |sum| sum.bytes));
            watched(record, port).finish()
        };
        self.sent.sorted().into_iter().map(record).for_each(take);
    }

    fn write_large(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        let large = self.large.sorted().into_iter().filter(|(_, upload)| upload.sum.bytes >= MUCH);
        let record = |((_, source, peer), upload): (&(i64, u128, u128), &PeerUpload)| {
            let ((_, port, protocol), ByteSum { span, bytes }) = (upload.largest, upload.sum);
            SumRecord::new("large-upload", &hosts.of(*source), span.first, span.last)
                .with_source(*source)
                .with_target(*peer)
                .service(port, protocol)
                .flows(span.flows)
                .with("bytes_out", bytes)
                .finish()
        };
        large.map(record).for_each(take);
    }
}

fn watched(record: SumRecord, port: u16) -> SumRecord {
    match watched_for(port) {
        Some(what) => record.with("watched_for", what),
        None => record,
    }
}
