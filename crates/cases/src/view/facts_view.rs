//! A view as the facts of a message.

use aware_core::case::CaseKind;
use aware_core::message::{CaseFacts, CaseLine};

use super::model::CaseView;
use super::timeline::TimelineLine;
use crate::case::Case;

impl CaseView {
    /// What a message says of the case, with at most so many lines of its timeline, and so many
    /// steps to contain it.
    pub fn to_facts(&self, case: &Case, most_lines: usize, most_steps: usize) -> CaseFacts {
        let shown = self.timeline.shown(most_lines);
        CaseFacts {
            id: self.id.clone(),
            kind: self.kind.into(),
            level: self.level.into(),
            reading: self.reading.into(),
            headline: self.headline.clone(),
            in_force: self.in_force.as_ref().map(|state| state.sentence.clone()),
            who: self.who.clone(),
            from: self.from.clone(),
            when: self.when.clone(),
            accounts: case.accounts.clone(),
            counts: case.counts,
            findings: case.findings,
            first_seen: Some(case.first),
            last_seen: Some(case.last),
            timeline: shown.lines.iter().map(|line| wire_line(line)).collect(),
            timeline_left_out: shown.left_out as u64,
            next_steps: self.contain.iter().take(most_steps).cloned().collect(),
            steps_left_out: self.contain.len().saturating_sub(most_steps) as u64,
            is_closed: is_cured(case),
            cured: case.cured.0,
            curable: case.cured.1,
        }
    }
}

/// Whether everything that was denied works now, so that nothing remains to be done.
fn is_cured(case: &Case) -> bool {
    let (worked, all) = case.cured;
    case.kind == CaseKind::Workload && all > 0 && worked >= all
}

fn wire_line(line: &TimelineLine) -> CaseLine {
    CaseLine {
        time: line.time,
        clock: line.clock.trim_start().to_owned(),
        mark: line.mark.into(),
        text: line.text.clone(),
        event_id: Some(line.event_id.clone()).filter(|id| !id.is_empty()),
        is_key: line.is_key,
    }
}
