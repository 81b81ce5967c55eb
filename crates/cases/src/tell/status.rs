//! Whether a case is open, and why it is not.

use aware_core::case::CaseReading;
use aware_core::event::Level;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether a case is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum CaseStatus {
    /// Its principals are followed.
    #[default]
    Open,
    /// Nothing is expected of it.
    Closed {
        /// When it was closed.
        at: Timestamp,
        /// By whom, and why.
        by: ClosedBy,
    },
    /// It is part of another case.
    Merged {
        /// The other case's id.
        into: String,
    },
}

/// Who closed a case, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "who")]
pub enum ClosedBy {
    /// It had no event for long.
    Quiet,
    /// What was denied works now.
    Cured,
    /// A person: it stays closed while it looks the same.
    Person {
        /// Who, as they call themselves.
        name: String,
        /// Why.
        reason: String,
        /// How bad it was.
        level: Level,
        /// What it looked like.
        reading: CaseReading,
    },
}

/// Whether a case is open, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseStatusKind {
    /// Its principals are followed.
    Open,
    /// Nothing is expected of it.
    Closed,
    /// It is part of another case.
    Merged,
}

impl CaseStatusKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::Merged];

    /// Its name in stores and lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Merged => "merged",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl CaseStatus {
    /// What it is in one word.
    pub fn kind(&self) -> CaseStatusKind {
        match self {
            Self::Open => CaseStatusKind::Open,
            Self::Closed { .. } => CaseStatusKind::Closed,
            Self::Merged { .. } => CaseStatusKind::Merged,
        }
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        *self == Self::Open
    }
}
