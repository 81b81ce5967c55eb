//! From a body's bytes to findings: the step that the daemon, the functions and `scan` share.

use std::sync::Arc;

use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::unpack::FileUnpacker;
use aware_core::envelope::{EnvelopeKind, OpenedBody, RawRecord, span};
use aware_core::event::Event;
use aware_core::reject::Reject;
use aware_core::silence::AccountRegion;
use aware_core::source::cloudtrail::glance::RecordGlance;
use aware_core::source::cloudtrail::split::{HEAD, RecordSieve, SiftResult, TIME};
use aware_core::source::contract::{LineSettings, MAX_RECORD_BYTES};
use aware_core::source::{SourceId, cloudtrail, source_of};
use aware_rules::engine::SourceEngines;
use aware_rules::rule::CompiledRule;
use jiff::Timestamp;

use super::detected::name_member;
use super::known_groups::{KnownGroups, LearnedEvent, RepeatedEvent};
use super::matched_event::MatchedEvent;
use super::records::{RecordVisitor, sifted_record, walk_records};
use crate::case_facts;
use crate::rule_set::RuleSet;

pub use super::detected::DetectedBody;

/// Finds what the rules match in bodies. Reuses its buffers.
pub struct Detector {
    unpacker: FileUnpacker,
    limits: DecompressionLimits,
    tools: DetectionTools,
}

/// An event that matches a rule.
#[derive(Debug)]
pub enum DetectedEvent {
    /// Its findings, and the size of its record in bytes.
    Matched(Box<MatchedEvent>, usize),
    /// It repeats findings that this detector has already returned; only if requested.
    Repeated(Box<RepeatedEvent>),
}

/// Receives events, in the order of the body.
type EventSink<'t> = &'t mut dyn FnMut(DetectedEvent);

/// What inspecting a record needs, apart from the buffer.
struct DetectionTools {
    sieve: RecordSieve,
    rules: Arc<RuleSet>,
    engines: SourceEngines,
    /// The sources that rules name.
    wanted: Arc<[SourceId]>,
    known: KnownGroups,
    /// Whether to report which place a body comes from.
    reports_place: bool,
}

impl Detector {
    /// A detector with these rules.
    pub fn new(rules: Arc<RuleSet>) -> Self {
        let engines = SourceEngines::new(rules.engine_rules(), Some(rules.enrichment()));
        Self {
            unpacker: FileUnpacker::new(DecompressionLimits::default()),
            limits: DecompressionLimits::default(),
            tools: DetectionTools {
                sieve: RecordSieve::for_filter(engines.gate()),
                engines,
                wanted: named_sources(rules.engine_rules()),
                rules,
                known: KnownGroups::default(),
                reports_place: false,
            },
        }
    }

    /// A detector that reports a repeated finding as such, without decoding it.
    pub fn with_repeats(rules: Arc<RuleSet>) -> Self {
        let mut detector = Self::new(rules);
        detector.tools.known.wanted = true;
        detector
    }

    /// A detector that reports which place a body comes from.
    pub fn with_places(rules: Arc<RuleSet>) -> Self {
        let mut detector = Self::new(rules);
        detector.tools.reports_place = true;
        detector
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: DecompressionLimits) -> Self {
        Self { unpacker: FileUnpacker::new(limits), limits, ..self }
    }

    /// The rules it works with.
    pub fn rule_set(&self) -> &Arc<RuleSet> {
        &self.tools.rules
    }

    /// Detects everything in one body and keeps it: for bodies that are known to be small. Never
    /// fails: what cannot be read is a reject.
    ///
    /// ```
    /// use aware_core::envelope::EnvelopeKind;
    /// use aware_pipeline::detect::Detector;
    /// use aware_pipeline::rule_set::{RuleSet, RuleSetParts};
    /// use aware_rules::shipped::load_shipped;
    ///
    /// let rules = load_shipped().rules.into_iter().map(|rule| (rule.clone(), rule.enabled)).collect();
    /// let rules = RuleSet::new(RuleSetParts {
    ///     rules,
    ///     correlations: Default::default(),
    ///     suppressions: Vec::new(),
    ///     lateness: None,
    /// });
    /// let mut detector = Detector::new(rules.into());
    /// let body = br#"{"Records": [{"eventTime": "2026-11-24T03:54:07Z", "eventVersion": "1.11",
    ///     "eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "errorCode": "AccessDenied",
    ///     "recipientAccountId": "111122223333"}]}"#;
    /// let detected = detector.detect_all(EnvelopeKind::Any, body);
    /// assert_eq!((detected.records, detected.events), (1, 1));
    /// assert_eq!(detected.found[0].findings[0].action, "iam:ListUsers");
    /// ```
    pub fn detect_all(&mut self, kind: EnvelopeKind, body: &[u8]) -> DetectedBody {
        let mut all = Vec::new();
        let mut detected = self.detect_each(kind, body, &mut |came| {
            if let DetectedEvent::Matched(found, _) = came {
                all.push(*found);
            }
        });
        detected.found = all;
        detected
    }

    /// The same, but passes each event on: nothing is kept that grows with the body.
    pub fn detect_each(
        &mut self,
        kind: EnvelopeKind,
        body: &[u8],
        take: EventSink<'_>,
    ) -> DetectedBody {
        let Self { unpacker, limits, tools } = self;
        let (rules, wanted) = (Arc::clone(&tools.rules), Arc::clone(&tools.wanted));
        let (mut detected, part) = (DetectedBody::default(), DetectedBody::default());
        let mut look = BodyInspector { tools, all: &mut detected, part, take };
        let lines = LineSettings { known: rules.enrichment(), wanted: &wanted };
        walk_records(unpacker, (*limits, lines), (kind, body), &mut look);
        if detected.is_unread() && detected.other_log.is_none() {
            detected.name_other_log(body);
        }
        detected
    }
}

/// Inspects one body.
struct BodyInspector<'a> {
    tools: &'a mut DetectionTools,
    all: &'a mut DetectedBody,
    /// The counts of the current body; in an archive, of the current member.
    part: DetectedBody,
    take: EventSink<'a>,
}

impl RecordVisitor for BodyInspector<'_> {
    fn begin(&mut self, _member: Option<&str>, body: &[u8]) {
        self.part = DetectedBody { bytes: body.len() as u64, ..DetectedBody::default() };
    }

    fn sift(&mut self, kind: EnvelopeKind, body: &[u8]) -> Option<SiftResult> {
        let DetectionTools { sieve, engines, .. } = &mut *self.tools;
        let is_file =
            matches!(kind, EnvelopeKind::Any | EnvelopeKind::Records | EnvelopeKind::Lines);
        is_file.then(|| sieve.sift_body(body, engines.gate())).flatten()
    }

    fn sifted(&mut self, body: &[u8], sifted: &SiftResult) {
        if self.tools.reports_place {
            let head = body.len() - body.trim_ascii_start().len() + HEAD.len();
            let end = span::end_of_value(body, head).ok();
            let first = end.and_then(|end| body.get(head..end));
            self.part.place = first.and_then(|one| place_of_record(&sifted_record(1, one)));
        }
        self.part.records += sifted.records;
        self.part.events += sifted.records - sifted.kept.len() as u64;
        for time in [sifted.first, sifted.last].into_iter().flatten() {
            self.part.extend_span(parse_timestamp(&time));
        }
    }

    fn record(&mut self, record: RawRecord<'_>) {
        if self.tools.reports_place && record.number == 1 && self.part.place.is_none() {
            self.part.place = place_of_record(&record);
        }
        let is_event = self.is_event(&record);
        self.part.events += u64::from(is_event && !record.is_sum);
    }

    fn opened(&mut self, opened: OpenedBody) {
        self.part.records += opened.records_seen();
        self.part.events += opened.counted;
        for second in opened.counted_span.into_iter().flat_map(|(first, last)| [first, last]) {
            self.part.extend_span(Timestamp::from_second(second).ok());
        }
        self.part.skipped += opened.skipped.total();
        self.part.objects.extend(opened.objects);
        self.part.rejects.merge_log(opened.rejects);
    }

    fn end(&mut self, member: Option<&str>, body: &[u8]) {
        let part = std::mem::take(&mut self.part);
        self.all.add_part(member, part, body);
    }

    fn reject(&mut self, member: Option<&str>, problem: String) {
        self.all.rejects.push(Reject::for_body(name_member(member, &problem)));
    }

    fn skipped(&mut self) {
        self.all.skipped += 1;
    }
}

/// The sources that rules name.
fn named_sources(rules: &[CompiledRule]) -> Arc<[SourceId]> {
    let mut named: Vec<SourceId> = Vec::new();
    for source in rules.iter().filter_map(|rule| rule.source) {
        if !named.contains(&source) {
            named.push(source);
        }
    }
    named.into()
}

/// Where and when a record's event happened, for a source whose silence is a sign of trouble.
/// `None` if the account or the region is not in AWS's form.
fn place_of_record(record: &RawRecord<'_>) -> Option<(AccountRegion, Timestamp)> {
    let source = source_of(record.source);
    let event = source.decode(record.bytes, record.context).ok().filter(|_| source.is_steady())?;
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    let is_region = |text: &str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !text.is_empty() && text.len() <= 32 && text.bytes().all(plain)
    };
    let account = event.account.filter(|account| is_account(account))?;
    let region = Some(event.region).filter(|region| is_region(region))?;
    Some((AccountRegion { account, region }, event.time))
}

/// The engine's verdict on a record.
enum RecordMatch {
    /// No rule matches, and it is an event at this time.
    NoMatch(Timestamp),
    /// These rules match.
    Matched(Vec<u32>),
    /// Only decoding can decide.
    NeedsDecode,
}

impl DetectionTools {
    fn match_record(&mut self, source: SourceId, record: &[u8]) -> RecordMatch {
        let Ok(text) = std::str::from_utf8(record) else { return RecordMatch::NeedsDecode };
        if record.len() > MAX_RECORD_BYTES {
            return RecordMatch::NeedsDecode;
        }
        match self.engines.engine_for(source).scan_record(text) {
            Ok(scanned) if !scanned.matches.is_empty() => {
                RecordMatch::Matched(scanned.matches.to_vec())
            }
            Ok(scanned) if scanned.is_named => {
                let time = scanned.time.and_then(|time| time.parse().ok());
                time.map_or(RecordMatch::NeedsDecode, RecordMatch::NoMatch)
            }
            _ => RecordMatch::NeedsDecode,
        }
    }
}

impl BodyInspector<'_> {
    /// Runs the rules on one record, and decodes it if necessary; false if it is a reject.
    fn is_event(&mut self, raw: &RawRecord<'_>) -> bool {
        let RawRecord { number, source, bytes: record, context, .. } = *raw;
        let matched = match self.tools.match_record(source, record) {
            RecordMatch::NoMatch(time) => {
                self.part.extend_span(Some(time));
                return true;
            }
            RecordMatch::Matched(matched) => matched,
            RecordMatch::NeedsDecode => Vec::new(),
        };
        let known = &self.tools.known;
        let is_wanted = known.wanted && !matched.is_empty() && source == cloudtrail::ID;
        let glance = is_wanted.then(|| RecordGlance::read_record(record)).flatten();
        if let Some(repeat) = glance.as_ref().and_then(|glance| known.find_repeat(&matched, glance))
        {
            self.part.extend_span(Some(repeat.sighting.time));
            (self.take)(DetectedEvent::Repeated(Box::new(repeat)));
            return true;
        }
        match source_of(source).decode(record, context) {
            Ok(event) => {
                self.part.extend_span(Some(event.time));
                let key = glance.and_then(|glance| glance.grouping_key());
                self.emit_matched(&matched, &event, key.as_deref(), record.len());
                true
            }
            Err(problem) => {
                self.part.rejects.push(Reject::for_record(number, problem));
                false
            }
        }
    }

    fn emit_matched(&mut self, matched: &[u32], event: &Event, key: Option<&str>, bytes: usize) {
        if matched.is_empty() {
            return;
        }
        let tools = &mut *self.tools;
        let found = MatchedEvent::new(&tools.rules, matched, event);
        let is_plain = || matched.iter().all(|rule| tools.rules.is_plain(*rule));
        let is_told_whole = found
            .case_event
            .as_deref()
            .is_some_and(|event| case_facts::has_facts(event) || case_facts::may_name_stack(event));
        let key = key.filter(|_| found.hidden.is_empty() && !is_told_whole && is_plain());
        if let Some(key) = key {
            tools.known.learn_findings(&LearnedEvent {
                key,
                rules: matched,
                findings: &found.findings,
                observed: found.observed.as_ref(),
                case_event: found.case_event.as_deref(),
            });
        }
        if !found.is_nothing() {
            (self.take)(DetectedEvent::Matched(Box::new(found), bytes));
        }
    }
}

fn parse_timestamp(time: &[u8; TIME]) -> Option<Timestamp> {
    std::str::from_utf8(time).ok()?.parse().ok()
}
