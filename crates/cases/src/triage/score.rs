//! The points: what speaks for exploring, and what for a missing permission.
//!
//! The signs are those of published rules (counts of *unique* denied calls over services, share of
//! lists, known agents, many Regions, networks seen for the first time); the weights are our own.

use super::history::PrincipalHistory;
use super::lacking::lacking_reasons;
use super::reading::{EXPLORING_FROM, LooksLike, TriageReading};
use super::reasons::{new_reason, sum_points, worst_reasons};
use super::standing::standing_reasons;
use super::stretch::{reasons_in_hour, reasons_over_all};
use super::window::DenialWindow;
use super::withhold;

/// From how many points in one hour all sessions of one role together look like one explorer. Many
/// people may share a role, so this takes more than for a single principal.
const SESSIONS_FROM: i32 = 6;

impl PrincipalHistory {
    /// Which of the two it looks like, with points and reasons.
    pub fn to_reading(&self) -> TriageReading {
        read_history(self)
    }
}

/// Judges the worst span of time on its own, and the principal's whole record besides it.
fn read_history(history: &PrincipalHistory) -> TriageReading {
    let reading = read_by_points(history);
    match withhold::withhold_reason(history).filter(|_| reading.looks_like != LooksLike::Exploring)
    {
        Some(why) => reading.hold_back(why),
        None => reading,
    }
}

fn read_by_points(history: &PrincipalHistory) -> TriageReading {
    let mut reasons = worst_reasons(
        DenialWindow::split_hours(history).iter().map(|hour| reasons_in_hour(history, hour)),
    );
    let whole = reasons_over_all(&DenialWindow::whole_history(history));
    if sum_points(&whole) > sum_points(&reasons) {
        reasons = whole;
    }
    reasons.extend(standing_reasons(history));
    let points = sum_points(&reasons);
    if points < EXPLORING_FROM && history.denied_actions().next().is_some() {
        reasons.extend(lacking_reasons(history, points));
    }
    TriageReading::new(reasons, history.is_person)
}

/// Judges sessions of many names together, as if they belonged to one caller: returns a reading
/// only if they look like exploring.
pub(super) fn read_sessions(history: &PrincipalHistory) -> Option<TriageReading> {
    let reasons = worst_reasons(
        DenialWindow::split_hours(history).iter().map(|hour| reasons_in_hour(history, hour)),
    );
    (sum_points(&reasons) >= SESSIONS_FROM).then(|| {
        let with = new_reason(1, "by differently named sessions that share a role or key");
        TriageReading::new(reasons.into_iter().chain([with]).collect(), history.is_person)
    })
}
