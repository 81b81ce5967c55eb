//! The second look at stored logs: what the principals of cases did besides.
//!
//! Detection keeps what the rules match. Once it is known whose cases are open, the bodies of their
//! time are read again for everything else that they did. Records are dismissed by their bytes
//! unless they show one of the wanted keys or ARNs.

mod filter;
mod plain;
mod progress;
mod times;

use std::collections::BTreeSet;
use std::sync::Arc;

use aware_cases::advise;
use aware_cases::case::{CaseBook, CaseEvent, FollowPlan};
use aware_core::enrichment::Enrichment;
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::unpack::FileUnpacker;
use aware_core::envelope::{EnvelopeKind, OpenedBody, RawRecord};
use aware_core::source::cloudtrail::glance::RecordGlance;
use aware_core::source::cloudtrail::split::{RecordSieve, SiftResult};
use aware_core::source::contract::LineSettings;
use aware_core::source::{cloudtrail, source_of};

use super::SeenEvents;
use crate::records::{RecordVisitor, walk_records};
use plain::PlainReader;

pub(crate) use filter::FollowFilter;

pub(super) use progress::LookProgress;
pub(super) use times::BodyTimes;

/// What a second look is for: the same for all of its threads.
#[derive(Debug)]
pub struct SecondLook {
    plan: FollowPlan,
    filter: FollowFilter,
    times: Arc<BodyTimes>,
    known: Arc<Enrichment>,
}

/// What was read again, and what of it was new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowedTotals {
    /// Files (or objects, or bodies) read again.
    pub files: u64,
    /// Bytes read again, compressed if the input is.
    pub bytes: u64,
    /// Principals whose other events were looked for.
    pub principals: u64,
    /// Principals for whom that would be worth it too, beyond the most that are followed.
    pub left_out: u64,
    /// Events that the first look had left out.
    pub events: u64,
    /// What could not be read again, and why.
    pub problems: Vec<String>,
}

/// How many problems are kept by name.
const MAX_PROBLEMS: usize = 100;
/// How many access keys are remembered.
const MAX_MET: usize = 100_000;

impl SecondLook {
    /// A look for what a plan wants, with what is known of the bodies' times.
    pub(super) fn new(plan: FollowPlan, times: Arc<BodyTimes>, known: &Arc<Enrichment>) -> Self {
        let filter = FollowFilter::new(&plan.texts);
        Self { filter, plan, times, known: Arc::clone(known) }
    }

    /// Whether a body may hold a wanted event.
    pub fn wants_body(&self, origin: &str) -> bool {
        self.times.may_overlap(origin, &self.plan)
    }

    fn wants_event(&self, event: &CaseEvent) -> bool {
        self.plan.wants_span(event.time, event.time) && self.filter.is_about(event)
    }
}

impl FollowedTotals {
    /// Notes something that could not be read again.
    pub fn add_problem(&mut self, problem: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Adds another thread's.
    pub(super) fn add_all(&mut self, more: Self) {
        self.files += more.files;
        self.bytes += more.bytes;
        self.events += more.events;
        more.problems.into_iter().for_each(|problem| self.add_problem(problem));
    }
}

/// One thread's part of a second look.
pub struct FollowScan {
    look: Arc<SecondLook>,
    sieve: RecordSieve,
    /// `None` only while it is in use.
    unpacker: Option<FileUnpacker>,
    limits: DecompressionLimits,
    pub(super) book: CaseBook,
    plain: PlainReader,
    /// The access keys of events that were found: all of their records were.
    pub(super) met: BTreeSet<String>,
    /// The totals so far.
    pub sums: FollowedTotals,
}

impl FollowScan {
    /// An empty part.
    pub fn new(look: &Arc<SecondLook>, limits: DecompressionLimits) -> Self {
        Self {
            sieve: RecordSieve::for_filter(&look.filter),
            look: Arc::clone(look),
            unpacker: Some(FileUnpacker::new(limits)),
            limits,
            book: CaseBook::new(),
            plain: PlainReader::default(),
            met: BTreeSet::new(),
            sums: FollowedTotals::default(),
        }
    }

    /// Reads a body again, or whole lines of it; what is seen already is left out. The caller counts
    /// the body itself.
    pub fn follow_part(&mut self, kind: EnvelopeKind, part: &[u8], seen: &SeenEvents) {
        let Some(mut unpacker) = self.unpacker.take() else { return };
        let limits = self.limits;
        self.sums.bytes += part.len() as u64;
        let settings = (limits, LineSettings::nothing());
        walk_records(&mut unpacker, settings, (kind, part), &mut BodyFollower { part: self, seen });
        self.unpacker = Some(unpacker);
    }
}

/// Follows the records of one body. Problems are those of the first look, which has counted them.
struct BodyFollower<'a> {
    part: &'a mut FollowScan,
    seen: &'a SeenEvents,
}

impl RecordVisitor for BodyFollower<'_> {
    fn begin(&mut self, _member: Option<&str>, _body: &[u8]) {}

    fn sift(&mut self, kind: EnvelopeKind, body: &[u8]) -> Option<SiftResult> {
        let FollowScan { sieve, look, .. } = &mut *self.part;
        let is_file =
            matches!(kind, EnvelopeKind::Any | EnvelopeKind::Records | EnvelopeKind::Lines);
        is_file.then(|| sieve.sift_body(body, &look.filter)).flatten()
    }

    fn sifted(&mut self, _body: &[u8], _sifted: &SiftResult) {}

    fn record(&mut self, record: RawRecord<'_>) {
        if record.source == cloudtrail::ID && self.part.look.filter.lets_through(record.bytes) {
            self.follow_record(&record);
        }
    }

    fn opened(&mut self, _opened: OpenedBody) {}

    fn end(&mut self, _member: Option<&str>, _body: &[u8]) {}

    fn reject(&mut self, _member: Option<&str>, _problem: String) {}

    fn skipped(&mut self) {}
}

impl BodyFollower<'_> {
    /// Records the event of a record that may be wanted.
    fn follow_record(&mut self, raw: &RawRecord<'_>) {
        let glance = RecordGlance::read_record(raw.bytes);
        let key = glance.as_ref().and_then(RecordGlance::event_key);
        if key.is_some_and(|(account, id)| self.seen.is_recorded(account, id)) {
            return;
        }
        let plain = glance.as_ref().and_then(RecordGlance::plain_event);
        let read = plain.as_ref().and_then(|plain| self.part.plain.read_event(plain));
        let Some(event) = read.or_else(|| decode_event(raw, &self.part.look.known)) else { return };
        if let Some(plain) = plain {
            self.part.plain.learn_principal(plain, &event);
        }
        let FollowScan { look, met, sums, book, .. } = &mut *self.part;
        if !look.wants_event(&event) || !self.seen.claim_for_case(&event.account, &event.event_id) {
            return;
        }
        if let Some(key) = &event.principal.access_key
            && !met.contains(key)
            && met.len() < MAX_MET
            && look.filter.is_by(&event)
        {
            met.insert(key.clone());
        }
        sums.events += 1;
        book.record_event(&event);
    }
}

fn decode_event(raw: &RawRecord<'_>, known: &Enrichment) -> Option<CaseEvent> {
    let event = source_of(raw.source).decode(raw.bytes, raw.context).ok()?;
    let why = advise::explain_event(&event);
    Some(CaseEvent::knowing(&event, Vec::new(), why.map(Box::new), known))
}
