//! Searches stored logs for events, for commands that need few of many: a record whose bytes cannot
//! match is not decoded.

use std::borrow::Cow;

use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::unpack::FileUnpacker;
use aware_core::envelope::{EnvelopeKind, OpenedBody, RawRecord};
use aware_core::event::Event;
use aware_core::reject::Reject;
use aware_core::source::cloudtrail::glance::RecordGlance;
use aware_core::source::cloudtrail::split::{RecordFilter, RecordSieve, SiftResult, TIME};
use aware_core::source::contract::LineSettings;
use aware_core::source::{cloudtrail, source_of};
use aware_pipeline::records::{RecordVisitor, walk_records};
use aware_pipeline::scan::SeenEvents;
use jiff::Timestamp;

use super::{BodySink, ReadOptions};
use crate::exit::{CommandExit, CommandFailure};

/// How many rejects are reported.
const MAX_REPORTED: usize = 5;
/// How many rejects are kept, from which the first are reported.
const MAX_KEPT: usize = 1_000;

/// A search for events.
pub(crate) trait EventSearch: Sync {
    /// Whether a record's bytes may match. Not called for records with a `\u` escape, which may
    /// hide anything: those are always decoded.
    fn may_match(&self, record: &[u8]) -> bool;

    /// Takes an event that may match, each once. Threads call it in any order.
    fn take_event(&self, event: Event);
}

/// The search, in the form that the sieve needs.
struct SearchFilter<'a, S>(&'a S);

impl<S: EventSearch> RecordFilter for SearchFilter<'_, S> {
    fn search_texts(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn keeps_match(&self, _needle: usize, _after: &[u8]) -> bool {
        true
    }

    fn keeps_all(&self) -> bool {
        false
    }

    fn keeps_record(&self, record: &[u8]) -> bool {
        self.0.may_match(record)
    }
}

/// Totals of what was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadTotals {
    /// Records that are events, as far as they were inspected.
    pub(crate) events: u64,
    /// Something that could not be read.
    pub(crate) rejects: u64,
    /// The earliest event of any principal.
    pub(crate) first: Option<Timestamp>,
    /// The latest event.
    pub(crate) last: Option<Timestamp>,
    named: Vec<String>,
}

/// Searches logs.
///
/// # Errors
/// If a path is invalid; what cannot be read is a reject.
pub(crate) fn search_logs(
    paths: &[String],
    manner: &ReadOptions,
    search: &impl EventSearch,
) -> Result<ReadTotals, CommandFailure> {
    let seen = SeenEvents::default();
    let escape = memchr::memmem::Finder::new(b"\\u");
    let taker = || EventTaker {
        unpacker: FileUnpacker::new(DecompressionLimits::default()),
        look: EventInspector {
            search,
            seen: &seen,
            escape: &escape,
            sieve: RecordSieve::for_filter(&SearchFilter(search)),
            sums: ReadTotals::default(),
            kind: EnvelopeKind::Any,
            before: 0,
        },
    };
    let parts = super::read_logs(paths, manner, taker)?;
    let mut sums = ReadTotals::default();
    parts.into_iter().for_each(|part| sums.merge_part(part.look.sums));
    Ok(sums)
}

impl ReadTotals {
    fn merge_part(&mut self, other: Self) {
        self.events += other.events;
        self.rejects += other.rejects;
        self.named.extend(other.named);
        [other.first, other.last].into_iter().flatten().for_each(|time| self.extend_span(time));
    }

    fn extend_span(&mut self, time: Timestamp) {
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }

    fn add_reject(&mut self, problem: String) {
        self.rejects += 1;
        if self.named.len() < MAX_KEPT {
            self.named.push(problem);
        }
    }

    /// Reports the first rejects, and returns the exit status that follows from them.
    pub(crate) fn report_rejects(&self) -> CommandExit {
        let mut named = self.named.clone();
        named.sort_unstable();
        named.iter().take(MAX_REPORTED).for_each(|problem| tracing::warn!("{problem}"));
        let told = named.len().min(MAX_REPORTED) as u64;
        if self.rejects > told {
            tracing::warn!("{} more rejects", self.rejects - told);
        }
        if self.rejects == 0 { CommandExit::Done } else { CommandExit::Input }
    }
}

/// One thread's part of a search.
struct EventTaker<'a, S> {
    unpacker: FileUnpacker,
    look: EventInspector<'a, S>,
}

/// What inspecting a record needs, apart from the buffer.
struct EventInspector<'a, S> {
    search: &'a S,
    seen: &'a SeenEvents,
    escape: &'a memchr::memmem::Finder<'static>,
    sieve: RecordSieve,
    sums: ReadTotals,
    /// How the current part is read.
    kind: EnvelopeKind,
    /// How many records the earlier parts of the body had: they are numbered throughout.
    before: u64,
}

impl<S: EventSearch> BodySink for EventTaker<'_, S> {
    fn begin_body(&mut self) {
        self.look.before = 0;
    }

    fn take_part(&mut self, origin: &str, kind: EnvelopeKind, bytes: &[u8]) {
        let Self { unpacker, look } = self;
        look.kind = kind;
        let mut visit = Visit { origin, name: Cow::Borrowed(origin), look };
        let settings = (DecompressionLimits::default(), LineSettings::nothing());
        walk_records(unpacker, settings, (kind, bytes), &mut visit);
    }

    fn take_reject(&mut self, origin: &str, problem: String) {
        self.look.sums.add_reject(format!("{origin}: {problem}"));
    }

    fn skip_objects(&mut self, _count: u64) {}
}

/// Looking through one file.
struct Visit<'v, 'a, S> {
    origin: &'v str,
    /// The name of the current body: of the file, and of the member of an archive.
    name: Cow<'v, str>,
    look: &'v mut EventInspector<'a, S>,
}

impl<S: EventSearch> RecordVisitor for Visit<'_, '_, S> {
    fn begin(&mut self, member: Option<&str>, _body: &[u8]) {
        self.name = name_member(self.origin, member);
    }

    fn sift(&mut self, _kind: EnvelopeKind, body: &[u8]) -> Option<SiftResult> {
        self.look.sieve.sift_body(body, &SearchFilter(self.look.search))
    }

    fn sifted(&mut self, _body: &[u8], sifted: &SiftResult) {
        self.look.dismissed(sifted);
    }

    fn record(&mut self, record: RawRecord<'_>) {
        self.look.inspect_record(&self.name, record);
    }

    fn opened(&mut self, opened: OpenedBody) {
        self.look.inspect_envelope(&self.name, opened);
    }

    fn end(&mut self, _member: Option<&str>, _body: &[u8]) {}

    fn reject(&mut self, member: Option<&str>, problem: String) {
        self.look.sums.add_reject(format!("{}: {problem}", name_member(self.origin, member)));
    }

    fn skipped(&mut self) {}
}

/// The name of a body: of the file, and of the archive member.
fn name_member<'o>(origin: &'o str, member: Option<&str>) -> Cow<'o, str> {
    member.map_or(Cow::Borrowed(origin), |member| Cow::Owned(format!("{origin}: {member}")))
}

impl<S: EventSearch> EventInspector<'_, S> {
    /// What sifting left out is known to be events.
    fn dismissed(&mut self, sifted: &SiftResult) {
        self.sums.events += sifted.records - sifted.kept.len() as u64;
        for time in [sifted.first, sifted.last].into_iter().flatten() {
            parse_timestamp(&time).into_iter().for_each(|time| self.sums.extend_span(time));
        }
    }

    /// How many records came before those of the current part.
    fn before(&self) -> u64 {
        if self.kind == EnvelopeKind::Lines { self.before } else { 0 }
    }

    /// What the body holds besides its records, which have been inspected.
    fn inspect_envelope(&mut self, origin: &str, opened: OpenedBody) {
        let before = self.before();
        self.before = before + opened.records_seen();
        for reject in &opened.rejects {
            let number = reject.record.map(|number| before + number);
            let reject = Reject { record: number, problem: reject.problem.clone() };
            self.sums.add_reject(format!("{origin}: {reject}"));
        }
        self.sums.rejects += opened.rejects.total_count() - opened.rejects.iter().count() as u64;
        for object in opened.objects {
            self.sums.add_reject(format!(
                "{origin}: a notice of s3://{}/{} is not a log (hint: read the object)",
                object.bucket, object.key
            ));
        }
    }

    fn inspect_record(&mut self, origin: &str, record: RawRecord<'_>) {
        let record = RawRecord { number: self.before() + record.number, ..record };
        let bytes = record.bytes;
        let has_glance = record.source == cloudtrail::ID;
        let dull = has_glance && self.escape.find(bytes).is_none() && !self.search.may_match(bytes);
        let glance = if dull { RecordGlance::read_record(bytes) } else { None };
        match glance.and_then(|glance| glance.outcome_and_time()) {
            Some((_, time)) => {
                self.sums.events += 1;
                self.sums.extend_span(time);
            }
            None => self.decode_record(origin, record),
        }
    }

    fn decode_record(&mut self, origin: &str, record: RawRecord<'_>) {
        let number = record.number;
        match source_of(record.source).decode(record.bytes, record.context) {
            Ok(event) => {
                self.sums.events += 1;
                self.sums.extend_span(event.time);
                if self.seen.insert(event.account_or_unknown(), &event.id) {
                    self.search.take_event(event);
                }
            }
            Err(problem) => self.sums.add_reject(format!("{origin}: record {number}: {problem}")),
        }
    }
}

fn parse_timestamp(time: &[u8; TIME]) -> Option<Timestamp> {
    std::str::from_utf8(time).ok()?.parse().ok()
}
