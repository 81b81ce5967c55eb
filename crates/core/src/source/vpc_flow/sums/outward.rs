//! What own hosts ask of the outside: refused, let through to watched ports, and much of it.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::host::HostTable;
use super::pairs::{Seen, SeenPeers, ServiceKey};
use super::record::SumRecord;
use super::window::{HOUR, TEN_MINUTES};
use crate::source::vpc_flow::class::{Flow, watched_for};

/// How many sums of each kind are remembered.
const SUMS: usize = 131_072;
/// From how many bytes an hour to one peer on it is much, and how large a flow is that counts.
const MUCH: u64 = 1_000_000_000;
const LARGE_FLOW: u64 = 1 << 20;

/// Bytes between a host and a watched port, in both directions.
#[derive(Clone, Copy, Debug)]
struct Exchange {
    seen: Seen,
    sent: u64,
    received: u64,
}

/// Large flows to one peer.
#[derive(Clone, Copy, Debug)]
struct Upload {
    seen: Seen,
    bytes: u64,
    port: u16,
    protocol: u8,
}

/// Sums of what goes out.
#[derive(Debug, Default)]
pub(super) struct OutwardSums {
    refused: HashMap<ServiceKey, SeenPeers>,
    watched: HashMap<(i64, u128, u128, u16, u8), Exchange>,
    large: HashMap<(i64, u128, u128), Upload>,
}

impl OutwardSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        let key = (flow.time.div_euclid(TEN_MINUTES), flow.source, flow.port, flow.protocol);
        if self.refused.len() >= SUMS && !self.refused.contains_key(&key) {
            return;
        }
        let new = || SeenPeers::at(flow.time);
        self.refused.entry(key).or_insert_with(new).add(flow.time, flow.destination);
    }

    pub(super) fn add_accepted(&mut self, flow: &Flow) {
        let hour = flow.time.div_euclid(HOUR);
        if watched_for(flow.port).is_some() {
            let key = (hour, flow.source, flow.destination, flow.port, flow.protocol);
            self.exchange(key, flow, |exchange| exchange.sent += flow.bytes);
        }
        let key = (hour, flow.source, flow.destination);
        let has_room = self.large.len() < SUMS || self.large.contains_key(&key);
        if flow.bytes >= LARGE_FLOW && has_room {
            let (port, protocol) = (flow.port, flow.protocol);
            let new = || Upload { seen: Seen::at(flow.time), bytes: 0, port, protocol };
            let upload = self.large.entry(key).or_insert_with(new);
            upload.seen.add(flow.time);
            upload.bytes = upload.bytes.saturating_add(flow.bytes);
        }
    }

    /// What comes back from a watched port.
    pub(super) fn add_answer(&mut self, flow: &Flow) {
        if watched_for(flow.source_port).is_some() {
            let hour = flow.time.div_euclid(HOUR);
            let key = (hour, flow.destination, flow.source, flow.source_port, flow.protocol);
            if self.watched.contains_key(&key) {
                self.exchange(key, flow, |exchange| exchange.received += flow.bytes);
            }
        }
    }

    fn exchange(
        &mut self,
        key: (i64, u128, u128, u16, u8),
        flow: &Flow,
        add: impl FnOnce(&mut Exchange),
    ) {
        if self.watched.len() >= SUMS && !self.watched.contains_key(&key) {
            return;
        }
        let new = || Exchange { seen: Seen::at(flow.time), sent: 0, received: 0 };
        let exchange = self.watched.entry(key).or_insert_with(new);
        exchange.seen.add(flow.time);
        add(exchange);
    }

    pub(super) fn to_records(&self, hosts: &HostTable) -> Vec<Value> {
        let refused: BTreeMap<&ServiceKey, &SeenPeers> = self.refused.iter().collect();
        let refused = refused.into_iter().map(|((_, source, port, protocol), peers)| {
            let seen = peers.seen;
            let record =
                SumRecord::new("refused-outward", &hosts.of(*source), seen.first, seen.last)
                    .with_source(*source)
                    .with_targets(peers.named.iter().copied(), peers.count())
                    .service(*port, *protocol)
                    .flows(seen.flows);
            watched(record, *port).finish()
        });
        let exchanges: BTreeMap<_, _> = self.watched.iter().collect();
        let exchanges =
            exchanges.into_iter().map(|((_, source, peer, port, protocol), exchange)| {
                let seen = exchange.seen;
                let record =
                    SumRecord::new("watched-port", &hosts.of(*source), seen.first, seen.last)
                        .with_source(*source)
                        .with_target(*peer)
                        .service(*port, *protocol)
                        .flows(seen.flows)
                        .with("bytes_out", exchange.sent)
                        .with("bytes_in", exchange.received);
                watched(record, *port).finish()
            });
        let large: BTreeMap<_, _> =
            self.large.iter().filter(|(_, upload)| upload.bytes >= MUCH).collect();
        let large = large.into_iter().map(|((_, source, peer), upload)| {
            let Upload { seen, bytes, port, protocol } = *upload;
            SumRecord::new("large-upload", &hosts.of(*source), seen.first, seen.last)
                .with_source(*source)
                .with_target(*peer)
                .service(port, protocol)
                .flows(seen.flows)
                .with("bytes_out", bytes)
                .finish()
        });
        refused.chain(exchanges).chain(large).collect()
    }
}

fn watched(record: SumRecord, port: u16) -> SumRecord {
    match watched_for(port) {
        Some(what) => record.with("watched_for", what),
        None => record,
    }
}
