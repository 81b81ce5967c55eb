//! `aware unused`: reports used, unused and unknowable permissions of a policy.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::sync::{Mutex, RwLock};

use aware_core::event::Event;
use aware_core::text::log::visible_json;
use aware_core::text::terminal::safe;
use aware_iam::catalogue::Catalogue;
use aware_iam::policy::Named;
use aware_iam::unused::{Permission, Report, Seen, Use};

use jiff::Timestamp;
use memchr::memmem::Finder;
use serde_json::json;

use super::catalogue;
use super::policy_files::policies;
use super::whom::{Matches, Whom};
use crate::args::{Period, TextOrJson, UnusedArgs};
use crate::exit::{Exit, Failure};
use crate::logs::Manner;
use crate::logs::events::{Search, search};
use crate::render::screen::screen;

/// How many permissions of one pattern get a line each.
const MOST_ALIKE: usize = 8;

/// Runs the command.
pub(crate) fn main(args: &UnusedArgs) -> Result<Exit, Failure> {
    let policies = policies(&args.policy)?;
    let whom = Whom::parse(&args.principal)?;
    let period = args.period.checked().map_err(Failure::Usage)?;
    let lookout = Lookout::new(&whom, policies, period);
    let manner = Manner { aws: args.aws.clone(), ..Manner::default() };
    let sums = search(&args.logs, &manner, &lookout)?;
    let Found { mut seen, matches } = lookout.found.into_inner().unwrap_or_default();
    let exit = sums.tell();
    let own = matches.only(&whom)?.map_or(0, |(_, events)| events);
    let first = sums.first.map(|time| period.since.map_or(time, |since| time.max(since)));
    let last = sums.last.map(|time| period.until.map_or(time, |until| time.min(until)));
    [first, last].into_iter().flatten().for_each(|time| seen.span(time));
    if own == 0 {
        tracing::warn!(
            "none of {} events is of {} (hint: is the name right, and is its account among the logs?)",
            sums.events,
            whom.given
        );
    }
    let report = seen.report(catalogue::in_use());
    let shown = Shown { whom: &whom, report: &report, all: sums.events, own };
    match args.format {
        TextOrJson::Text => shown.text()?,
        TextOrJson::Json => shown.json()?,
    }
    Ok(exit)
}

#[derive(Default)]
struct Found {
    seen: Seen,
    /// How many events each principal with the name has.
    matches: Matches<u64>,
}

/// Searches for events of the principal, and for the first data event of each service: those show
/// whether data events would have been logged at all.
struct Lookout<'a> {
    catalogue: &'static Catalogue,
    whom: &'a Whom,
    period: Period,
    data: Finder<'static>,
    source: Finder<'static>,
    known: RwLock<HashSet<Vec<u8>>>,
    found: Mutex<Found>,
}

impl<'a> Lookout<'a> {
    fn new(whom: &'a Whom, policies: Vec<Named>, period: Period) -> Self {
        Self {
            catalogue: catalogue::in_use(),
            whom,
            period,
            data: Finder::new(b"\"Data\""),
            source: Finder::new(b"\"eventSource\":\""),
            known: RwLock::default(),
            found: Mutex::new(Found { seen: Seen::new(policies), matches: Matches::default() }),
        }
    }

    /// Whether a record may be a data event of a service for which none has been seen.
    fn is_news(&self, record: &[u8]) -> bool {
        if self.data.find(record).is_none() {
            return false;
        }
        let source = self.source.find(record).and_then(|at| record.get(at + 15..));
        let source = source.and_then(|rest| rest.split(|byte| *byte == b'"').next());
        let (Some(source), Ok(known)) = (source, self.known.read()) else { return true };
        !known.contains(source)
    }
}

impl Search for Lookout<'_> {
    fn may_matter(&self, record: &[u8]) -> bool {
        self.whom.is_in(record) || self.is_news(record)
    }

    fn event(&self, event: Event) {
        if !self.period.holds(event.time) {
            return;
        }
        let arn = self.whom.of(&event);
        if event.is_data_event()
            && let Some(source) = event.record.get("eventSource").and_then(|it| it.as_str())
            && let Ok(mut known) = self.known.write()
        {
            known.insert(source.as_bytes().to_vec());
        }
        let Ok(mut found) = self.found.lock() else { return };
        found.seen.add(self.catalogue, &event, arn.is_some());
        if let Some(events) = arn.and_then(|arn| found.matches.of(arn, || 0)) {
            *events += 1;
        }
    }
}

/// The order, the pattern, the last use and the note of a permission.
type Alike<'a> = ((bool, bool), Option<&'a str>, Option<Timestamp>, Option<&'static str>);

/// What is printed about a permission.
struct Line {
    usage: Use,
    what: String,
    said: String,
}

impl Line {
    fn of(one: &Permission) -> Self {
        Self { usage: one.usage, what: one.action.clone(), said: said(one) }
    }
}

struct Shown<'a> {
    whom: &'a Whom,
    report: &'a Report,
    all: u64,
    own: u64,
}

impl Shown<'_> {
    fn json(&self) -> io::Result<()> {
        let mut value = json!({"principal": self.whom.given, "events": self.own});
        if let (Some(map), Ok(serde_json::Value::Object(report))) =
            (value.as_object_mut(), serde_json::to_value(self.report))
        {
            map.extend(report);
        }
        writeln!(io::stdout().lock(), "{}", visible_json(&format!("{value:#}")))
    }

    fn text(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let screen = screen(false);
        let paint = screen.paint();
        writeln!(out, "{}", paint.bold(&safe(&self.headline())))?;
        let lines = self.lines();
        let width = lines.iter().map(|line| line.what.chars().count()).max().unwrap_or_default();
        for Line { usage, what, said } in &lines {
            let line = format!("{:<7}  {what:<width$}  {said}", name(*usage));
            let line = safe(line.trim_end()).into_owned();
            writeln!(out, "{}", if said.is_empty() { line } else { screen.wrap(&line, 9) })?;
        }
        for pattern in &self.report.unmatched {
            let line = format!(
                "{pattern}: matches no action in the catalogue, so nothing is known about it"
            );
            writeln!(out, "{}", safe(&line))?;
        }
        if !self.report.from_elsewhere.is_empty() {
            let list = self.report.from_elsewhere.join(", ");
            let line = format!("used, and allowed by another policy: {list}");
            writeln!(out, "{}", safe(&line))?;
        }
        if !self.report.unmapped.is_empty() {
            let calls = self.report.unmapped.iter().map(|(name, n)| format!("{name} ({n})"));
            let list = calls.collect::<Vec<_>>().join(", ");
            let line = format!("calls without a known action: {list}");
            writeln!(out, "{}", safe(&line))?;
        }
        writeln!(out, "{}", self.sum())
    }

    /// One line per permission, but a single line for many alike ones of one pattern.
    fn lines(&self) -> Vec<Line> {
        let mut alike: BTreeMap<Alike<'_>, Vec<&Permission>> = BTreeMap::new();
        for one in &self.report.permissions {
            let order = (one.usage != Use::Used, one.usage != Use::Unknown);
            let key = (order, one.pattern.as_deref(), one.last_used, one.note);
            alike.entry(key).or_default().push(one);
        }
        let lines = alike.into_iter().flat_map(|((_, pattern, ..), group)| {
            let first = group.first().copied();
            match (pattern, first) {
                (Some(pattern), Some(first)) if group.len() > MOST_ALIKE => vec![Line {
                    usage: first.usage,
                    what: format!("{pattern} ({} actions)", group.len()),
                    said: said(&Permission { pattern: None, ..first.clone() }),
                }],
                _ => group.into_iter().map(Line::of).collect(),
            }
        });
        lines.collect()
    }

    fn headline(&self) -> String {
        let window = match self.report.window {
            Some((first, last)) => format!("{first} to {last}, {} whole days", self.report.days),
            None => "no events at all".to_owned(),
        };
        format!("{}: {} of {} events; seen: {window}", self.whom.given, self.own, self.all)
    }

    fn sum(&self) -> String {
        let permissions = &self.report.permissions;
        let count = |usage| permissions.iter().filter(|one| one.usage == usage).count();
        let removable = permissions.iter().filter(|one| one.is_removable()).count();
        format!(
            "{} {}: {} used, {} unused ({removable} safe to remove), {} unknown",
            permissions.len(),
            if permissions.len() == 1 { "permission" } else { "permissions" },
            count(Use::Used),
            count(Use::Unused),
            count(Use::Unknown)
        )
    }
}

fn name(usage: Use) -> &'static str {
    match usage {
        Use::Used => "used",
        Use::Unused => "unused",
        Use::Unknown => "unknown",
    }
}

/// When it was last used, which pattern allows it, and what makes it doubtful.
fn said(one: &Permission) -> String {
    let parts = [
        one.last_used.map(|time| format!("last {time}")),
        one.pattern.as_ref().map(|pattern| format!("by {pattern}")),
        one.note.map(str::to_owned),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
