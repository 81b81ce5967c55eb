//! Searches stored logs for events, for commands that need few of many: a record whose bytes cannot
//! match is not decoded.

use std::borrow::Cow;

use aware_core::envelope::decompress::Limits;
use aware_core::envelope::unpack::Unpacker;
use aware_core::envelope::{Kind, Opened, RawRecord};
use aware_core::event::Event;
use aware_core::reject::Reject;
use aware_core::source::cloudtrail::glance::Glance;
use aware_core::source::cloudtrail::split::{Sieve, Sifted, Suspect, TIME};
use aware_core::source::{cloudtrail, source_of};
use aware_pipeline::records::{RecordVisitor, walk_records};
use aware_pipeline::scan::Seen;
use jiff::Timestamp;

use super::{Bodies, Manner};
use crate::exit::{Exit, Failure};

/// How many rejects are reported.
const TOLD: usize = 5;
/// How many rejects are kept, from which the first are reported.
const KEPT: usize = 1_000;

/// A search for events.
pub(crate) trait Search: Sync {
    /// Whether a record's bytes may match. Not called for records with a `\u` escape, which may
    /// hide anything: those are always decoded.
    fn may_matter(&self, record: &[u8]) -> bool;

    /// Takes an event that may match, each once. Threads call it in any order.
    fn event(&self, event: Event);
}

/// The search, in the form that the sieve needs.
struct Asked<'a, S>(&'a S);

impl<S: Search> Suspect for Asked<'_, S> {
    fn needles(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn suspects(&self, _needle: usize, _after: &[u8]) -> bool {
        true
    }

    fn suspects_all(&self) -> bool {
        false
    }

    fn suspects_record(&self, record: &[u8]) -> bool {
        self.0.may_matter(record)
    }
}

/// Totals of what was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
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
pub(crate) fn search(
    paths: &[String],
    manner: &Manner,
    search: &impl Search,
) -> Result<Sums, Failure> {
    let seen = Seen::default();
    let escape = memchr::memmem::Finder::new(b"\\u");
    let taker = || Taker {
        unpacker: Unpacker::new(Limits::default()),
        look: Look {
            search,
            seen: &seen,
            escape: &escape,
            sieve: Sieve::new(&Asked(search)),
            sums: Sums::default(),
            kind: Kind::Any,
            before: 0,
        },
    };
    let parts = super::read(paths, manner, taker)?;
    let mut sums = Sums::default();
    parts.into_iter().for_each(|part| sums.join(part.look.sums));
    Ok(sums)
}

impl Sums {
    fn join(&mut self, other: Self) {
        self.events += other.events;
        self.rejects += other.rejects;
        self.named.extend(other.named);
        [other.first, other.last].into_iter().flatten().for_each(|time| self.span(time));
    }

    fn span(&mut self, time: Timestamp) {
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }

    fn reject(&mut self, problem: String) {
        self.rejects += 1;
        if self.named.len() < KEPT {
            self.named.push(problem);
        }
    }

    /// Reports the first rejects, and returns the exit status that follows from them.
    pub(crate) fn tell(&self) -> Exit {
        let mut named = self.named.clone();
        named.sort_unstable();
        named.iter().take(TOLD).for_each(|problem| tracing::warn!("{problem}"));
        let told = named.len().min(TOLD) as u64;
        if self.rejects > told {
            tracing::warn!("{} more rejects", self.rejects - told);
        }
        if self.rejects == 0 { Exit::Done } else { Exit::Input }
    }
}

/// One thread's part of a search.
struct Taker<'a, S> {
    unpacker: Unpacker,
    look: Look<'a, S>,
}

/// What inspecting a record needs, apart from the buffer.
struct Look<'a, S> {
    search: &'a S,
    seen: &'a Seen,
    escape: &'a memchr::memmem::Finder<'static>,
    sieve: Sieve,
    sums: Sums,
    /// As what the part at hand is read.
    kind: Kind,
    /// How many records the earlier parts of the body had: they are numbered throughout.
    before: u64,
}

impl<S: Search> Bodies for Taker<'_, S> {
    fn begin(&mut self) {
        self.look.before = 0;
    }

    fn part(&mut self, origin: &str, kind: Kind, bytes: &[u8]) {
        let Self { unpacker, look } = self;
        look.kind = kind;
        let mut visit = Visit { origin, name: Cow::Borrowed(origin), look };
        walk_records(unpacker, Limits::default(), (kind, bytes), &mut visit);
    }

    fn reject(&mut self, origin: &str, problem: String) {
        self.look.sums.reject(format!("{origin}: {problem}"));
    }

    fn skip(&mut self, _count: u64) {}
}

/// Looking through one file.
struct Visit<'v, 'a, S> {
    origin: &'v str,
    /// The name of the body at hand: of the file, and of the member of an archive.
    name: Cow<'v, str>,
    look: &'v mut Look<'a, S>,
}

impl<S: Search> RecordVisitor for Visit<'_, '_, S> {
    fn begin(&mut self, member: Option<&str>, _body: &[u8]) {
        self.name = within(self.origin, member);
    }

    fn sift(&mut self, _kind: Kind, body: &[u8]) -> Option<Sifted> {
        self.look.sieve.sift(body, &Asked(self.look.search))
    }

    fn sifted(&mut self, _body: &[u8], sifted: &Sifted) {
        self.look.dismissed(sifted);
    }

    fn record(&mut self, record: RawRecord<'_>) {
        self.look.record(&self.name, record);
    }

    fn opened(&mut self, opened: Opened) {
        self.look.opened(&self.name, opened);
    }

    fn end(&mut self, _member: Option<&str>, _body: &[u8]) {}

    fn reject(&mut self, member: Option<&str>, problem: String) {
        self.look.sums.reject(format!("{}: {problem}", within(self.origin, member)));
    }

    fn skipped(&mut self) {}
}

/// The name of a body: of the file, and of the archive member.
fn within<'o>(origin: &'o str, member: Option<&str>) -> Cow<'o, str> {
    member.map_or(Cow::Borrowed(origin), |member| Cow::Owned(format!("{origin}: {member}")))
}

impl<S: Search> Look<'_, S> {
    /// What sifting left out is known to be events.
    fn dismissed(&mut self, sifted: &Sifted) {
        self.sums.events += sifted.records - sifted.kept.len() as u64;
        for time in [sifted.first, sifted.last].into_iter().flatten() {
            timestamp(&time).into_iter().for_each(|time| self.sums.span(time));
        }
    }

    /// How many records stood before those of the part at hand.
    fn before(&self) -> u64 {
        if self.kind == Kind::Lines { self.before } else { 0 }
    }

    /// What stood beside the records, which have been looked at.
    fn opened(&mut self, origin: &str, opened: Opened) {
        let before = self.before();
        self.before = before + opened.seen();
        for reject in &opened.rejects {
            let number = reject.record.map(|number| before + number);
            let reject = Reject { record: number, problem: reject.problem.clone() };
            self.sums.reject(format!("{origin}: {reject}"));
        }
        self.sums.rejects += opened.rejects.total() - opened.rejects.iter().count() as u64;
        for object in opened.objects {
            self.sums.reject(format!(
                "{origin}: a notice of s3://{}/{} is not a log (hint: read the object)",
                object.bucket, object.key
            ));
        }
    }

    fn record(&mut self, origin: &str, record: RawRecord<'_>) {
        let record = RawRecord { number: self.before() + record.number, ..record };
        let bytes = record.bytes;
        let has_glance = record.source == cloudtrail::ID;
        let dull =
            has_glance && self.escape.find(bytes).is_none() && !self.search.may_matter(bytes);
        let glance = if dull { Glance::at(bytes) } else { None };
        match glance.and_then(|glance| glance.outcome()) {
            Some((_, time)) => {
                self.sums.events += 1;
                self.sums.span(time);
            }
            None => self.decode(origin, record),
        }
    }

    fn decode(&mut self, origin: &str, record: RawRecord<'_>) {
        let number = record.number;
        match source_of(record.source).decode(record.bytes, record.context) {
            Ok(event) => {
                self.sums.events += 1;
                self.sums.span(event.time);
                if self.seen.insert(event.account_or_unknown(), &event.id) {
                    self.search.event(event);
                }
            }
            Err(problem) => self.sums.reject(format!("{origin}: record {number}: {problem}")),
        }
    }
}

fn timestamp(time: &[u8; TIME]) -> Option<Timestamp> {
    std::str::from_utf8(time).ok()?.parse().ok()
}
