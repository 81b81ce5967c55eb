//! What is remembered of a storm of cases: one small note.

use aware_cases::message;
use aware_cases::tell::{CaseStorm, StormReport};
use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use jiff::Timestamp;

use crate::port::{StepCommit, Store, StoreError};
use crate::source::SourceHalf;

/// The note that holds it.
const STORM_NOTE: &str = "case-storm";

impl SourceHalf {
    /// The storm, as it was last committed. One that cannot be read starts over.
    pub(super) async fn read_storm(&self) -> Result<CaseStorm, StoreError> {
        let note = self.store.read_note(STORM_NOTE).await?;
        Ok(note.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }
}

/// Keeps the storm in a commit if it has changed: while one lasts, only ticks change it, so that
/// processes that add cases do not get in each other's way.
pub(super) fn keep_storm(commit: &mut StepCommit, before: &CaseStorm, storm: &CaseStorm) {
    if before != storm
        && let Ok(text) = serde_json::to_string(storm)
    {
        commit.notes.push((STORM_NOTE.to_owned(), text));
    }
}

/// The message about a storm.
pub(super) fn storm_message(report: &StormReport, now: Timestamp) -> Message {
    let level = report.worst.first().map_or(Level::Informational, |case| case.level);
    let subject = format!(
        "Many new cases at once: {} with {}, the worst of them below",
        many(report.cases, "case"),
        many(report.findings, "finding")
    );
    let mut details: Vec<(String, String)> =
        report.worst.iter().map(|case| (case.id.clone(), case.title.clone())).collect();
    details.push((
        "New Since the Last Message".to_owned(),
        format!("{}, {}", many(report.new_cases, "case"), many(report.new_findings, "finding")),
    ));
    let details: Vec<(&str, &str)> =
        details.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let kind = if report.is_first { MessageKind::Finding } else { MessageKind::Update };
    message::storm_message(&subject, &details, report.new_findings, kind, level, now)
}

/// `1 case`, `5 cases`.
fn many(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
