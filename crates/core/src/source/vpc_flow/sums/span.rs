//! When flows were seen, how often, and with whom.

use std::collections::BTreeSet;

use super::bounded::WeighedSum;

/// How many addresses or ports a record names.
pub(super) const NAMED: usize = 64;

/// The lengths of time that sums cover, in seconds.
pub(super) const TEN_MINUTES: i64 = 600;
pub(super) const HOUR: i64 = 3_600;

/// A host, a port and a protocol, within ten minutes.
pub(super) type ServiceKey = (i64, u128, u16, u8);

/// How many flows there were, and when the first and the last of them was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FlowSpan {
    pub(super) flows: u64,
    pub(super) first: i64,
    pub(super) last: i64,
}

impl FlowSpan {
    pub(super) fn at(time: i64) -> Self {
        Self { flows: 0, first: time, last: time }
    }

    pub(super) fn add(&mut self, time: i64) {
        self.flows = self.flows.saturating_add(1);
        (self.first, self.last) = (self.first.min(time), self.last.max(time));
    }

    pub(super) fn merge_with(&mut self, other: &Self) {
        self.flows = self.flows.saturating_add(other.flows);
        (self.first, self.last) = (self.first.min(other.first), self.last.max(other.last));
    }
}

impl WeighedSum for FlowSpan {
    fn weight(&self) -> u64 {
        self.flows
    }

    fn flows(&self) -> u64 {
        self.flows
    }
}

impl WeighedSum for PeerSpan {
    fn weight(&self) -> u64 {
        self.span.flows
    }

    fn flows(&self) -> u64 {
        self.span.flows
    }
}

/// The same, and the smallest addresses at the other end.
#[derive(Clone, Debug)]
pub(super) struct PeerSpan {
    span: FlowSpan,
    named: BTreeSet<u128>,
    has_more: bool,
}

impl PeerSpan {
    pub(super) fn at(time: i64) -> Self {
        Self { span: FlowSpan::at(time), named: BTreeSet::new(), has_more: false }
    }

    pub(super) fn add(&mut self, time: i64, peer: u128) {
        self.span.add(time);
        self.named.insert(peer);
        if self.named.len() > NAMED {
            self.named.pop_last();
            self.has_more = true;
        }
    }

    pub(super) fn span(&self) -> FlowSpan {
        self.span
    }

    /// The smallest addresses, up to as many as a record names.
    pub(super) fn named(&self) -> &BTreeSet<u128> {
        &self.named
    }

    /// Whether there are more.
    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }
}
