//! What AWS did not record.

use serde_json::Value;

use super::bounded::{BoundedSums, WeighedSum};
use super::host::Host;
use super::record::SumRecord;
use super::span::{FlowSpan, HOUR};
use crate::source::vpc_flow::line::FlowLine;

/// How many interfaces and hours are remembered.
const GAPS: usize = 8_192;

/// An interface of which AWS skipped records, and when.
#[derive(Clone, Debug)]
struct InterfaceGap {
    host: Host,
    span: FlowSpan,
}

impl WeighedSum for InterfaceGap {
    fn weight(&self) -> u64 {
        self.span.flows
    }

    fn flows(&self) -> u64 {
        self.span.flows
    }
}

/// Interfaces of which AWS skipped records, by hour.
#[derive(Debug)]
pub(super) struct InterfaceGaps {
    by_hour: BoundedSums<(i64, String), InterfaceGap>,
}

impl Default for InterfaceGaps {
    fn default() -> Self {
        Self { by_hour: BoundedSums::with_limit(GAPS) }
    }
}

impl InterfaceGaps {
    pub(super) fn add_gap(&mut self, line: &FlowLine<'_>, time: i64) {
        let host = Host::read(line);
        let key = (time.div_euclid(HOUR), host.interface.clone());
        let new = || InterfaceGap { host: host.clone(), span: FlowSpan::at(time) };
        let gap = self.by_hour.sum_mut(key, new);
        gap.span.add(time);
        if host < gap.host {
            gap.host = host;
        }
    }

    /// Of how many lines the sums were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.by_hour.dropped()
    }

    pub(super) fn write_records(&self, take: &mut dyn FnMut(Value)) {
        let record = |gap: &InterfaceGap| {
            SumRecord::new("skipped-records", &gap.host, gap.span.first, gap.span.last)
                .flows(gap.span.flows)
                .finish()
        };
        self.by_hour.sorted().into_values().map(record).for_each(take);
    }
}
