//! The result of triage, for people and for routes.

use std::fmt;

use aware_core::explanation;
use serde::{Deserialize, Serialize};

pub use aware_core::explanation::LooksLike;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingReason {
    /// Above zero for exploring, below zero for a missing permission.
    pub points: i32,
    /// What was seen, without saying by whom: `14 actions over 9 services within 6 minutes`.
    pub text: String,
}

/// A reading and every reason for it, weightiest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriageReading {
    /// Which reading fits.
    pub looks_like: LooksLike,
    /// The sum of the reasons' points.
    pub points: i32,
    /// Whether the principal is a person rather than a workload.
    pub is_person: bool,
    /// The reasons.
    pub reasons: Vec<ReadingReason>,
    /// Why nothing may be granted until somebody has investigated, if it does not look like
    /// exploring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withhold: Option<String>,
}

/// From this many points up, it looks like exploring.
pub const EXPLORING_FROM: i32 = 4;
/// From this many points down, it looks like a missing permission.
pub const LACKING_FROM: i32 = -2;
/// How many reasons a sentence shows.
const SHOWN: usize = 3;

impl TriageReading {
    pub(super) fn new(mut reasons: Vec<ReadingReason>, is_person: bool) -> Self {
        reasons.retain(|reason| reason.points != 0);
        reasons.sort_by_key(|reason| -reason.points.abs());
        let points = reasons.iter().map(|reason| reason.points).sum();
        let looks_like = match points {
            EXPLORING_FROM.. => LooksLike::Exploring,
            ..=LACKING_FROM => LooksLike::LacksPermission,
            _ => LooksLike::Unclear,
        };
        Self { looks_like, points, is_person, reasons, withhold: None }
    }

    /// The same reading with a reason to grant nothing until somebody has investigated. If more
    /// than a permission is missing, the reading is unclear.
    pub(super) fn hold_back(mut self, why: String) -> Self {
        if self.looks_like == LooksLike::LacksPermission {
            self.reasons.insert(0, ReadingReason { points: -self.points, text: why.clone() });
            self.looks_like = LooksLike::Unclear;
            self.points = 0;
        }
        self.withhold.get_or_insert(why);
        self
    }

    /// The reading in a sentence: `a workload that lacks a permission: one action on one resource,
    /// a Lambda role`. It follows `looks like`, except for an unclear reading, which says so
    /// itself.
    pub fn sentence(&self) -> String {
        let what = match (self.looks_like, self.is_person) {
            (LooksLike::Exploring, _) => "somebody exploring",
            (LooksLike::LacksPermission, false) => "a workload that lacks a permission",
            (LooksLike::LacksPermission, true) => "somebody who lacks a permission",
            (LooksLike::Unclear, _) => {
                "unclear: too little seen to tell an intruder from a missing permission"
            }
        };
        let fits = |reason: &&ReadingReason| match self.looks_like {
            LooksLike::Exploring => reason.points > 0,
            LooksLike::LacksPermission => reason.points < 0,
            LooksLike::Unclear => true,
        };
        let shown = self.reasons.iter().filter(fits).take(SHOWN);
        let texts: Vec<&str> = shown.map(|reason| reason.text.as_str()).collect();
        match texts.as_slice() {
            [] => what.to_owned(),
            texts => format!("{what}: {}", texts.join(", ")),
        }
    }
}

/// The sentence with `looks like` before it. Texts of reasons hold names from the log: show them
/// through `aware_core::text` only.
impl fmt::Display for TriageReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.looks_like {
            LooksLike::Unclear => {}
            LooksLike::Exploring | LooksLike::LacksPermission => f.write_str("looks like ")?,
        }
        f.write_str(&self.sentence())
    }
}

/// What groups keep of a reading, and messages tell.
impl From<TriageReading> for explanation::Reading {
    fn from(reading: TriageReading) -> Self {
        Self {
            looks_like: reading.looks_like.into(),
            points: reading.points,
            sentence: reading.sentence(),
            reasons: reading.reasons.into_iter().map(|one| (one.points, one.text)).collect(),
        }
    }
}
