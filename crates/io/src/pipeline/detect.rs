//! From a body's bytes to findings: the step that the daemon, functions and `scan` share.

use std::sync::Arc;

use aware_core::envelope::decompress::{Inflater, Limits};
use aware_core::envelope::{self, Kind, S3Object};
use aware_core::event::Outcome;
use aware_core::finding::{Finding, Rule};
use aware_core::reject::Reject;
use aware_core::source::cloudtrail;
use aware_core::source::sift::{Sieve, Sifted, TIME};
use jiff::Timestamp;

/// Finds what the rules match in bodies. Keeps its buffers between bodies.
pub struct Detector {
    inflater: Inflater,
    sieve: Sieve,
    rule: Arc<Rule>,
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
    /// What matched.
    pub findings: Vec<Finding>,
    /// Objects that a notice spoke of, to be fetched.
    pub objects: Vec<S3Object>,
    /// What could not be read.
    pub rejects: Vec<Reject>,
    /// Digest files, control messages and the like.
    pub skipped: u64,
    /// The time of the earliest event.
    pub first: Option<Timestamp>,
    /// The time of the latest event.
    pub last: Option<Timestamp>,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            inflater: Inflater::new(Limits::default()),
            sieve: Sieve::default(),
            rule: Rule::denied_call(),
        }
    }
}

impl Detector {
    /// Looks through one body. Never fails: what cannot be read is a reject.
    pub fn detect(&mut self, kind: Kind, body: &[u8]) -> Detected {
        let mut detected = Detected::default();
        match self.inflater.inflate(body) {
            Err(error) => detected.rejects.push(Reject::body(error)),
            Ok(inflated) => {
                detected.bytes = inflated.bytes.len() as u64;
                if let Some(problem) = inflated.problem {
                    detected.rejects.push(Reject::body(problem));
                }
                look(&self.sieve, &self.rule, kind, inflated.bytes, &mut detected);
            }
        }
        detected
    }
}

fn look(sieve: &Sieve, rule: &Arc<Rule>, kind: Kind, body: &[u8], detected: &mut Detected) {
    let sifted = matches!(kind, Kind::Any | Kind::Records).then(|| sieve.sift(body)).flatten();
    match sifted {
        Some(sifted) => keep(rule, body, &sifted, detected),
        None => open(rule, kind, body, detected),
    }
}

/// The fast way: only what sifting kept is decoded.
fn keep(rule: &Arc<Rule>, body: &[u8], sifted: &Sifted, detected: &mut Detected) {
    detected.records += sifted.records;
    detected.events += sifted.records;
    for time in [sifted.first, sifted.last].into_iter().flatten() {
        detected.span(timestamp(time));
    }
    for (number, range) in &sifted.kept {
        let record = body.get(range.clone()).unwrap_or_default();
        if !detected.record(rule, *number, record) {
            detected.events -= 1;
        }
    }
}

/// The slow way: every record of the envelope is decoded.
fn open(rule: &Arc<Rule>, kind: Kind, body: &[u8], detected: &mut Detected) {
    let opened = envelope::open(kind, body);
    detected.records += opened.seen();
    detected.skipped += opened.skipped.total();
    for record in &opened.records {
        detected.events += u64::from(detected.record(rule, record.number, &record.bytes));
    }
    detected.objects.extend(opened.objects);
    detected.rejects.extend(opened.rejects);
}

impl Detected {
    /// Decodes one record and runs the rules; false when it is a reject.
    fn record(&mut self, rule: &Arc<Rule>, number: u64, record: &[u8]) -> bool {
        let glance = cloudtrail::peek(record);
        if let Some((_, time)) = glance.filter(|(outcome, _)| *outcome != Outcome::Denied) {
            self.span(Some(time));
            return true;
        }
        match cloudtrail::decode(record) {
            Ok(event) => {
                self.span(Some(event.time));
                if rule.matches(&event) {
                    self.findings.push(Finding::new(rule, &event));
                }
                true
            }
            Err(problem) => {
                self.rejects.push(Reject::record(number, problem));
                false
            }
        }
    }

    fn span(&mut self, time: Option<Timestamp>) {
        let Some(time) = time else { return };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }
}

fn timestamp(time: [u8; TIME]) -> Option<Timestamp> {
    std::str::from_utf8(&time).ok()?.parse().ok()
}
