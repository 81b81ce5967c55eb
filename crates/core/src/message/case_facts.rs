//! What a message says about its case.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::{CaseKind, CaseReading, ContainStep, EventMark, MarkCounts};
use crate::event::Level;
use crate::open::OpenEnum;

/// The most lines of a timeline in a message.
pub const MAX_TIMELINE: usize = 20;

/// The case of a message. Strings are one line of visible text each; escape them for the medium.
///
/// ```
/// use aware_core::case::CaseReading;
/// use aware_core::message::CaseFacts;
///
/// let text = r#"{"id": "c5b1e", "kind": "intruder", "level": "critical", "reading": "intrusion"}"#;
/// let case: CaseFacts = serde_json::from_str(text)?;
/// assert!(case.reading == CaseReading::Intrusion);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseFacts {
    /// Its id: `c` and 16 hexadecimal digits.
    pub id: String,
    /// Whom it is about.
    pub kind: OpenEnum<CaseKind>,
    /// How bad it is.
    pub level: OpenEnum<Level>,
    /// What it looks like.
    pub reading: OpenEnum<CaseReading>,
    /// Actor and the worst that they achieved.
    #[serde(default)]
    pub headline: String,
    /// Whether what was changed still holds, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<String>,
    /// Who acted, and in which accounts.
    #[serde(default)]
    pub who: String,
    /// From which addresses, with which tools and keys.
    #[serde(default)]
    pub from: String,
    /// From when to when.
    #[serde(default)]
    pub when: String,
    /// The accounts that were called.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// How many events have each mark.
    #[serde(default)]
    pub counts: MarkCounts,
    /// How many findings are in it.
    #[serde(default)]
    pub findings: u64,
    /// The first event's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// The last event's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// What happened, by time; at most [`MAX_TIMELINE`] lines.
    #[serde(default)]
    pub timeline: Vec<CaseLine>,
    /// How many lines of the timeline were left out.
    #[serde(default)]
    pub timeline_left_out: u64,
    /// What contains an intruder, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_steps: Vec<ContainStep>,
    /// How many further steps there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub steps_left_out: u64,
    /// Whether it is closed: nothing more is expected of anybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_closed: bool,
    /// How many of the denied actions have worked since.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cured: u64,
    /// How many denied actions could work.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub curable: u64,
}

/// A line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseLine {
    /// When.
    pub time: Timestamp,
    /// The same for people, in UTC: `13:06:49`; with the day where a case spans several.
    #[serde(default)]
    pub clock: String,
    /// How the events ended.
    pub mark: OpenEnum<EventMark>,
    /// What happened.
    pub text: String,
    /// The event, or the first of the events, that show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Whether it is one of the things that the case is about: a notable success, or a denied call
    /// that works now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_key: bool,
}

impl CaseLine {
    /// The sign and the text.
    pub fn told(&self) -> String {
        format!("{} {}", self.sign(), self.text)
    }

    /// The sign before it; of a newer version's mark a dot.
    pub fn sign(&self) -> &'static str {
        self.mark.known().map_or("·", EventMark::sign)
    }
}

impl CaseFacts {
    /// The first characters of the id, for people.
    pub fn short_id(&self) -> &str {
        self.id.get(..SHORT_ID).unwrap_or(&self.id)
    }
}

/// How many characters of an id people see: `c5b1e`.
const SHORT_ID: usize = 5;

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
