//! The background noise of the internet: what is refused from outside, in one sum a day.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use serde_json::{Value, json};

use super::host::HostTable;
use super::probe::StraySum;
use super::record::SumRecord;
use super::span::FlowSpan;
use crate::source::vpc_flow::class::Flow;

const DAY: i64 = 86_400;
/// How many sources are told apart.
const SOURCES: usize = 100_000;
/// How many ports are named.
const PORTS: usize = 5;

#[derive(Debug)]
struct DaySum {
    span: FlowSpan,
    /// Digests of the sources' addresses.
    sources: HashSet<u64>,
    ports: HashMap<u16, u64>,
    /// An address of an own host.
    host: u128,
}

/// What is refused from outside, by day.
#[derive(Debug, Default)]
pub(super) struct BackgroundSums {
    days: BTreeMap<i64, DaySum>,
    late: u64,
}

impl BackgroundSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        let day = self.day_mut(flow.time, flow.source, flow.destination);
        day.span.add(flow.time);
        *day.ports.entry(flow.port).or_default() += 1;
    }

    /// Adds packets of an hour that begin no connection, of a source that probes a host.
    pub(super) fn add_strays(&mut self, source: u128, host: u128, strays: &StraySum) {
        let span = strays.span();
        let day = self.day_mut(span.first, source, host);
        day.span.merge_with(&span);
        for (port, flows) in strays.ports() {
            *day.ports.entry(*port).or_default() += flows;
        }
    }

    /// The sum of a day, with a source and the host that refused it.
    fn day_mut(&mut self, time: i64, source: u128, host: u128) -> &mut DaySum {
        let new = || DaySum {
            span: FlowSpan::at(time),
            sources: HashSet::new(),
            ports: HashMap::new(),
            host,
        };
        let day = self.days.entry(time.div_euclid(DAY)).or_insert_with(new);
        day.host = day.host.min(host);
        if day.sources.len() < SOURCES {
            let hasher = BuildHasherDefault::<DefaultHasher>::default();
            day.sources.insert(hasher.hash_one(source));
        }
        day
    }

    /// Counts a packet that begins no connection, as those after the end of one.
    pub(super) fn add_late(&mut self) {
        self.late += 1;
    }

    pub(super) fn write_records(&self, hosts: &HostTable, take: &mut dyn FnMut(Value)) {
        let record = |(index, day): (usize, &DaySum)| {
            let mut ports: Vec<(u64, u16)> =
                day.ports.iter().map(|(port, count)| (*count, *port)).collect();
            ports.sort_unstable_by_key(|(count, port)| (std::cmp::Reverse(*count), *port));
            let top: Vec<Value> = ports.iter().take(PORTS).map(|(_, port)| json!(port)).collect();
            let late = if index == 0 { self.late } else { 0 };
            SumRecord::new("background", &hosts.of(day.host), day.span.first, day.span.last)
                .flows(day.span.flows)
                .with("sources", day.sources.len() as u64)
                .with("has_more_sources", day.sources.len() >= SOURCES)
                .with("dstports", top)
                .with("ports", day.ports.len() as u64)
                .with("late", late)
                .finish()
        };
        self.days.values().enumerate().map(record).for_each(take);
    }
}
