//! The points: what speaks for exploring, and what for a missing permission.
//!
//! The signs are those of published rules (counts of *unique* denied calls over services, share of
//! lists, known agents, many Regions, networks seen for the first time); the weights are our own.

use super::history::History;
use super::lacking::lacking;
use super::reading::{EXPLORING_FROM, LooksLike, Reading};
use super::reasons::{reason, sum, worst};
use super::standing::standing;
use super::stretch::{in_an_hour, over_all};
use super::window::Window;
use super::withhold;

/// From how many points in one hour all sessions of one role together look like one explorer. Many
/// people may share a role, so this takes more than for a single principal.
const SESSIONS_FROM: i32 = 6;

impl History {
    /// Which of the two it looks like, with points and reasons.
    pub fn reading(&self) -> Reading {
        read(self)
    }
}

/// Judges the worst span of time on its own, and the principal's whole record besides it.
fn read(history: &History) -> Reading {
    let reading = by_points(history);
    match withhold::because(history).filter(|_| reading.looks_like != LooksLike::Exploring) {
        Some(why) => reading.held(why),
        None => reading,
    }
}

fn by_points(history: &History) -> Reading {
    let mut reasons = worst(Window::hours(history).iter().map(|hour| in_an_hour(history, hour)));
    let whole = over_all(&Window::whole(history));
    if sum(&whole) > sum(&reasons) {
        reasons = whole;
    }
    reasons.extend(standing(history));
    let points = sum(&reasons);
    if points < EXPLORING_FROM && history.deeds().next().is_some() {
        reasons.extend(lacking(history, points));
    }
    Reading::new(reasons, history.is_person)
}

/// Judges sessions of many names together, as if they belonged to one caller: returns a reading
/// only if they look like exploring.
pub(super) fn read_sessions(history: &History) -> Option<Reading> {
    let reasons = worst(Window::hours(history).iter().map(|hour| in_an_hour(history, hour)));
    (sum(&reasons) >= SESSIONS_FROM).then(|| {
        let with = reason(1, "by sessions of several names that share a role or a key");
        Reading::new(reasons.into_iter().chain([with]).collect(), history.is_person)
    })
}
