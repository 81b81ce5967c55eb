//! Reads and writes what is remembered of cases' principals: only what a step touches.

use aware_cases::case::{CaseEvent, CaseRows};
use jiff::{SignedDuration, Timestamp};

use super::names::CASE_PREFIX;
use crate::correlation::FiredCorrelation;
use crate::matched_event::MatchedEvent;
use crate::port::{MemoryWindow, Store, StoreError};
use crate::source::SourceHalf;
use crate::source::memory::SourceMemory;

/// How long a principal is remembered after its last event.
const ROW_RETENTION: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How often rows that other rows refer to are read: each time is one joint further.
const MAX_ROUNDS: usize = 4;
/// How many rows of others a step reads. Beyond that a case is built from what was read; the rest
/// joins when it is touched itself.
const MAX_OTHERS: usize = 200;

/// What cases consider of these events.
pub(in crate::source) fn case_events<'f>(found: &[&'f MatchedEvent]) -> Vec<&'f CaseEvent> {
    let events = found.iter().filter(|one| is_for_cases(one));
    events.filter_map(|one| one.case_event.as_deref()).collect()
}

/// Whether an event's findings are told by a case. What an AWS service is refused stays in its
/// group, beside the case of the chain that it breaks.
pub(in crate::source) fn is_told_by_case(found: &MatchedEvent) -> bool {
    is_for_cases(found) && found.findings.iter().all(|finding| !finding.principal.is_service)
}

/// Whether cases consider an event.
fn is_for_cases(found: &MatchedEvent) -> bool {
    found.case_event.is_some()
}

impl SourceHalf {
    /// Reads what is remembered of the principals of these events and of whoever is joined to them,
    /// and records the events.
    pub(in crate::source) async fn record_case_events(
        &self,
        events: &[&CaseEvent],
    ) -> Result<CaseRows, StoreError> {
        let mut rows = CaseRows::new();
        self.add_case_events(&mut rows, events).await?;
        Ok(rows)
    }

    /// Adds events to what was read for others.
    pub(in crate::source) async fn add_case_events(
        &self,
        rows: &mut CaseRows,
        events: &[&CaseEvent],
    ) -> Result<(), StoreError> {
        let mut wanted = rows.unread_rows(events);
        let mut room = MAX_OTHERS;
        for _ in 0..=MAX_ROUNDS {
            if wanted.is_empty() {
                break;
            }
            self.read_rows(rows, wanted).await?;
            wanted = rows.missing_rows();
            wanted.truncate(room);
            room = room.saturating_sub(wanted.len());
        }
        events.iter().for_each(|event| rows.record_event(event));
        rows.finish_reading();
        Ok(())
    }

    /// Adds the findings of correlations that cases tell, and reads the histories of whoever they are
    /// about. Returns how many these findings are.
    pub(in crate::source) async fn add_firings(
        &self,
        memory: &mut SourceMemory,
        rows: &mut CaseRows,
        fired: &[FiredCorrelation],
    ) -> Result<u64, StoreError> {
        let told: Vec<CaseEvent> =
            fired.iter().filter_map(FiredCorrelation::case_if_told).collect();
        self.add_case_events(rows, &told.iter().collect::<Vec<_>>()).await?;
        self.recall_missing_histories(memory, rows.history_keys()).await?;
        Ok(told.len() as u64)
    }

    async fn read_rows(&self, rows: &mut CaseRows, wanted: Vec<String>) -> Result<(), StoreError> {
        let keys: Vec<String> = wanted.iter().map(|row| format!("{CASE_PREFIX}{row}")).collect();
        rows.mark_read(wanted);
        for window in self.store.load_windows(&keys).await? {
            let Some(row) = window.key.strip_prefix(CASE_PREFIX) else { continue };
            if let Err(problem) = rows.restore_row(row, &window.bytes) {
                tracing::warn!(row, %problem, "memory of a case cannot be read; it is set aside");
                self.store.set_aside_window(&window, &problem.to_string()).await;
            }
        }
        Ok(())
    }
}

/// The rows that have changed, for a commit.
pub(super) fn changed_windows(rows: &CaseRows, now: Timestamp) -> Vec<MemoryWindow> {
    let expires = now.checked_add(ROW_RETENTION).unwrap_or(now);
    let changed = rows.changed_rows().unwrap_or_default().into_iter();
    changed
        .map(|(row, bytes)| MemoryWindow { key: format!("{CASE_PREFIX}{row}"), bytes, expires })
        .collect()
}
