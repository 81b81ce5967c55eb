//! What happened, by time: each notable success and each turn on its own line, and everything else
//! in runs.

mod key_lines;
mod line;
mod run_text;
mod runs;

use jiff::Timestamp;

pub use line::TimelineLine;

use super::times::ClockStyle;
use crate::case::Case;

/// The most lines that a view keeps.
const MAX_LINES: usize = 400;

/// The lines, by time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseTimeline {
    /// The lines that are kept.
    pub lines: Vec<TimelineLine>,
    /// How many less important lines are not kept.
    pub dropped: usize,
}

/// The lines of which there is room for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownLines<'t> {
    /// The most important lines, by time.
    pub lines: Vec<&'t TimelineLine>,
    /// How many lines are left out.
    pub left_out: usize,
}

impl CaseTimeline {
    pub(super) fn of_case(case: &Case) -> Self {
        let clock = ClockStyle::for_span(case.first, case.last);
        let mut lines = key_lines::turn_lines(case, clock);
        lines.extend(key_lines::notable_lines(case, clock));
        lines.extend(key_lines::reported_lines(case, clock));
        let breaks: Vec<Timestamp> = lines.iter().map(|line| line.time).collect();
        lines.extend(runs::run_lines(case, &breaks, clock));
        let timeline = Self { lines, dropped: 0 };
        let shown = timeline.shown(MAX_LINES);
        let (lines, dropped) =
            (shown.lines.into_iter().cloned().collect::<Vec<_>>(), shown.left_out);
        Self { lines, dropped }
    }

    /// At most `most` lines: those without which the story would not be understood.
    pub fn shown(&self, most: usize) -> ShownLines<'_> {
        let mut lines: Vec<&TimelineLine> = self.lines.iter().collect();
        lines.sort_by_key(|line| (u32::MAX - line.rank, line.time, &line.event_id, &line.text));
        let left_out = lines.len().saturating_sub(most) + self.dropped;
        lines.truncate(most);
        lines.sort_by_key(|line| (line.time, !line.is_key, line.mark, &line.event_id, &line.text));
        ShownLines { lines, left_out }
    }
}
