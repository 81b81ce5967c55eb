//! What a route says to a message, and why.

use std::fmt;

/// What a route says to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteVerdict {
    /// Everything that it asks for fits.
    Takes,
    /// Every route takes messages about this program itself.
    AboutProgram,
    /// It would be silent at this time, but critical messages are never muted.
    TooUrgent(MuteCause),
    /// It matches, and is silent at this time.
    Muted(MuteCause),
    /// The first condition that does not fit.
    Differs(RouteMismatch),
    /// An earlier route stops.
    NotAsked {
        /// Its index.
        stopped_by: usize,
    },
}

impl RouteVerdict {
    /// Whether the message goes to the route's destinations.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Takes | Self::AboutProgram | Self::TooUrgent(_))
    }

    /// Whether the route's conditions select the message: then a route with `stop` is the last.
    pub fn is_selected(&self) -> bool {
        matches!(self, Self::Takes | Self::TooUrgent(_) | Self::Muted(_))
    }

    /// A stable name: `takes`, `muted`, `differs`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Takes | Self::AboutProgram | Self::TooUrgent(_) => "takes",
            Self::Muted(_) => "muted",
            Self::Differs(_) => "differs",
            Self::NotAsked { .. } => "not-asked",
        }
    }
}

/// A sentence without its subject, which is the route. Strings in it are as the message had them.
impl fmt::Display for RouteVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Takes => f.write_str("takes it"),
            Self::AboutProgram => {
                f.write_str("takes it: every route takes messages about this program")
            }
            Self::TooUrgent(cause) => {
                write!(f, "takes it: {cause}, but critical messages are never muted")
            }
            Self::Muted(cause) => write!(f, "matches, but is muted: {cause}"),
            Self::Differs(mismatch) => write!(f, "does not match: {mismatch}"),
            Self::NotAsked { stopped_by } => {
                write!(f, "is not asked: route {} stops", stopped_by + 1)
            }
        }
    }
}

/// Why a route is silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MuteCause {
    /// The time is within this window of `mute`.
    Within(String),
    /// The time is within none of these windows of `only_during`.
    Outside(Vec<String>),
}

impl fmt::Display for MuteCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within(name) => write!(f, "the time is within `{name}`"),
            Self::Outside(names) => write!(f, "the time is outside `{}`", names.join("`, `")),
        }
    }
}

/// A condition that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMismatch {
    /// Its key in the config; of a tag `tags.KEY`.
    pub condition: String,
    /// What it asks for: one of these; of `min_level` the lowest level.
    pub asked: Vec<String>,
    /// What the message has.
    pub found: Vec<String>,
}

impl fmt::Display for RouteMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, found) = (self.asked.join(", "), self.found.join(", "));
        write!(f, "`{}` asks for {asked}; the message has {found}", self.condition)
    }
}
