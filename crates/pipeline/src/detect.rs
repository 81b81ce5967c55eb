//! From a body's bytes to findings: the step that the daemon, functions and `scan` share.

use std::sync::Arc;

use aware_core::envelope::decompress::Limits;
use aware_core::envelope::unpack::{NestedBudget, Unpacked, Unpacker};
use aware_core::envelope::{self, Kind, S3Object, other_logs, span};
use aware_core::event::Event;
use aware_core::reject::{Reject, Rejects};
use aware_core::silence::Place;
use aware_core::source::cloudtrail::{self, MAX_RECORD_BYTES};
use aware_core::source::glance::Glance;
use aware_core::source::sift::{HEAD, Sieve, Sifted, TIME};
use aware_rules::engine::Engine;
use jiff::Timestamp;

use super::found::Found;
use super::known::{Known, Repeated};
use crate::rule_set::RuleSet;

/// Finds what the rules match in bodies. Keeps its buffers between bodies.
pub struct Detector {
    unpacker: Unpacker,
    limits: Limits,
    tools: Tools,
}

/// What a body held. `records = events + rejects that name a record`.
#[derive(Debug, Default)]
pub struct Detected {
    /// Bytes after decompression.
    pub bytes: u64,
    /// Records seen.
    pub records: u64,
    /// Records that are events.
    pub events: u64,
    /// Events that meet a rule, and what they came to; only of [`Detector::detect`].
    pub found: Vec<Found>,
    /// Objects that a notice spoke of, to be fetched.
    pub objects: Vec<S3Object>,
    /// What could not be read.
    pub rejects: Rejects,
    /// Digest files, control messages and the like.
    pub skipped: u64,
    /// The time of the earliest event.
    pub first: Option<Timestamp>,
    /// The time of the latest event.
    pub last: Option<Timestamp>,
    /// Where and when the first record's call was made; only if asked for.
    pub heard: Option<(Place, Timestamp)>,
    /// What other log the body is, where nothing of it is CloudTrail's: `VPC flow log`. It is a
    /// reject, unless the caller skips such bodies.
    pub other_log: Option<&'static str>,
}

/// What an event came to that meets a rule.
#[derive(Debug)]
pub enum Came {
    /// Its findings, and how many bytes its record has.
    To(Box<Found>, usize),
    /// It repeats findings that this detector gave before; only if asked for.
    Again(Box<Repeated>),
}

/// Takes what events came to, in the order of the body.
type Take<'t> = &'t mut dyn FnMut(Came);

/// What looking needs, apart from the buffer that is looked at.
struct Tools {
    sieve: Sieve,
    rules: Arc<RuleSet>,
    engine: Engine,
    known: Known,
    /// Whether it is told which place a body comes from.
    listens: bool,
}

impl Detector {
    /// A detector with these rules.
    pub fn new(rules: Arc<RuleSet>) -> Self {
        let engine = Engine::new(Arc::clone(rules.watched()));
        Self {
            unpacker: Unpacker::new(Limits::default()),
            limits: Limits::default(),
            tools: Tools {
                sieve: Sieve::new(engine.gate()),
                engine,
                rules,
                known: Known::default(),
                listens: false,
            },
        }
    }

    /// A detector that reports a repetition of a finding as such, without decoding it.
    pub fn with_repeats(rules: Arc<RuleSet>) -> Self {
        let mut detector = Self::new(rules);
        detector.tools.known.wanted = true;
        detector
    }

    /// A detector that tells which place a body comes from.
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

    /// Looks through one body. Never fails: what cannot be read is a reject. All that was found is
    /// kept: for bodies that are known to be small.
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

    /// The same, handing on what each event came to: nothing is kept that grows with the body.
    pub fn detect_each(&mut self, kind: Kind, body: &[u8], take: Take<'_>) -> Detected {
        let mut detected = Detected::default();
        let Self { unpacker, limits, tools } = self;
        let mut budget = NestedBudget::new(*limits, body.len());
        unpacker.unpack(body, &mut |unpacked| match unpacked {
            Unpacked::Body { member, bytes } => {
                let mut part = Detected { bytes: bytes.len() as u64, ..Detected::default() };
                let mut look = Look { tools, detected: &mut part, take };
                budget.spend(look.body(kind, bytes, budget.limits()));
                detected.join(member, part, bytes);
            }
            Unpacked::Reject { member, problem } => {
                detected.rejects.push(Reject::body(within(member, &problem)));
            }
            Unpacked::Skipped => detected.skipped += 1,
        });
        if detected.is_unread() && detected.other_log.is_none() {
            detected.name_other_log(body);
        }
        detected
    }
}

/// A problem, behind the name of the member of an archive that has it.
fn within(member: Option<&str>, problem: &str) -> String {
    member.map_or_else(|| problem.to_owned(), |member| format!("{member}: {problem}"))
}

/// Looking through one body.
struct Look<'a> {
    tools: &'a mut Tools,
    detected: &'a mut Detected,
    take: Take<'a>,
}

impl Look<'_> {
    /// Looks through a body; how many bytes were made of what is packed within it.
    fn body(&mut self, kind: Kind, body: &[u8], limits: Limits) -> usize {
        let Tools { sieve, engine, .. } = &mut *self.tools;
        let is_file = matches!(kind, Kind::Any | Kind::Records | Kind::Lines);
        let sifted = is_file.then(|| sieve.sift(body, engine.gate())).flatten();
        match sifted {
            Some(sifted) => {
                if self.tools.listens {
                    let head = body.len() - body.trim_ascii_start().len() + HEAD.len();
                    let end = span::end_of_value(body, head).ok();
                    self.detected.heard = end.and_then(|end| heard(body.get(head..end)?));
                }
                self.keep(body, &sifted);
                0
            }
            None => self.open(kind, body, limits),
        }
    }

    /// The fast way: only what sifting kept is looked at.
    fn keep(&mut self, body: &[u8], sifted: &Sifted) {
        self.detected.records += sifted.records;
        self.detected.events += sifted.records;
        for time in [sifted.first, sifted.last].into_iter().flatten() {
            self.detected.span(timestamp(&time));
        }
        for (number, range) in &sifted.kept {
            let record = body.get(range.clone()).unwrap_or_default();
            if !self.record(*number, record) {
                self.detected.events -= 1;
            }
        }
    }

    /// The slow way: every record of the envelope is looked at.
    fn open(&mut self, kind: Kind, body: &[u8], limits: Limits) -> usize {
        let opened = envelope::open_each(kind, body, limits, &mut |number, record| {
            if self.tools.listens && number == 1 {
                self.detected.heard = heard(record);
            }
            self.detected.events += u64::from(self.record(number, record));
        });
        self.detected.records += opened.seen();
        self.detected.skipped += opened.skipped.total();
        self.detected.objects.extend(opened.objects);
        self.detected.rejects.extend(opened.rejects);
        opened.nested
    }
}

/// Where and when the call of a record was made; numbers and names that AWS would not write are
/// nowhere.
fn heard(record: &[u8]) -> Option<(Place, Timestamp)> {
    let event = cloudtrail::decode(record).ok()?;
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    let is_region = |text: &str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !text.is_empty() && text.len() <= 32 && text.bytes().all(plain)
    };
    let account = event.account.filter(|account| is_account(account))?;
    let region = Some(event.region).filter(|region| is_region(region))?;
    Some((Place { account, region }, event.time))
}

/// What the engine made of a record.
enum Scanned {
    /// No rule matches, and it is an event of this time.
    Dull(Timestamp),
    /// These rules match.
    Matched(Vec<u32>),
    /// Only decoding can tell.
    Odd,
}

impl Tools {
    fn scan(&mut self, record: &[u8]) -> Scanned {
        let Ok(text) = std::str::from_utf8(record) else { return Scanned::Odd };
        if record.len() > MAX_RECORD_BYTES {
            return Scanned::Odd;
        }
        match self.engine.scan(text) {
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
    /// Runs the rules on one record and decodes it if need be; false when it is a reject.
    fn record(&mut self, number: u64, record: &[u8]) -> bool {
        let matched = match self.tools.scan(record) {
            Scanned::Dull(time) => {
                self.detected.span(Some(time));
                return true;
            }
            Scanned::Matched(matched) => matched,
            Scanned::Odd => Vec::new(),
        };
        let known = &self.tools.known;
        let glance = (known.wanted && !matched.is_empty()).then(|| Glance::at(record)).flatten();
        if let Some(repeat) = glance.as_ref().and_then(|glance| known.repeat(&matched, glance)) {
            self.detected.span(Some(repeat.sighting.time));
            (self.take)(Came::Again(Box::new(repeat)));
            return true;
        }
        match cloudtrail::decode(record) {
            Ok(event) => {
                self.detected.span(Some(event.time));
                let key = glance.and_then(|glance| glance.key());
                self.found(&matched, &event, key.as_deref(), record.len());
                true
            }
            Err(problem) => {
                self.detected.rejects.push(Reject::record(number, problem));
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

impl Detected {
    /// Whether nothing of the body could be read.
    pub fn is_unread(&self) -> bool {
        let is_empty = self.events == 0 && self.skipped == 0 && self.objects.is_empty();
        is_empty && !self.rejects.is_empty()
    }

    /// Takes in what one body of a file came to.
    fn join(&mut self, member: Option<&str>, mut part: Self, body: &[u8]) {
        if part.is_unread() {
            part.name_other_log(body);
        }
        self.bytes += part.bytes;
        self.records += part.records;
        self.events += part.events;
        self.skipped += part.skipped;
        self.objects.extend(part.objects);
        self.span(part.first);
        self.span(part.last);
        self.heard = self.heard.take().or(part.heard);
        if member.is_none() {
            self.other_log = part.other_log;
        }
        self.rejects.extend(part.rejects.named(|problem| within(member, problem)));
    }

    fn name_other_log(&mut self, body: &[u8]) {
        self.other_log = other_logs::log_of_body(body);
        if let Some(log) = self.other_log {
            // What it holds are no records of CloudTrail.
            (self.records, self.rejects) = (0, Rejects::default());
            let problem = format!("{log}, which holds no CloudTrail records");
            self.rejects.push(Reject::body(problem));
        }
    }

    /// Counts a log of another service as skipped: a bucket may hold several services' logs.
    pub fn skip_other_log(&mut self) {
        if self.other_log.is_some() {
            self.rejects = Rejects::default();
            self.skipped += 1;
        }
    }

    fn span(&mut self, time: Option<Timestamp>) {
        let Some(time) = time else { return };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }
}

fn timestamp(time: &[u8; TIME]) -> Option<Timestamp> {
    std::str::from_utf8(time).ok()?.parse().ok()
}
