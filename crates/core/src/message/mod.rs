//! The common message: what is published on the topic, and everything that a destination needs.
//!
//! Version 2 is a superset of the message of Giftbit's *Activity Aware IDS for AWS* (version 1:
//! `subject`, `fields`, `metadata`, `tags`), so that existing publishers and readers keep working.
//! A reader accepts both, and shows `subject` and `fields` of versions it does not know.

mod case_cuts;
mod case_facts;
mod facts;
mod labelled;
pub mod labels;
mod lenient;
mod truncate;
mod urgency;
mod wire;

use jiff::Timestamp;
use serde_json::Value;

use crate::event::Level;
use crate::explanation::LooksLike;
use crate::fingerprint::Fingerprint;
use crate::open::OpenEnum;

pub use case_facts::{CaseFacts, CaseLine, MAX_TIMELINE};
pub use facts::{FactList, Facts, RuleFacts};
pub use truncate::{HARD_LIMIT, SOFT_LIMIT, truncate_message};
pub use wire::{MessageError, SCHEMA_VERSION};

/// The version of messages that name none.
const VERSION_1: &str = "1";

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// A new group.
    Finding,
    /// A group that was reported before, with a new count.
    Update,
    /// The daily digest of what was held back.
    Digest,
    /// A sign of life.
    Heartbeat,
    /// About this program itself: never suppressed or grouped.
    System,
}

impl MessageKind {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Update => "update",
            Self::Digest => "digest",
            Self::Heartbeat => "heartbeat",
            Self::System => "system",
        }
    }

    fn from_name(text: &str) -> Option<Self> {
        [Self::Finding, Self::Update, Self::Digest, Self::Heartbeat, Self::System]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// One labelled value. In version 1 a value may be an object ("Request Parameters").
#[derive(Clone, Debug, PartialEq)]
pub struct MessageField {
    /// The label.
    pub key: String,
    /// A string, or JSON to be shown as is.
    pub value: Value,
}

/// A hint to destinations, such as `slack-preferred-channel`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageTag {
    /// The name.
    pub key: String,
    /// The value.
    pub value: String,
}

/// Where something was cut, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TruncatedField {
    /// JSON pointer into the message.
    pub path: String,
    /// The number of bytes removed.
    pub bytes: usize,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// One line: what happened.
    pub subject: String,
    /// The details, in order.
    pub fields: Vec<MessageField>,
    /// Name of the source, such as `CloudTrail`.
    pub source_name: Option<String>,
    /// An icon for the source.
    pub source_icon_url: Option<String>,
    /// Hints to destinations.
    pub tags: Vec<MessageTag>,
    /// The wire version that it was read from, or is to be written in; `1` has only the fields
    /// above.
    pub schema_version: String,
    /// The ARN of the SNS topic that delivered it, as the receiver knows it. Never on the wire.
    pub topic: Option<String>,
    /// Unique; the same for every delivery of this message.
    pub id: String,
    /// The kind of message.
    pub kind: MessageKind,
    /// When it was built; for stored logs, the time of the last event.
    pub time: Option<Timestamp>,
    /// The key of its group.
    pub fingerprint: Fingerprint,
    /// The severity; `None` in messages of version 1, which have none.
    pub severity: Option<Level>,
    /// The number of findings in the group.
    pub count: u64,
    /// Whose calls it concerns: the ARN of a user or role, an identity provider, or
    /// `account/111122223333` for everything from a foreign account.
    pub identity: Option<String>,
    /// The principal as fingerprints know it: for a role that several persons share, one person.
    pub principal: Option<String>,
    /// For denials, which of two things it looks like.
    pub looks_like: Option<OpenEnum<LooksLike>>,
    /// Its content, typed.
    pub facts: Facts,
    /// The case that it is about.
    pub case: Option<CaseFacts>,
    /// An OCSF Detection Finding.
    pub finding: Option<Value>,
    /// What was cut to keep the message within its limits.
    pub truncated: Vec<TruncatedField>,
}

impl Message {
    /// The value of a field as text; JSON values are written as compact JSON.
    pub fn field_text(&self, key: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.key == key)?;
        Some(match &field.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// The value of a tag.
    pub fn tag_value(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
    }

    /// Whether it is of version 1, whose publishers wrote only fields.
    pub fn is_version_1(&self) -> bool {
        self.schema_version == VERSION_1
    }

    /// The severity's name, or `unknown`.
    pub fn severity_name(&self) -> &'static str {
        self.severity.map_or("unknown", Level::as_str)
    }
}

/// Any value as text: a string as it is, `null` as an empty text, everything else as JSON.
fn value_as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
