//! The contract of a source. All other code uses a source through it, and never by name.

use serde_json::Value;

use super::field::FieldEntry;
use super::id::SourceId;
use crate::enrichment::Enrichment;
use crate::envelope::span::MemberSpans;
use crate::event::Event;
use crate::explanation::Explanation;

/// The longest record that is read, in bytes. CloudTrail itself keeps records under 350 KB.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// A kind of log: how to recognise its records, and how to read them.
pub trait LogSource: Sync {
    /// Its names.
    fn id(&self) -> SourceId;

    /// Whether a JSON object is one of its records, judged by the names of its members alone; the
    /// sources that the owner defines may also ask for values. Called only for objects that are not
    /// envelopes, in the order of the registry: the first source that says yes gets the record.
    fn identify(&self, record: JsonObject<'_>) -> bool;

    /// Whether a folder below `AWSLogs/ACCOUNT/` holds its objects, as `CloudTrail` does.
    fn owns_folder(&self, folder: &str) -> bool;

    /// Whether the details of EventBridge events with this `detail-type` are its records.
    fn owns_detail_type(&self, _detail_type: &str) -> bool {
        false
    }

    /// The member of such details that lists the records, where one event carries several.
    fn detail_list(&self) -> Option<&'static str> {
        None
    }

    /// A reader of its lines, if a text is its log, judged by its beginning: whole lines, of up to
    /// [`TEXT_HEAD`] bytes. Called for text that holds no JSON, in the order of the registry.
    fn line_reader<'a>(
        &self,
        _head: &str,
        _settings: LineSettings<'a>,
    ) -> Option<Box<dyn LineReader + 'a>> {
        None
    }

    /// Why an event was denied, and what would cure that, where IAM plays no part.
    fn explain(&self, _event: &Event) -> Option<Explanation> {
        None
    }

    /// What decides whether what its records tell of is let through.
    fn decided_by(&self) -> AccessDecider {
        AccessDecider::Others
    }

    /// Whether every account in use writes it all the time, so that silence is a sign of trouble.
    fn is_steady(&self) -> bool {
        false
    }

    /// The fields of its records; rules see no others.
    fn fields(&self) -> &'static [FieldEntry];

    /// The fields that are derived from several others, besides those that every source has.
    fn derived(&self) -> &'static [DerivedField];

    /// Whom a record names.
    fn parties(&self, record: &Value) -> RecordParties;

    /// Which fields show that a record is an event, and when it happened. Without any, each record is
    /// decoded to find out.
    fn essentials(&self) -> Option<Essentials>;

    /// Whether the owner defined it: what its records say is as true as whoever wrote them is careful.
    fn is_own(&self) -> bool {
        false
    }

    /// The values of a field that it derives by settings of its own.
    fn derived_values(&self, _name: &str, _record: &Value) -> Vec<String> {
        Vec::new()
    }

    /// Decodes one record. Its [`Event::id`] is the record's identity: records with equal ids in one
    /// account are one event, however often they arrive.
    ///
    /// # Errors
    /// [`RecordProblem`] when it is too long, is not a JSON object, or lacks what makes it
    /// an event.
    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem>;
}

/// What decides whether what a log tells of is let through: by it cases choose their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessDecider {
    /// IAM, and the error of a refusal says which kind of policy it was.
    Iam,
    /// IAM and the policy of a bucket, in a log that names no policy.
    Bucket,
    /// The roles of a Kubernetes cluster, and its admission.
    Kubernetes,
    /// Security groups and network ACLs.
    Network,
    /// Anything else, such as a firewall or a web server, or nothing.
    Others,
}

/// How many bytes of a text decide whose log it is.
pub const TEXT_HEAD: usize = 16 << 10;

/// What reading lines depends on.
#[derive(Clone, Copy, Debug)]
pub struct LineSettings<'a> {
    /// What is known of networks and of formats.
    pub known: &'a Enrichment,
    /// The sources of which rules want to see every line. Of others it is enough to sum them up.
    pub wanted: &'a [SourceId],
}

impl LineSettings<'_> {
    /// Nothing known, and no line wanted.
    pub fn nothing() -> LineSettings<'static> {
        LineSettings { known: Enrichment::nothing(), wanted: &[] }
    }
}

/// Reads the lines of one text, in order.
pub trait LineReader {
    /// Reads a line, without its line end.
    fn read_line(&mut self, line: &[u8]) -> ReadLine<'_>;

    /// The text has ended: hands on what sums up lines that were only counted.
    fn finish(&mut self, _take: &mut dyn FnMut(SourceId, &[u8])) {}
}

/// What a line is.
#[derive(Debug)]
pub enum ReadLine<'r> {
    /// A record, as a JSON object.
    Record(&'r [u8]),
    /// An event that is summed up later, at this time in seconds since 1970.
    Counted(i64),
    /// No record: a header, or a line without content.
    Nothing,
    /// What is wrong with it.
    Reject(String),
}

/// What the envelope says about a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordContext<'a> {
    /// The account that owns the log group, for records from CloudWatch Logs.
    pub owner: Option<&'a str>,
    /// The name of the log group.
    pub log_group: Option<&'a str>,
    /// What EventBridge says of the event that carries it.
    pub carrier: Option<EventCarrier<'a>>,
}

/// The members of an EventBridge event besides its detail. Only AWS can write them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCarrier<'a> {
    /// `detail-type`.
    pub kind: &'a str,
    /// `account`.
    pub account: &'a str,
    /// `region`.
    pub region: &'a str,
    /// `time`, in RFC 3339.
    pub time: &'a str,
    /// `id`.
    pub id: &'a str,
}

/// Of an object with more members than this, the others do not say whose record it is. Records of AWS
/// have fewer than a hundred.
const MAX_NAMED: usize = 4_096;

/// The text of a JSON object.
#[derive(Clone, Copy, Debug)]
pub struct JsonObject<'a>(pub &'a [u8]);

impl<'a> JsonObject<'a> {
    /// Whether the object begins with this text: a cheap test.
    pub fn starts_with(self, text: &str) -> bool {
        self.0.starts_with(text.as_bytes())
    }

    /// Whether it has a member of one of these names.
    pub fn has_any(self, names: &[&str]) -> bool {
        self.members().any(|one| names.iter().any(|name| name.as_bytes() == &*one.key))
    }

    /// Whether it has members of all these names.
    pub fn has_all(self, names: &[&str]) -> bool {
        let mut missing = names.to_vec();
        self.members().any(|one| {
            missing.retain(|name| name.as_bytes() != &*one.key);
            missing.is_empty()
        })
    }

    /// Whether it has any member.
    pub fn has_members(self) -> bool {
        self.members().next().is_some()
    }

    /// The first members, up to [`MAX_NAMED`]: every source asks for some of its own.
    fn members(self) -> impl Iterator<Item = crate::envelope::span::MemberSpan<'a>> {
        let is_object = self.0.starts_with(b"{");
        MemberSpans::new(self.0, 0).take(if is_object { MAX_NAMED } else { 0 })
    }
}

/// A field that records do not have: the program derives it from several others.
#[derive(Clone, Copy, Debug)]
pub struct DerivedField {
    /// The name: `aware.outcome`.
    pub name: &'static str,
    /// A short description.
    pub doc: &'static str,
    /// Its values.
    pub values: FieldValues,
}

impl DerivedField {
    /// A field of which the values are in the record.
    pub const fn of_record(
        name: &'static str,
        doc: &'static str,
        values: fn(&Value) -> Vec<String>,
    ) -> Self {
        Self { name, doc, values: FieldValues::OfRecord(values) }
    }
}

/// The values of a derived field; none if the record is not an event.
#[derive(Clone, Copy, Debug)]
pub enum FieldValues {
    /// They are in the record.
    OfRecord(fn(&Value) -> Vec<String>),
    /// The source's settings say where they are: [`LogSource::derived_values`] of this name.
    OfSettings(&'static str),
    /// They are known of whom it names.
    OfKnown {
        /// Reads them.
        values: fn(&RecordParties, &Enrichment) -> Vec<String>,
        /// Whether any record can have values, given what is known.
        has_values: fn(&Enrichment) -> bool,
    },
}

/// Whom a record names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordParties {
    /// The account that it happened in.
    pub account: Option<String>,
    /// Where it came from: an address, or the name of a service.
    pub address: Option<String>,
    /// The user or role that acted, `role/app`, without anything that a caller chooses.
    pub principal: String,
    /// The same as an ARN.
    pub arn: Option<String>,
    /// Its account.
    pub principal_account: Option<String>,
}

impl FieldValues {
    pub(super) const fn of_known(
        values: fn(&RecordParties, &Enrichment) -> Vec<String>,
        has_values: fn(&Enrichment) -> bool,
    ) -> Self {
        Self::OfKnown { values, has_values }
    }

    /// The values in a record of a source.
    pub fn values_in(
        self,
        source: &dyn LogSource,
        record: &Value,
        known: &Enrichment,
    ) -> Vec<String> {
        match self {
            Self::OfRecord(values) => values(record),
            Self::OfSettings(name) => source.derived_values(name, record),
            Self::OfKnown { values, .. } => values(&source.parties(record), known),
        }
    }

    /// Whether any record can have values, given what is known.
    pub fn can_be_had(self, known: &Enrichment) -> bool {
        match self {
            Self::OfRecord(_) | Self::OfSettings(_) => true,
            Self::OfKnown { has_values, .. } => has_values(known),
        }
    }
}

/// The top-level fields that show that a record is an event.
#[derive(Clone, Copy, Debug)]
pub struct Essentials {
    /// Two text fields that every event has.
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
    /// A field that should be a time is something else.
    #[error("`{field}` is `{found}`, not {expected}")]
    NoTime {
        /// The field.
        field: String,
        /// What it is, clipped and on one line.
        found: String,
        /// What it should look like.
        expected: String,
    },
}
