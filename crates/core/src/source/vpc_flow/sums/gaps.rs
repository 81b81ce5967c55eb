//! What AWS did not record.

use std::collections::BTreeMap;

use serde_json::Value;

use super::host::Host;
use super::record::SumRecord;
use super::window::HOUR;
use crate::source::vpc_flow::line::FlowLine;

/// How many interfaces and hours are remembered.
const GAPS: usize = 8_192;

/// Interfaces of which AWS skipped records, by hour.
#[derive(Debug, Default)]
pub(super) struct InterfaceGaps {
    by_hour: BTreeMap<(i64, String), (Host, u64, i64, i64)>,
}

impl InterfaceGaps {
    pub(super) fn add_gap(&mut self, line: &FlowLine<'_>, time: i64) {
        let host = Host::read(line);
        let key = (time.div_euclid(HOUR), host.interface.clone());
        if self.by_hour.len() >= GAPS && !self.by_hour.contains_key(&key) {
            return;
        }
        let seen = self.by_hour.entry(key).or_insert_with(|| (host, 0, time, time));
        (seen.1, seen.2, seen.3) = (seen.1 + 1, seen.2.min(time), seen.3.max(time));
    }

    pub(super) fn to_records(&self) -> Vec<Value> {
        let record = |(host, lines, first, last): &(Host, u64, i64, i64)| {
            SumRecord::new("skipped-records", host, *first, *last).flows(*lines).finish()
        };
        self.by_hour.values().map(record).collect()
    }
}
