//! What a source has to answer. Everything else asks it through this, and never by name.

use serde_json::Value;

use super::field::FieldEntry;
use super::id::SourceId;
use crate::envelope::span::MemberSpans;
use crate::event::Event;

/// The longest record that is read, in bytes. CloudTrail itself keeps records under 350 KB.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// A kind of log: how its records are recognised, decoded and understood.
pub trait LogSource: Sync {
    /// Its id.
    fn id(&self) -> SourceId;

    /// Whether a JSON object is one of its records, judged by its members' names alone. Called only
    /// for objects that are not envelopes, and in the order of the registry: the first source to say
    /// yes gets the record.
    fn identify(&self, record: JsonObject<'_>) -> bool;

    /// Whether a folder below `AWSLogs/ACCOUNT/` holds its objects, as `CloudTrail` does.
    fn owns_folder(&self, folder: &str) -> bool;

    /// Whether the `detail` of EventBridge events with this `detail-type` is one of its records.
    fn owns_detail_type(&self, _detail_type: &str) -> bool {
        false
    }

    /// Whether accounts write it all the time, so that an account's silence means something.
    fn is_steady(&self) -> bool {
        false
    }

    /// The fields of its records; rules see no others.
    fn fields(&self) -> &'static [FieldEntry];

    /// The fields that are computed from others.
    fn derived(&self) -> &'static [DerivedField];

    /// The fields that show whether a record is an event, and when it happened.
    fn essentials(&self) -> Essentials;

    /// Decodes one record. Its [`Event::id`] is the record's identity: records with equal ids in one
    /// account are one event, however often they arrive.
    ///
    /// # Errors
    /// [`RecordProblem`] when it is too long, is not a JSON object, or lacks what makes it an event.
    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem>;
}

/// What an envelope says about a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordContext<'a> {
    /// The account that owns the log group, of records out of CloudWatch Logs.
    pub owner: Option<&'a str>,
}

/// An object as it is written.
#[derive(Clone, Copy, Debug)]
pub struct JsonObject<'a>(pub &'a [u8]);

impl<'a> JsonObject<'a> {
    /// Whether the object begins with this text, which costs nothing to ask.
    pub fn starts_with(self, text: &str) -> bool {
        self.0.starts_with(text.as_bytes())
    }

    /// Whether it has a member of one of these names.
    pub fn has_any(self, names: &[&str]) -> bool {
        self.members().any(|one| names.iter().any(|name| name.as_bytes() == &*one.key))
    }

    /// Whether it has members of all these names.
    pub fn has_all(self, names: &[&str]) -> bool {
        names.iter().all(|name| self.has_any(&[name]))
    }

    fn members(self) -> impl Iterator<Item = crate::envelope::span::MemberSpan<'a>> {
        MemberSpans::new(self.0, 0).filter(move |_| self.0.starts_with(b"{"))
    }
}

/// A field that no record has itself: the program computes it from others.
#[derive(Clone, Copy, Debug)]
pub struct DerivedField {
    /// The name: `aware.outcome`.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its values in a record; none if the record is not an event.
    pub values: fn(&Value) -> Vec<String>,
}

/// The fields, all at the top of a record, that show that it is an event.
#[derive(Clone, Copy, Debug)]
pub struct Essentials {
    /// Two texts that every event has.
    pub names: [&'static str; 2],
    /// When it happened, in RFC 3339.
    pub time: &'static str,
}

/// Why a record is not an event.
#[derive(Debug, thiserror::Error)]
pub enum RecordProblem {
    /// Longer than [`MAX_RECORD_BYTES`].
    #[error("record of {0} bytes is over the limit of {MAX_RECORD_BYTES}")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("record is not UTF-8: {0}")]
    Encoding(#[from] std::str::Utf8Error),
    /// Not JSON, or nested deeper than 128.
    #[error("record is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A JSON value other than an object.
    #[error("record is {0}, not an object")]
    NotAnObject(&'static str),
    /// A field that every record has is missing.
    #[error("record has no `{0}`")]
    Missing(&'static str),
    /// A field that every record has is of another type.
    #[error("`{field}` is {found}, not {expected}")]
    Mistyped {
        /// The field.
        field: &'static str,
        /// The type found.
        found: &'static str,
        /// The type expected.
        expected: &'static str,
    },
}
