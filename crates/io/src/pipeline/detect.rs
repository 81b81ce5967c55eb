//! From a body's bytes to findings: the step that the daemon, functions and `scan` share.

use std::collections::HashMap;
use std::sync::Arc;

use aware_core::envelope::decompress::{Inflater, Limits};
use aware_core::envelope::{self, Kind, S3Object};
use aware_core::event::Outcome;
use aware_core::finding::{Finding, Rule};
use aware_core::group::Fingerprint;
use aware_core::reject::Reject;
use aware_core::source::cloudtrail;
use aware_core::source::glance::{Glance, Repeat};
use aware_core::source::sift::{Sieve, Sifted, TIME};
use jiff::Timestamp;

/// Finds what the rules match in bodies. Keeps its buffers between bodies.
pub struct Detector {
    inflater: Inflater,
    sieve: Sieve,
    rule: Arc<Rule>,
    known: Known,
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
    /// Repetitions of findings that this detector gave before; only if asked for.
    pub repeats: Vec<(Fingerprint, Repeat)>,
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
            known: Known::default(),
        }
    }
}

/// What looking needs, apart from the buffer that is looked at.
struct Tools<'a> {
    sieve: &'a Sieve,
    rule: &'a Arc<Rule>,
    known: &'a mut Known,
}

impl Detector {
    /// A detector that reports a repetition of a finding as such, without decoding it.
    pub fn with_repeats() -> Self {
        Self { known: Known { wanted: true, ..Known::default() }, ..Self::default() }
    }

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
                let mut tools =
                    Tools { sieve: &self.sieve, rule: &self.rule, known: &mut self.known };
                look(&mut tools, kind, inflated.bytes, &mut detected);
            }
        }
        detected
    }
}

fn look(tools: &mut Tools<'_>, kind: Kind, body: &[u8], detected: &mut Detected) {
    let sifted =
        matches!(kind, Kind::Any | Kind::Records).then(|| tools.sieve.sift(body)).flatten();
    match sifted {
        Some(sifted) => keep(tools, body, &sifted, detected),
        None => open(tools, kind, body, detected),
    }
}

/// The fast way: only what sifting kept is decoded.
fn keep(tools: &mut Tools<'_>, body: &[u8], sifted: &Sifted, detected: &mut Detected) {
    detected.records += sifted.records;
    detected.events += sifted.records;
    for time in [sifted.first, sifted.last].into_iter().flatten() {
        detected.span(timestamp(time));
    }
    for (number, range) in &sifted.kept {
        let record = body.get(range.clone()).unwrap_or_default();
        if !detected.record(tools, *number, record) {
            detected.events -= 1;
        }
    }
}

/// The slow way: every record of the envelope is decoded.
fn open(tools: &mut Tools<'_>, kind: Kind, body: &[u8], detected: &mut Detected) {
    let opened = envelope::open(kind, body);
    detected.records += opened.seen();
    detected.skipped += opened.skipped.total();
    for record in &opened.records {
        detected.events += u64::from(detected.record(tools, record.number, &record.bytes));
    }
    detected.objects.extend(opened.objects);
    detected.rejects.extend(opened.rejects);
}

/// The groups that a detector has met, so that a repetition need not be decoded.
#[derive(Debug, Default)]
struct Known {
    wanted: bool,
    groups: HashMap<String, Group>,
}

#[derive(Debug)]
struct Group {
    fingerprint: Fingerprint,
    /// The earliest finding: an earlier one is decoded, since it stands for the group.
    first: (Timestamp, String),
}

/// How many groups are remembered; the rest is decoded.
const KNOWN: usize = 50_000;

impl Known {
    fn repeat(&self, glance: &Glance<'_>) -> Option<(Fingerprint, Repeat)> {
        let group = self.groups.get(&glance.key().filter(|_| self.wanted)?)?;
        let repeat = glance.repeat()?;
        let earlier = (repeat.time, &repeat.event_id) < (group.first.0, &group.first.1);
        (!earlier).then(|| (group.fingerprint.clone(), repeat))
    }

    fn learn(&mut self, key: Option<String>, finding: &Finding) {
        let Some(key) = key.filter(|_| self.wanted && self.groups.len() < KNOWN) else { return };
        let first = (finding.time, finding.event_id.clone());
        match self.groups.get_mut(&key) {
            Some(group) => group.first = group.first.clone().min(first),
            None => {
                self.groups.insert(key, Group { fingerprint: Fingerprint::of(finding), first });
            }
        }
    }
}

impl Detected {
    /// Looks at one record, decodes it if need be, and runs the rules; false when it is a reject.
    fn record(&mut self, tools: &mut Tools<'_>, number: u64, record: &[u8]) -> bool {
        let glance = Glance::at(record);
        if let Some((outcome, time)) = glance.as_ref().and_then(Glance::outcome) {
            let repeat = glance.as_ref().and_then(|glance| tools.known.repeat(glance));
            if outcome != Outcome::Denied || repeat.is_some() {
                self.span(Some(time));
                self.repeats.extend(repeat.filter(|_| outcome == Outcome::Denied));
                return true;
            }
        }
        match cloudtrail::decode(record) {
            Ok(event) => {
                self.span(Some(event.time));
                if tools.rule.matches(&event) {
                    let finding = Finding::new(tools.rule, &event);
                    tools.known.learn(glance.and_then(|glance| glance.key()), &finding);
                    self.findings.push(finding);
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
