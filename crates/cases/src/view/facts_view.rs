//! A view as the facts of a message.

use aware_core::message::{CaseFacts, CaseLine};

use super::model::CaseView;
use super::timeline::TimelineLine;
use crate::case::Case;

impl CaseView {
    /// What a message says of the case, with at most `most` lines of its timeline.
    pub fn to_facts(&self, case: &Case, most: usize) -> CaseFacts {
        let shown = self.timeline.shown(most);
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
            next_steps: self.contain.clone(),
            cured: case.cured.0,
            curable: case.cured.1,
        }
    }
}

fn wire_line(line: &TimelineLine) -> CaseLine {
    CaseLine {
        time: line.time,
        mark: line.mark.into(),
        text: line.text.clone(),
        event_id: Some(line.event_id.clone()).filter(|id| !id.is_empty()),
        is_key: line.is_key,
    }
}
