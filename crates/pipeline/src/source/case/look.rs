//! The second look at a body at hand: what the principals of open cases did besides what the rules
//! match. It is taken once the body's own findings are kept, so that it follows cases that the body
//! itself opened.

use std::collections::HashSet;
use std::sync::Arc;

use aware_cases::advise;
use aware_cases::case::{CaseBook, CaseEvent};
use aware_cases::triage::PrincipalHistories;
use aware_core::enrichment::Enrichment;
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::unpack::FileUnpacker;
use aware_core::envelope::{EnvelopeKind, OpenedBody, RawRecord};
use aware_core::source::cloudtrail::split::{RecordSieve, SiftResult};
use aware_core::source::contract::LineSettings;
use aware_core::source::{cloudtrail, source_of};

use crate::matched_event::MatchedEvent;
use crate::port::EventKey;
use crate::records::{RecordVisitor, walk_records};
use crate::scan::follow::FollowFilter;
use crate::source::{DeliverySafety, SourceHalf};
use crate::stable_hash::stable_hash;

/// How many events one part of a look keeps; a body with more is looked at again for the rest.
const PART_EVENTS: usize = 2_000;
/// How often a body is looked at for principals that an earlier look revealed.
const MAX_LOOKS: usize = 3;

/// Events of a body that are known, by hash: a collision only means that an event that nothing
/// matched is not followed.
#[derive(Debug, Default)]
pub(in crate::source) struct BodyLook {
    known: HashSet<u64>,
    enrichment: Arc<Enrichment>,
}

impl BodyLook {
    /// Nothing is known yet, but accounts.
    pub(in crate::source) fn new(enrichment: &Arc<Enrichment>) -> Self {
        Self { known: HashSet::new(), enrichment: Arc::clone(enrichment) }
    }

    /// Notes an event that the first look kept.
    pub(in crate::source) fn note_known(&mut self, key: &EventKey) {
        self.known.insert(stable_hash((&key.account, &key.id)));
    }
}

impl SourceHalf {
    /// Adds what the principals of these findings, and those followed already, did besides in the
    /// same body: it is told with them, not after them.
    pub(in crate::source) async fn add_followed(
        &self,
        found: &mut Vec<MatchedEvent>,
        body: (EnvelopeKind, &[u8]),
        look: &mut BodyLook,
    ) {
        let texts = texts_of(found);
        let Some(filter) = self.follow_filter_with(&texts).await else { return };
        let limits = *self.limits.read().await;
        found.extend(find_events(&filter, limits, body, look));
        // A step takes some hundred events: those of one principal belong together.
        found.sort_by(|a, b| actor_of(a).cmp(&actor_of(b)));
    }

    /// Looks for what followed principals did in a body, and keeps it.
    pub(in crate::source) async fn follow_body(
        &self,
        (kind, body): (EnvelopeKind, &[u8]),
        look: &mut BodyLook,
    ) -> DeliverySafety {
        let limits = *self.limits.read().await;
        let mut safe = DeliverySafety::Yes;
        let mut filter = self.follow_filter().await;
        for _ in 0..MAX_LOOKS {
            let Some(now) = filter else { break };
            loop {
                let part = find_events(&now, limits, (kind, body), look);
                let is_last = part.len() < PART_EVENTS;
                if !part.is_empty() {
                    safe = safe.less_safe(self.keep_findings(part, None).await);
                }
                if is_last {
                    break;
                }
            }
            // What was found may have revealed others.
            filter = self.follow_filter().await.filter(|next| !Arc::ptr_eq(next, &now));
        }
        safe
    }
}

/// By which texts the records of principals with findings are found, judged by these events alone.
fn texts_of(found: &[MatchedEvent]) -> Vec<String> {
    let (mut book, mut histories) = (CaseBook::new(), PrincipalHistories::new());
    for one in found {
        one.observed.iter().for_each(|observed| histories.record_observation(observed));
        one.case_event.iter().for_each(|event| book.record_event(event));
    }
    book.follow_plan(&histories).texts
}

fn actor_of(found: &MatchedEvent) -> Option<&str> {
    found.case_event.as_ref().map(|event| event.principal.key.as_str())
}

/// Events of followed principals that are not known yet, which are known then.
fn find_events(
    filter: &FollowFilter,
    limits: DecompressionLimits,
    body: (EnvelopeKind, &[u8]),
    look: &mut BodyLook,
) -> Vec<MatchedEvent> {
    let sieve = RecordSieve::for_filter(filter);
    let mut follower = BodyFollower { filter, sieve, look, found: Vec::new() };
    let settings = (limits, LineSettings::nothing());
    walk_records(&mut FileUnpacker::new(limits), settings, body, &mut follower);
    follower.found
}

struct BodyFollower<'a> {
    filter: &'a FollowFilter,
    sieve: RecordSieve,
    look: &'a mut BodyLook,
    found: Vec<MatchedEvent>,
}

/// Problems are those of the first look, which has counted them.
impl RecordVisitor for BodyFollower<'_> {
    fn begin(&mut self, _member: Option<&str>, _body: &[u8]) {}

    fn sift(&mut self, kind: EnvelopeKind, body: &[u8]) -> Option<SiftResult> {
        let is_file =
            matches!(kind, EnvelopeKind::Any | EnvelopeKind::Records | EnvelopeKind::Lines);
        is_file.then(|| self.sieve.sift_body(body, self.filter)).flatten()
    }

    fn sifted(&mut self, _body: &[u8], _sifted: &SiftResult) {}

    fn record(&mut self, record: RawRecord<'_>) {
        let is_wanted = self.found.len() < PART_EVENTS
            && record.source == cloudtrail::ID
            && self.filter.lets_through(record.bytes);
        if is_wanted {
            self.take_record(&record);
        }
    }

    fn opened(&mut self, _opened: OpenedBody) {}

    fn end(&mut self, _member: Option<&str>, _body: &[u8]) {}

    fn reject(&mut self, _member: Option<&str>, _problem: String) {}

    fn skipped(&mut self) {}
}

impl BodyFollower<'_> {
    fn take_record(&mut self, raw: &RawRecord<'_>) {
        let Ok(event) = source_of(raw.source).decode(raw.bytes, raw.context) else { return };
        let why = advise::explain_event(&event).map(Box::new);
        let read = CaseEvent::knowing(&event, Vec::new(), why, &self.look.enrichment);
        let key = EventKey { account: read.account.clone(), id: read.event_id.clone() };
        let is_new = self.filter.is_about(&read)
            && self.look.known.insert(stable_hash((&key.account, &key.id)));
        if is_new {
            self.found.push(MatchedEvent::for_case(key, read));
        }
    }
}
