//! Sums of flows. One refused packet means nothing, and there are a million of them an hour; what
//! many of them have in common does.
//!
//! A sum covers ten minutes, an hour or, of the background, a day of one text, by the clock of the
//! flows. The lines may come in any order. Everything has a limit, and what is beyond it is counted.

mod background;
mod bounded;
mod gaps;
mod host;
mod inward;
mod outward;
mod pairs;
mod probe;
mod record;
mod span;

use serde_json::Value;

use self::background::BackgroundSums;
use self::gaps::InterfaceGaps;
use self::host::HostTable;
use self::inward::InwardSums;
use self::outward::OutwardSums;
use self::pairs::PairSums;
use self::record::SumRecord;
use self::span::FlowSpan;
use super::class::{Flow, FlowPath, Verdict};
use super::format::Slot;
use super::line::FlowLine;

/// Sums of the lines of one text.
#[derive(Debug, Default)]
pub(super) struct FlowSums {
    hosts: HostTable,
    gaps: InterfaceGaps,
    pairs: PairSums,
    outward: OutwardSums,
    inward: InwardSums,
    background: BackgroundSums,
    /// Equal for the same lines in any order, so that sums of other lines are other sums even if all
    /// of their numbers are equal.
    digest: u64,
    span: Option<FlowSpan>,
}

impl FlowSums {
    /// Adds a flow.
    pub(super) fn add_flow(&mut self, flow: &Flow, line: &FlowLine<'_>) {
        self.hosts.learn(flow, line);
        self.note_line(line, flow.time);
        let reason = line.bytes(Slot::RejectReason);
        if flow.verdict == Verdict::Refused && !reason.is_empty() {
            return self.pairs.add_setting(flow, reason);
        }
        match (flow.path, flow.verdict) {
            (_, Verdict::Late) => self.background.add_late(),
            (_, Verdict::Stray) => self.add_stray(flow),
            (FlowPath::Inside | FlowPath::Outward, Verdict::RefusedAnswer) => {
                self.pairs.add_answer(flow);
            }
            (FlowPath::Inside, Verdict::Refused) => self.pairs.add_refused(flow),
            (FlowPath::Outward, Verdict::Refused) => self.outward.add_refused(flow),
            (FlowPath::Outward, Verdict::Accepted) => self.outward.add_accepted(flow),
            (FlowPath::Inward, Verdict::Refused | Verdict::RefusedAnswer) => {
                self.background.add_refused(flow);
                self.inward.add_refused(flow);
            }
            (FlowPath::Inward, Verdict::Accepted) => {
                self.inward.add_accepted(flow);
                self.outward.add_answer(flow);
            }
            (FlowPath::Foreign, Verdict::Refused | Verdict::RefusedAnswer) => {
                self.background.add_refused(flow);
            }
            (FlowPath::Inside | FlowPath::Foreign, Verdict::Accepted) => {}
        }
    }

    /// Adds a packet that begins no connection. To the outside it tells nothing: an own host sends such
    /// packets to every web server that closes a connection first.
    fn add_stray(&mut self, flow: &Flow) {
        self.background.add_late();
        match flow.path {
            FlowPath::Inside => self.pairs.add_stray(flow),
            FlowPath::Inward => self.inward.add_stray(flow),
            FlowPath::Outward | FlowPath::Foreign => {}
        }
    }

    /// Adds a flow whose packets a transit gateway lost.
    pub(super) fn add_lost(&mut self, flow: &Flow, line: &FlowLine<'_>, reason: &'static str) {
        self.hosts.learn(flow, line);
        self.note_line(line, flow.time);
        self.pairs.add_setting(flow, reason.as_bytes());
    }

    /// Notes that AWS skipped records of an interface.
    pub(super) fn add_gap(&mut self, line: &FlowLine<'_>, time: i64) {
        self.note_line(line, time);
        self.gaps.add_gap(line, time);
    }

    fn note_line(&mut self, line: &FlowLine<'_>, time: i64) {
        self.span.get_or_insert_with(|| FlowSpan::at(time)).add(time);
        self.digest = self.digest.wrapping_add(line.digest());
    }

    /// What was too much to remember.
    fn dropped_record(&self) -> Option<Value> {
        let dropped = self.gaps.dropped()
            + self.pairs.dropped()
            + self.outward.dropped()
            + self.inward.dropped();
        let span = self.span.filter(|_| dropped > 0)?;
        let host = self.hosts.common();
        let record = SumRecord::new("too-many-pairs", &host, span.first, span.last);
        Some(record.flows(dropped).finish())
    }

    /// Hands on the sums, as records.
    pub(super) fn write_records(mut self, take: &mut dyn FnMut(Value)) {
        for (source, host, strays) in self.inward.probing_strays() {
            self.background.add_strays(source, host, strays);
        }
        let digest = Value::from(format!("{:016x}", self.digest));
        let mut mark = |mut record: Value| {
            if let Some(record) = record.as_object_mut() {
                record.insert("lines_digest".to_owned(), digest.clone());
            }
            take(record);
        };
        self.gaps.write_records(&mut mark);
        self.pairs.write_records(&self.hosts, &mut mark);
        self.outward.write_records(&self.hosts, &mut mark);
        self.inward.write_records(&self.hosts, &mut mark);
        self.background.write_records(&self.hosts, &mut mark);
        self.dropped_record().into_iter().for_each(mark);
    }
}
