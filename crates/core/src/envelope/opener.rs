//! What is common to opening every form of body: the remaining budget, and handing records on.

use std::borrow::Cow;

use super::decompress::DecompressionLimits;
use super::opened::{EnvelopeKind, OpenedBody, RawRecord, TakeRecord};
use super::span::SpanError;
use crate::source::contract::{EventCarrier, LineReader, LineSettings, RecordContext};
use crate::source::id::SourceId;
use crate::source::{cloudtrail, identify};

/// What CloudTrail publishes to an SNS topic when a trail is configured to notify it.
pub(super) const VALIDATION: &str = "CloudTrail validation message.";

/// Opens the documents of one body.
pub(super) struct BodyOpener<'s> {
    pub(super) kind: EnvelopeKind,
    pub(super) limits: DecompressionLimits,
    /// Remaining bytes that the body's nested parts may produce.
    pub(super) left: usize,
    pub(super) opened: OpenedBody,
    /// What reading lines of text depends on.
    pub(super) lines: LineSettings<'s>,
    /// The reader of the lines that envelopes hold, one by one.
    pub(super) reader: Option<(SourceId, Box<dyn LineReader + 's>)>,
    /// What the envelope says about its records.
    pub(super) around: AroundRecords,
    pub(super) take: TakeRecord<'s>,
}

/// What an envelope says about its records.
#[derive(Clone, Debug, Default)]
pub(super) struct AroundRecords {
    /// The account that owns the log group whose events are gone through, and the group's name.
    pub(super) owner: Option<String>,
    pub(super) log_group: Option<String>,
    /// The event that carries them: detail-type, account, region, time and id.
    pub(super) carrier: Option<[String; 5]>,
}

impl AroundRecords {
    pub(super) fn to_context(&self) -> RecordContext<'_> {
        let carrier = self.carrier.as_ref().map(|[kind, account, region, time, id]| EventCarrier {
            kind,
            account,
            region,
            time,
            id,
        });
        RecordContext {
            owner: self.owner.as_deref(),
            log_group: self.log_group.as_deref(),
            carrier,
        }
    }
}

impl BodyOpener<'_> {
    /// Passes a record on.
    pub(super) fn emit_record(&mut self, record: &[u8]) {
        if self.accepts_kind(EnvelopeKind::Records) {
            self.emit_unchecked(record);
        }
    }

    /// Hands a record on that the kind of envelope was asked for already. What no source knows is
    /// for CloudTrail's decoder to refuse.
    pub(super) fn emit_unchecked(&mut self, record: &[u8]) {
        self.push_of(identify(record).unwrap_or(cloudtrail::ID), record);
    }

    /// The same where the envelope says whose record it is.
    pub(super) fn push_of(&mut self, source: SourceId, record: &[u8]) {
        self.opened.seen += 1;
        let (number, context) = (self.opened.seen, self.around.to_context());
        (self.take)(RawRecord { number, source, bytes: record, context, is_sum: false });
    }

    pub(super) fn accepts_kind(&mut self, found: EnvelopeKind) -> bool {
        let fits =
            matches!(self.kind, EnvelopeKind::Any | EnvelopeKind::Lines) || self.kind == found;
        if !fits {
            let (expected, found) = (self.kind.as_str(), found.as_str());
            self.opened.reject_body(format_args!(
                "expected an envelope of kind `{expected}`, found `{found}`"
            ));
        }
        fits
    }

    /// A string's text; it is copied only when it has escapes.
    pub(super) fn string_text<'a>(
        &mut self,
        value: Option<&'a [u8]>,
    ) -> Result<Option<Cow<'a, str>>, OverLimit> {
        let Some(value) = value.filter(|value| value.starts_with(b"\"")) else { return Ok(None) };
        if memchr::memchr(b'\\', value).is_some() {
            self.charge_bytes(value.len())?;
        }
        Ok(json_text(value))
    }

    pub(super) fn charge_bytes(&mut self, bytes: usize) -> Result<(), OverLimit> {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        left.map(|_| ()).ok_or(OverLimit)
    }

    pub(super) fn reject_over_limit(&mut self) {
        let limit = self.limits.max_nested;
        self.opened.reject_record(format_args!(
            "what is packed in the body comes to over {limit} bytes (hint: `limits.nested` allows more)"
        ));
    }
}

/// The nested parts of a body are together larger than allowed.
pub(super) struct OverLimit;

/// The text of a JSON string.
pub(super) fn json_text(value: &[u8]) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_some() {
        return serde_json::from_slice::<String>(value).ok().map(Cow::Owned);
    }
    std::str::from_utf8(inner).ok().map(Cow::Borrowed)
}

/// Names what is wrong with a value that has no end.
pub(super) fn describe_span_error(problem: SpanError, what: &str) -> String {
    match problem {
        SpanError::Cut => format!("{what} is cut (hint: the file may still be being written)"),
        SpanError::Broken(at) => format!("{what} is broken at byte {at}"),
    }
}
