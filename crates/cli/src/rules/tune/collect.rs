//! The records of history that rules match, in the order of time.

use std::sync::Mutex;

use aware_core::event::Event;
use aware_core::source::{cloudtrail, identify};
use aware_pipeline::rule_set::RuleSet;
use aware_rules::engine::{RecordGate, SourceEngines};
use jiff::Timestamp;

use crate::args::TimePeriod;
use crate::exit::CommandFailure;
use crate::logs::ReadOptions;
use crate::logs::events::{EventSearch, ReadTotals, search_logs};

/// How many bytes of records are kept to be played again.
const MAX_BYTES: usize = 1 << 30;

/// A record that a rule matches, or that says who its principal is.
pub(super) struct KeptRecord {
    pub(super) time: Timestamp,
    pub(super) id: String,
    pub(super) text: Box<str>,
}

/// What was kept.
#[derive(Default)]
pub(super) struct KeptRecords {
    /// In the order of time.
    pub(super) records: Vec<KeptRecord>,
    /// How many there was no room for.
    pub(super) left_out: u64,
    bytes: usize,
}

/// Reads logs, and keeps what the rules want of them.
pub(super) fn collect_records(
    paths: &[String],
    manner: &ReadOptions,
    rules: &RuleSet,
    period: TimePeriod,
) -> Result<(KeptRecords, ReadTotals), CommandFailure> {
    let engines = SourceEngines::new(rules.engine_rules(), Some(rules.enrichment()));
    let search = RuleSearch {
        gate: engines.gate().clone(),
        engines: Mutex::new(engines),
        period,
        kept: Mutex::default(),
    };
    let totals = search_logs(paths, manner, &search)?;
    let mut kept = search.kept.into_inner().unwrap_or_default();
    kept.records.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    Ok((kept, totals))
}

struct RuleSearch {
    gate: RecordGate,
    engines: Mutex<SourceEngines>,
    period: TimePeriod,
    kept: Mutex<KeptRecords>,
}

impl EventSearch for RuleSearch {
    fn may_match(&self, record: &[u8]) -> bool {
        // The gate judges CloudTrail's records alone.
        self.gate.lets_through(record)
            || identify(record).is_some_and(|source| source != cloudtrail::ID)
    }

    fn take_event(&self, event: Event) {
        if !self.period.contains_time(event.time) {
            return;
        }
        let text = event.record.to_string();
        let Ok(mut engines) = self.engines.lock() else { return };
        let scanned = engines.engine_for(event.source).scan_record(&text);
        if !scanned.is_ok_and(|scanned| !scanned.matches.is_empty()) {
            return;
        }
        drop(engines);
        let Ok(mut kept) = self.kept.lock() else { return };
        kept.bytes += text.len();
        if kept.bytes > MAX_BYTES {
            kept.left_out += 1;
            return;
        }
        let record = KeptRecord { time: event.time, id: event.id, text: text.into_boxed_str() };
        kept.records.push(record);
    }
}
