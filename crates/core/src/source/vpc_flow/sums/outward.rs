//! What own hosts ask of the outside: refused, let through to watched ports, and much of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::host::HostTable;
use super::pairs::Seen;
use super::record::{NAMED, SumRecord};
use super::{HOUR, TEN_MINUTES};
use crate::source::vpc_flow::class::{Flow, watched_for};

/// How many sums of each kind are remembered.
const SUMS: usize = 131_072;
/// From how many bytes an hour to one peer on it is much, and how large a flow is that counts.
const MUCH: u64 = 1_000_000_000;
const LARGE_FLOW: u64 = 1 << 20;

/// Refused by host, port and protocol, within ten minutes: how often, and by whom not.
type RefusedKey = (i64, u128, u16, u8);

/// Bytes between a host and a watched port, in both directions.
#[derive(Clone, Copy, Debug)]
struct Exchange {
    seen: Seen,
    sent: u64,
    received: u64,
}

/// Sums of what goes out.
#[derive(Debug, Default)]
pub(super) struct OutwardSums {
    refused: HashMap<RefusedKey, (Seen, BTreeSet<u128>, u64)>,
    watched: HashMap<(i64, u128, u128, u16, u8), Exchange>,
    large: HashMap<(i64, u128, u128), (Seen, u64, u16, u8)>,
}

impl OutwardSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        let key = (flow.time.div_euclid(TEN_MINUTES), flow.source, flow.port, flow.protocol);
        if self.refused.len() >= SUMS && !self.refused.contains_key(&key) {
            return;
        }
        let new = || (Seen::at(flow.time), BTreeSet::new(), 0);
        let (seen, peers, more) = self.refused.entry(key).or_insert_with(new);
        seen.add(flow.time);
        if peers.len() < NAMED {
            peers.insert(flow.destination);
        } else if !peers.contains(&flow.destination) {
            *more += 1;
        }
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
            let new = || (Seen::at(flow.time), 0, flow.port, flow.protocol);
            let (seen, bytes, ..) = self.large.entry(key).or_insert_with(new);
            seen.add(flow.time);
            *bytes = bytes.saturating_add(flow.bytes);
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
        let refused: BTreeMap<_, _> = self.refused.iter().collect();
        let refused =
            refused.into_iter().map(|((_, source, port, protocol), (seen, peers, more))| {
                let count = peers.len() as u64 + more;
                let record =
                    SumRecord::new("refused-outward", &hosts.of(*source), seen.first, seen.last)
                        .from(*source)
                        .to_many(peers.iter().copied(), count)
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
                        .from(*source)
                        .to(*peer)
                        .service(*port, *protocol)
                        .flows(seen.flows)
                        .with("bytes_out", exchange.sent)
                        .with("bytes_in", exchange.received);
                watched(record, *port).finish()
            });
        let large: BTreeMap<_, _> = self.large.iter().filter(|(_, sum)| sum.1 >= MUCH).collect();
        let large = large.into_iter().map(|((_, source, peer), (seen, bytes, port, protocol))| {
            SumRecord::new("large-upload", &hosts.of(*source), seen.first, seen.last)
                .from(*source)
                .to(*peer)
                .service(*port, *protocol)
                .flows(seen.flows)
                .with("bytes_out", *bytes)
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
