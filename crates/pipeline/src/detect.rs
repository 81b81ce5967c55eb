//! From a body's bytes to findings: the step that the daemon, the functions and `scan` share.

use std::sync::Arc;

use aware_core::envelope::decompress::Limits;
use aware_core::envelope::unpack::Unpacker;
use aware_core::envelope::{Kind, Opened, RawRecord, span};
use aware_core::event::Event;
use aware_core::reject::Reject;
use aware_core::silence::Place;
use aware_core::source::cloudtrail::glance::Glance;
use aware_core::source::cloudtrail::split::{HEAD, Sieve, Sifted, TIME};
use aware_core::source::contract::MAX_RECORD_BYTES;
use aware_core::source::{SourceId, cloudtrail, source_of};
use aware_rules::engine::SourceEngines;
use jiff::Timestamp;

use super::detected::within;
use super::found::Found;
use super::known::{Known, Repeated};
use super::records::{RecordVisitor, sifted_record, walk_records};
use crate::rule_set::RuleSet;

pub use super::detected::Detected;

/// Finds what the rules match in bodies. Reuses its buffers.
pub struct Detector {
    unpacker: Unpacker,
    limits: Limits,
    tools: Tools,
}

/// An event that matches a rule.
#[derive(Debug)]
pub enum Came {
    /// Its findings, and the size of its record in bytes.
    To(Box<Found>, usize),
    /// It repeats findings that this detector has already returned; only if requested.
    Again(Box<Repeated>),
}

/// Receives events, in the order of the body.
type Take<'t> = &'t mut dyn FnMut(Came);

/// What inspecting a record needs, apart from the buffer.
struct Tools {
    sieve: Sieve,
    rules: Arc<RuleSet>,
    engines: SourceEngines,
    known: Known,
    /// Whether to report which place a body comes from.
    listens: bool,
}

impl Detector {
    /// A detector with these rules.
    pub fn new(rules: Arc<RuleSet>) -> Self {
        let engines = SourceEngines::new(rules.watched());
        Self {
            unpacker: Unpacker::new(Limits::default()),
            limits: Limits::default(),
            tools: Tools {
                sieve: Sieve::new(engines.gate()),
                engines,
                rules,
                known: Known::default(),
                listens: false,
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
    pub fn listening(rules: Arc<RuleSet>) -> Self {
        let mut detector = Self::new(rules);
        detector.tools.listens = true;
        detector
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { unpacker: Unpacker::new(limits), limits, ..self }
    }

    /// The rules it works with.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.tools.rules
    }

    /// Detects everything in one body and keeps it: for bodies that are known to be small. Never
    /// fails: what cannot be read is a reject.
    pub fn detect(&mut self, kind: Kind, body: &[u8]) -> Detected {
        let mut all = Vec::new();
        let mut detected = self.detect_each(kind, body, &mut |came| {
            if let Came::To(found, _) = came {
                all.push(*found);
            }
        });
        detected.found = all;
        detected
    }

    /// The same, but passes each event on: nothing is kept that grows with the body.
    pub fn detect_each(&mut self, kind: Kind, body: &[u8], take: Take<'_>) -> Detected {
        let Self { unpacker, limits, tools } = self;
        let (mut detected, part) = (Detected::default(), Detected::default());
        let mut look = Look { tools, all: &mut detected, part, take };
        walk_records(unpacker, *limits, (kind, body), &mut look);
        if detected.is_unread() && detected.other_log.is_none() {
            detected.name_other_log(body);
        }
        detected
    }
}

/// Inspects one body.
struct Look<'a> {
    tools: &'a mut Tools,
    all: &'a mut Detected,
    /// What the body at hand came to: of an archive's members one after the other.
    part: Detected,
    take: Take<'a>,
}

impl RecordVisitor for Look<'_> {
    fn begin(&mut self, _member: Option<&str>, body: &[u8]) {
        self.part = Detected { bytes: body.len() as u64, ..Detected::default() };
    }

    fn sift(&mut self, kind: Kind, body: &[u8]) -> Option<Sifted> {
        let Tools { sieve, engines, .. } = &mut *self.tools;
        let is_file = matches!(kind, Kind::Any | Kind::Records | Kind::Lines);
        is_file.then(|| sieve.sift(body, engines.gate())).flatten()
    }

    fn sifted(&mut self, body: &[u8], sifted: &Sifted) {
        if self.tools.listens {
            let head = body.len() - body.trim_ascii_start().len() + HEAD.len();
            let end = span::end_of_value(body, head).ok();
            let first = end.and_then(|end| body.get(head..end));
            self.part.heard = first.and_then(|one| heard(&sifted_record(1, one)));
        }
        self.part.records += sifted.records;
        self.part.events += sifted.records - sifted.kept.len() as u64;
        for time in [sifted.first, sifted.last].into_iter().flatten() {
            self.part.span(timestamp(&time));
        }
    }

    fn record(&mut self, record: RawRecord<'_>) {
        if self.tools.listens && record.number == 1 && self.part.heard.is_none() {
            self.part.heard = heard(&record);
        }
        self.part.events += u64::from(self.is_event(&record));
    }

    fn opened(&mut self, opened: Opened) {
        self.part.records += opened.seen();
        self.part.skipped += opened.skipped.total();
        self.part.objects.extend(opened.objects);
        self.part.rejects.extend(opened.rejects);
    }

    fn end(&mut self, member: Option<&str>, body: &[u8]) {
        let part = std::mem::take(&mut self.part);
        self.all.join(member, part, body);
    }

    fn reject(&mut self, member: Option<&str>, problem: String) {
        self.all.rejects.push(Reject::body(within(member, &problem)));
    }

    fn skipped(&mut self) {
        self.all.skipped += 1;
    }
}

/// Where and when a record's event happened, of a source whose silence says something; numbers and
/// names that AWS would not write are nowhere.
fn heard(record: &RawRecord<'_>) -> Option<(Place, Timestamp)> {
    let source = source_of(record.source);
    let event = source.decode(record.bytes, record.context).ok().filter(|_| source.is_steady())?;
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    let is_region = |text: &str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !text.is_empty() && text.len() <= 32 && text.bytes().all(plain)
    };
    let account = event.account.filter(|account| is_account(account))?;
    let region = Some(event.region).filter(|region| is_region(region))?;
    Some((Place { account, region }, event.time))
}

/// The engine's verdict on a record.
enum Scanned {
    /// No rule matches, and it is an event at this time.
    Dull(Timestamp),
    /// These rules match.
    Matched(Vec<u32>),
    /// Only decoding can decide.
    Odd,
}

impl Tools {
    fn scan(&mut self, source: SourceId, record: &[u8]) -> Scanned {
        let Ok(text) = std::str::from_utf8(record) else { return Scanned::Odd };
        if record.len() > MAX_RECORD_BYTES {
            return Scanned::Odd;
        }
        match self.engines.engine_for(source).scan(text) {
            Ok(scanned) if !scanned.matches.is_empty() => {
                Scanned::Matched(scanned.matches.to_vec())
            }
            Ok(scanned) if scanned.is_named => {
                let time = scanned.time.and_then(|time| time.parse().ok());
                time.map_or(Scanned::Odd, Scanned::Dull)
            }
            _ => Scanned::Odd,
        }
    }
}

impl Look<'_> {
    /// Runs the rules on one record, and decodes it if necessary; false if it is a reject.
    fn is_event(&mut self, raw: &RawRecord<'_>) -> bool {
        let RawRecord { number, source, bytes: record, context } = *raw;
        let matched = match self.tools.scan(source, record) {
            Scanned::Dull(time) => {
                self.part.span(Some(time));
                return true;
            }
            Scanned::Matched(matched) => matched,
            Scanned::Odd => Vec::new(),
        };
        let known = &self.tools.known;
        let is_wanted = known.wanted && !matched.is_empty() && source == cloudtrail::ID;
        let glance = is_wanted.then(|| Glance::at(record)).flatten();
        if let Some(repeat) = glance.as_ref().and_then(|glance| known.repeat(&matched, glance)) {
            self.part.span(Some(repeat.sighting.time));
            (self.take)(Came::Again(Box::new(repeat)));
            return true;
        }
        match source_of(source).decode(record, context) {
            Ok(event) => {
                self.part.span(Some(event.time));
                let key = glance.and_then(|glance| glance.key());
                self.found(&matched, &event, key.as_deref(), record.len());
                true
            }
            Err(problem) => {
                self.part.rejects.push(Reject::record(number, problem));
                false
            }
        }
    }

    fn found(&mut self, matched: &[u32], event: &Event, key: Option<&str>, bytes: usize) {
        if matched.is_empty() {
            return;
        }
        let tools = &mut *self.tools;
        let found = Found::new(&tools.rules, matched, event);
        let is_plain = || matched.iter().all(|rule| tools.rules.is_plain(*rule));
        if let Some(key) = key.filter(|_| found.hidden.is_empty() && is_plain()) {
            let findings = matched.iter().copied().zip(&found.findings);
            tools.known.learn(key, findings, found.observed.as_ref());
        }
        if !found.is_nothing() {
            (self.take)(Came::To(Box::new(found), bytes));
        }
    }
}

fn timestamp(time: &[u8; TIME]) -> Option<Timestamp> {
    std::str::from_utf8(time).ok()?.parse().ok()
}
