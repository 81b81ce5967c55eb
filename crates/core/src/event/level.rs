//! How severe a finding is: Sigma's five levels.

use std::fmt;
use std::str::FromStr;

/// A rule's level. Ordered: `Informational < … < Critical`.
///
/// Source: Sigma rules specification 2.1, `level`; OCSF `severity_id` 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For the record only.
    Informational,
    /// Rarely worth a look.
    Low,
    /// Worth a look today.
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking somebody up.
    Critical,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 5] =
        [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name used in rules, messages and options.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// OCSF `severity_id`.
    pub fn ocsf_id(self) -> u8 {
        match self {
            Self::Informational => 1,
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
            Self::Critical => 5,
        }
    }

    /// OCSF `severity`, the caption of [`Level::ocsf_id`].
    pub fn ocsf_caption(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is none of the five levels.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown level `{0}` (hint: one of informational, low, medium, high, critical)")]
pub struct UnknownLevel(pub String);

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(text))
            .or_else(|| text.eq_ignore_ascii_case("info").then_some(Self::Informational))
            .ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}
