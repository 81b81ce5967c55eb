//! What cases and messages about them say in one word.

use serde::{Deserialize, Serialize};

use crate::event::Level;
use crate::open::{NamedSet, named_set};

/// Whom a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseKind {
    /// Somebody who looks hostile, or may be.
    Intruder,
    /// A workload or a person that lacks something.
    Workload,
    /// An AWS service that cannot do its work: logs that are not delivered.
    Chain,
    /// A sensitive thing was done, and nothing looks hostile.
    Change,
}

named_set!(CaseKind {
    Intruder => "intruder",
    Workload => "workload",
    Chain => "chain",
    Change => "change",
});

/// What a case looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseReading {
    /// Refused, and then something sensitive went through.
    Intrusion,
    /// Somebody is looking around.
    Exploring,
    /// The root user did what other users should do.
    MisuseOfRoot,
    /// An AWS service is refused, so that logs or data do not arrive.
    BrokenChain,
    /// A sensitive thing was done, and nothing looks hostile.
    Change,
    /// The known facts fit an intruder and a missing permission.
    Unclear,
    /// A permission is missing.
    LacksPermission,
    /// It was denied within seconds of being made, and then allowed: IAM was not consistent yet.
    NotConsistentYet,
    /// A page of the console asked for what its visitor may not see.
    ConsolePage,
    /// AWS does not offer this there, or the account has not opted in.
    NotServed,
    /// Another service reports an attack.
    ReportedThreat,
    /// Another service reports something that an attack could use.
    ReportedWeakness,
    /// What everybody on the internet gets: nobody is meant by it.
    Background,
}

named_set!(CaseReading {
    Intrusion => "intrusion",
    Exploring => "exploring",
    MisuseOfRoot => "misuse-of-root",
    BrokenChain => "broken-chain",
    Change => "change",
    Unclear => "unclear",
    LacksPermission => "lacks-permission",
    NotConsistentYet => "not-consistent-yet",
    ConsolePage => "console-page",
    NotServed => "not-served",
    ReportedThreat => "reported-threat",
    ReportedWeakness => "reported-weakness",
    Background => "background",
});

/// How an event ended, as a case marks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventMark {
    /// Refused for want of permission.
    Denied,
    /// Went through and changed something.
    Changed,
    /// Went through and only read.
    Read,
    /// Failed for another reason.
    Failed,
    /// Another service reports it.
    Reported,
}

named_set!(EventMark {
    Denied => "denied",
    Changed => "changed",
    Read => "read",
    Failed => "failed",
    Reported => "reported",
});

impl EventMark {
    /// The sign that stands before it in every form of a case.
    ///
    /// ```
    /// use aware_core::case::EventMark;
    /// assert_eq!(EventMark::Denied.sign(), "✕");
    /// ```
    pub fn sign(self) -> &'static str {
        match self {
            Self::Denied => "✕",
            Self::Changed => "◆",
            Self::Read => "○",
            Self::Failed => "−",
            Self::Reported => "▲",
        }
    }

    /// The sign where only ASCII can be shown.
    pub fn ascii_sign(self) -> &'static str {
        match self {
            Self::Denied => "x",
            Self::Changed => "*",
            Self::Read => "o",
            Self::Failed => "-",
            Self::Reported => "^",
        }
    }

    /// The word that says the same as the sign.
    pub fn word(self) -> &'static str {
        self.name()
    }
}

named_set!(Level {
    Informational => "informational",
    Low => "low",
    Medium => "medium",
    High => "high",
    Critical => "critical",
});

/// How many events have each mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MarkCounts {
    /// ✕
    pub denied: u64,
    /// ◆
    pub changed: u64,
    /// ○
    pub read: u64,
    /// −
    pub failed: u64,
    /// ▲
    #[serde(skip_serializing_if = "is_zero")]
    pub reported: u64,
}

impl MarkCounts {
    /// How many have a mark.
    ///
    /// ```
    /// use aware_core::case::{EventMark, MarkCounts};
    /// let counts = MarkCounts { denied: 4, ..MarkCounts::default() };
    /// assert_eq!(counts.number_of(EventMark::Denied), 4);
    /// ```
    pub fn number_of(&self, mark: EventMark) -> u64 {
        match mark {
            EventMark::Denied => self.denied,
            EventMark::Changed => self.changed,
            EventMark::Read => self.read,
            EventMark::Failed => self.failed,
            EventMark::Reported => self.reported,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A step that contains an intruder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainStep {
    /// What it does: `Deny everything to user/alice`.
    pub title: String,
    /// Commands for aws-cli.
    pub commands: Vec<String>,
    /// What stops working.
    pub breaks: String,
    /// The commands that undo it.
    pub undo: Vec<String>,
}
