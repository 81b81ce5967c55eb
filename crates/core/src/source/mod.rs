//! The kinds of log that are read: one folder each, behind one contract.
//!
//! To add one, write its folder and list it in [`SOURCES`]: envelopes, rules, findings and messages
//! find it there.

pub mod alb;
mod arn_principal;
pub mod cloudtrail;
pub mod common;
pub mod contract;
pub mod defined;
pub mod eks_audit;
mod enriched;
pub mod field;
pub mod findings;
mod http;
pub mod id;
mod json;
pub mod network_firewall;
pub mod route53_resolver;
pub mod s3_access;
mod surrogates;
pub mod time;
pub mod vpc_flow;
pub mod waf;

use serde_json::Value;

use crate::event::Event;
use contract::{
    DerivedField, JsonObject, LineReader, LineSettings, LogSource, RecordContext, RecordProblem,
    TEXT_HEAD,
};
use field::{FieldEntry, FieldPath, UnknownField};

pub use id::SourceId;

/// Every source, CloudTrail first: a record that no source recognises is judged as CloudTrail's.
#[rustfmt::skip]
pub static SOURCES: &[&dyn LogSource] = &[
    &cloudtrail::CloudTrail,
    &route53_resolver::Route53Resolver,
    &findings::GUARDDUTY,
    &findings::SECURITY_HUB,
    &findings::ACCESS_ANALYZER,
    &findings::INSPECTOR,
    &findings::MACIE,
    &findings::CONFIG,
    &findings::HEALTH,
    &vpc_flow::VpcFlow,
    &vpc_flow::VpcTraffic,
    &eks_audit::EksAudit,
    &s3_access::S3Access,
    &alb::Alb,
    &waf::Waf,
    &network_firewall::NetworkFirewall,
];

/// Every source: those of this crate, and what the owner has defined.
pub fn all_sources() -> impl Iterator<Item = &'static dyn LogSource> {
    SOURCES.iter().copied().chain(defined::sources())
}

/// The source with this id.
pub fn source_of(id: SourceId) -> &'static dyn LogSource {
    all_sources().find(|source| source.id() == id).unwrap_or(&cloudtrail::CloudTrail)
}

/// The id with this stable name, such as `cloudtrail`.
///
/// ```
/// use aware_core::source::{cloudtrail, id_of};
///
/// assert_eq!(id_of("CloudTrail"), Some(cloudtrail::ID));
/// assert_eq!(id_of("syslog"), None);
/// ```
pub fn id_of(name: &str) -> Option<SourceId> {
    all_sources().map(LogSource::id).find(|id| id.as_str().eq_ignore_ascii_case(name))
}

/// The ids of all sources.
pub fn ids() -> impl Iterator<Item = SourceId> {
    all_sources().map(LogSource::id)
}

/// The source whose record a JSON object is. What the owner has defined comes last, but before
/// CloudTrail where a record lacks what all of CloudTrail's have.
pub fn identify(record: &[u8]) -> Option<SourceId> {
    let object = JsonObject(record);
    if !object.has_members() {
        return None;
    }
    let known = SOURCES.iter().find(|source| source.identify(object)).map(|source| source.id());
    let is_sure = |id| id != cloudtrail::ID || cloudtrail::is_whole_record(object);
    if defined::defined_settings().is_none() || known.is_some_and(is_sure) {
        return known;
    }
    defined::identify(record).or(known)
}

/// The same for a parsed record; CloudTrail if no source recognises it.
pub fn identify_value(record: &Value) -> SourceId {
    identify(record.to_string().as_bytes()).unwrap_or(cloudtrail::ID)
}

/// Reads a record of any source. A record that no source recognises is judged as CloudTrail's.
///
/// ```
/// use aware_core::event::Outcome;
/// use aware_core::source::decode_record;
///
/// let event = decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z",
///     "eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "errorCode": "AccessDenied",
///     "recipientAccountId": "111122223333"}"#)?;
/// assert_eq!(event.action.to_string(), "iam:ListUsers");
/// assert_eq!(event.outcome, Outcome::Denied);
/// assert_eq!(event.account.as_deref(), Some("111122223333"));
/// assert!(decode_record(b"{}").is_err());
/// # Ok::<(), aware_core::source::contract::RecordProblem>(())
/// ```
///
/// # Errors
/// Those of [`LogSource::decode`].
pub fn decode_record(record: &[u8]) -> Result<Event, RecordProblem> {
    let id = identify(record.trim_ascii()).unwrap_or(cloudtrail::ID);
    source_of(id).decode(record, RecordContext::default())
}

/// The source whose objects are in this folder below `AWSLogs/ACCOUNT/`.
pub fn owner_of_folder(folder: &str) -> Option<SourceId> {
    all_sources().find(|source| source.owns_folder(folder)).map(LogSource::id)
}

/// The source whose records are the details of EventBridge events with this `detail-type`.
pub fn owner_of_detail_type(detail_type: &str) -> Option<SourceId> {
    SOURCES.iter().find(|source| source.owns_detail_type(detail_type)).map(|source| source.id())
}

/// A reader of a text's lines and its source, if some source's log is text like this.
pub fn line_reader<'a>(
    text: &[u8],
    settings: LineSettings<'a>,
) -> Option<(SourceId, Box<dyn LineReader + 'a>)> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    if matches!(text.first(), None | Some(b'{' | b'[')) {
        return None;
    }
    let cut = text.get(..TEXT_HEAD).map(|head| {
        let whole = memchr::memrchr(b'\n', head).unwrap_or(head.len());
        head.get(..whole).unwrap_or_default()
    });
    let head = String::from_utf8_lossy(cut.unwrap_or(text));
    all_sources().find_map(|source| Some((source.id(), source.line_reader(&head, settings)?)))
}

/// The fields of one source's records, or of all sources'.
///
/// ```
/// use aware_core::source::{cloudtrail, fields};
///
/// let fields = fields(Some(cloudtrail::ID));
/// let arn = fields.iter().find(|field| field.name == "userIdentity.arn").unwrap();
/// assert_eq!(arn.kind, "string");
/// ```
pub fn fields(id: Option<SourceId>) -> Vec<FieldEntry> {
    of(id).flat_map(|source| source.fields()).copied().collect()
}

/// The derived fields of one source, or of all sources; then a name may occur twice.
pub fn derived(id: Option<SourceId>) -> impl Iterator<Item = &'static DerivedField> {
    of(id).flat_map(|source| source.derived()).chain(enriched::TABLE)
}

/// The derived fields that every source has.
pub fn derived_everywhere() -> &'static [DerivedField] {
    enriched::TABLE
}

/// Finds a field by name, in one source or in any.
///
/// ```
/// use aware_core::source::path;
///
/// let record = serde_json::json!({"userIdentity": {"userName": "alice"}});
/// let name = path(None, "userIdentity.userName")?;
/// assert_eq!(name.text_in(&record), Some("alice"));
/// let unknown = path(None, "userIdentity.usrName").unwrap_err();
/// assert_eq!(unknown.hint, Some("userIdentity.userName"));
/// # Ok::<(), aware_core::source::field::UnknownField>(())
/// ```
///
/// # Errors
/// [`UnknownField`] with the nearest name.
pub fn path(id: Option<SourceId>, name: &str) -> Result<FieldPath, UnknownField> {
    let paths = of(id).map(|source| FieldPath::parse_name(source.fields(), name));
    let mut first = None;
    for path in paths {
        match path {
            Ok(path) => return Ok(path),
            Err(unknown) => {
                first = first.filter(|one: &UnknownField| one.hint.is_some()).or(Some(unknown));
            }
        }
    }
    Err(first.unwrap_or_else(|| UnknownField { name: name.to_owned(), hint: None }))
}

fn of(id: Option<SourceId>) -> impl Iterator<Item = &'static dyn LogSource> {
    all_sources().filter(move |source| id.is_none_or(|id| source.id() == id))
}
