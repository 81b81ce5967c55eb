//! What one own host refused a source outside.

use std::collections::BTreeMap;

use super::bounded::WeighedSum;
use super::span::{FlowSpan, NAMED};
use crate::source::vpc_flow::class::Flow;

/// From how many probes on a source probes a host.
const PROBES: u64 = 20;

/// What a host refused a source within an hour.
///
/// Each refusal is a probe. Packets that begin no connection are as many probes as there are ports that
/// they ask for: after its connections were closed, a busy client goes on to send to the ports of the
/// few services that let it in, while somebody who looks for open ports asks for many.
#[derive(Clone, Debug, Default)]
pub(super) struct ProbeSum {
    refused: Option<FlowSpan>,
    /// Few sources send any.
    strays: Option<Box<StraySum>>,
}

impl ProbeSum {
    pub(super) fn add_refused(&mut self, time: i64) {
        self.refused.get_or_insert_with(|| FlowSpan::at(time)).add(time);
    }

    pub(super) fn add_stray(&mut self, flow: &Flow) {
        self.strays.get_or_insert_with(|| Box::new(StraySum::at(flow.time))).add(flow);
    }

    /// The packets that begin no connection, if there were any.
    pub(super) fn strays(&self) -> Option<&StraySum> {
        self.strays.as_deref()
    }

    /// When the source probed and how often, if it did. Packets that begin no connection are in it only
    /// if there were not enough refusals without them.
    pub(super) fn probing_span(&self) -> Option<FlowSpan> {
        if self.probes() < PROBES {
            return None;
        }
        match (self.refused, self.strays().map(StraySum::span)) {
            (Some(refused), _) if refused.flows >= PROBES => Some(refused),
            (Some(mut both), Some(strays)) => {
                both.merge_with(&strays);
                Some(both)
            }
            (refused, strays) => refused.or(strays),
        }
    }

    fn probes(&self) -> u64 {
        let refused = self.refused.map_or(0, |span| span.flows);
        let ports = self.strays().map_or(0, |strays| strays.ports.len());
        refused.saturating_add(ports as u64)
    }
}

impl WeighedSum for ProbeSum {
    fn weight(&self) -> u64 {
        self.probes()
    }

    fn flows(&self) -> u64 {
        let refused = self.refused.map_or(0, |span| span.flows);
        refused.saturating_add(self.strays().map_or(0, |strays| strays.span.flows))
    }
}

/// Packets that begin no connection.
#[derive(Clone, Debug)]
pub(super) struct StraySum {
    span: FlowSpan,
    /// How many there were, for the smallest ports.
    ports: BTreeMap<u16, u64>,
}

impl StraySum {
    fn at(time: i64) -> Self {
        Self { span: FlowSpan::at(time), ports: BTreeMap::new() }
    }

    fn add(&mut self, flow: &Flow) {
        self.span.add(flow.time);
        *self.ports.entry(flow.port).or_default() += 1;
        if self.ports.len() > NAMED {
            self.ports.pop_last();
        }
    }

    pub(super) fn span(&self) -> FlowSpan {
        self.span
    }

    /// How many flows there were by port, for the smallest ports.
    pub(super) fn ports(&self) -> &BTreeMap<u16, u64> {
        &self.ports
    }
}
