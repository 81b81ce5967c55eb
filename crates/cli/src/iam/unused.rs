//! `aware unused`: reports used, unused and unknowable permissions of a policy.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::sync::{Mutex, RwLock};

use aware_core::event::Event;
use aware_core::text::json::visible_json;
use aware_core::text::terminal::terminal_safe;
use aware_iam::catalogue::Catalogue;
use aware_iam::policy::NamedPolicy;
use aware_iam::unused::{PermissionUse, PolicyPermission, PolicyUsage, UsageReport};
use jiff::Timestamp;
use memchr::memmem::Finder;
use serde_json::json;

use super::catalogue;
use super::policy_files::read_policies;
use super::principal::{PrincipalMatches, PrincipalSelector};
use crate::args::{TextOrJson, TimePeriod, UnusedArgs};
use crate::exit::{CommandExit, CommandFailure};
use crate::logs::ReadOptions;
use crate::logs::events::{EventSearch, search_logs};
use crate::render::screen::stdout_screen;

/// How many permissions of one pattern get a line each.
const MAX_ALIKE: usize = 8;

/// Runs the command.
pub(crate) fn run_unused(args: &UnusedArgs) -> Result<CommandExit, CommandFailure> {
    let policies = read_policies(&args.policy)?;
    let whom = PrincipalSelector::parse(&args.principal)?;
    let period = args.period.check_order().map_err(CommandFailure::Usage)?;
    let lookout = UsageSearch::new(&whom, policies, period);
    let manner = ReadOptions { aws: args.aws.clone(), ..ReadOptions::default() };
    let sums = search_logs(&args.logs, &manner, &lookout)?;
    let UsageFound { mut seen, matches } = lookout.found.into_inner().unwrap_or_default();
    let exit = sums.report_rejects();
    let own = matches.single_match(&whom)?.map_or(0, |(_, events)| events);
    let first = sums.first.map(|time| period.since.map_or(time, |since| time.max(since)));
    let last = sums.last.map(|time| period.until.map_or(time, |until| time.min(until)));
    [first, last].into_iter().flatten().for_each(|time| seen.extend_window(time));
    if own == 0 {
        tracing::warn!(
            "none of {} events is of {} (hint: is the name right, and is its account among the logs?)",
            sums.events,
            whom.given
        );
    }
    let report = seen.build_report(catalogue::current_catalogue());
    let shown = UsageView { whom: &whom, report: &report, all: sums.events, own };
    match args.format {
        TextOrJson::Text => shown.print_text()?,
        TextOrJson::Json => shown.print_json()?,
    }
    Ok(exit)
}

#[derive(Default)]
struct UsageFound {
    seen: PolicyUsage,
    /// How many events each principal with the name has.
    matches: PrincipalMatches<u64>,
}

/// Searches for events of the principal, and for the first data event of each service: those show
/// whether data events would have been logged at all.
struct UsageSearch<'a> {
    catalogue: &'static Catalogue,
    whom: &'a PrincipalSelector,
    period: TimePeriod,
    data: Finder<'static>,
    source: Finder<'static>,
    known: RwLock<HashSet<Vec<u8>>>,
    found: Mutex<UsageFound>,
}

impl<'a> UsageSearch<'a> {
    fn new(whom: &'a PrincipalSelector, policies: Vec<NamedPolicy>, period: TimePeriod) -> Self {
        Self {
            catalogue: catalogue::current_catalogue(),
            whom,
            period,
            data: Finder::new(b"\"Data\""),
            source: Finder::new(b"\"eventSource\":\""),
            known: RwLock::default(),
            found: Mutex::new(UsageFound {
                seen: PolicyUsage::new(policies),
                matches: PrincipalMatches::default(),
            }),
        }
    }

    /// Whether a record may be a data event of a service for which none has been seen.
    fn is_new_data_event(&self, record: &[u8]) -> bool {
        if self.data.find(record).is_none() {
            return false;
        }
        let source = self.source.find(record).and_then(|at| record.get(at + 15..));
        let source = source.and_then(|rest| rest.split(|byte| *byte == b'"').next());
        let (Some(source), Ok(known)) = (source, self.known.read()) else { return true };
        !known.contains(source)
    }
}

impl EventSearch for UsageSearch<'_> {
    fn may_match(&self, record: &[u8]) -> bool {
        self.whom.name_occurs_in(record) || self.is_new_data_event(record)
    }

    fn take_event(&self, event: Event) {
        if !self.period.contains_time(event.time) {
            return;
        }
        let arn = self.whom.match_event(&event);
        if event.is_data_event()
            && let Some(source) = event.record.get("eventSource").and_then(|it| it.as_str())
            && let Ok(mut known) = self.known.write()
        {
            known.insert(source.as_bytes().to_vec());
        }
        let Ok(mut found) = self.found.lock() else { return };
        found.seen.record_event(self.catalogue, &event, arn.is_some());
        if let Some(events) = arn.and_then(|arn| found.matches.entry_for(arn, || 0)) {
            *events += 1;
        }
    }
}

/// The order, the pattern, the last use and the note of a permission.
type AlikeKey<'a> = ((bool, bool), Option<&'a str>, Option<Timestamp>, Option<&'static str>);

/// What is printed about a permission.
struct UsageLine {
    usage: PermissionUse,
    what: String,
    said: String,
}

impl UsageLine {
    fn from_permission(one: &PolicyPermission) -> Self {
        Self { usage: one.usage, what: one.action.clone(), said: usage_details(one) }
    }
}

struct UsageView<'a> {
    whom: &'a PrincipalSelector,
    report: &'a UsageReport,
    all: u64,
    own: u64,
}

impl UsageView<'_> {
    fn print_json(&self) -> io::Result<()> {
        let mut value = json!({"principal": self.whom.given, "events": self.own});
        if let (Some(map), Ok(serde_json::Value::Object(report))) =
            (value.as_object_mut(), serde_json::to_value(self.report))
        {
            map.extend(report);
        }
        writeln!(io::stdout().lock(), "{}", visible_json(&format!("{value:#}")))
    }

    fn print_text(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let screen = stdout_screen(false);
        let paint = screen.to_paint();
        writeln!(out, "{}", paint.bold(&terminal_safe(&self.headline())))?;
        let lines = self.usage_lines();
        let width = lines.iter().map(|line| line.what.chars().count()).max().unwrap_or_default();
        for UsageLine { usage, what, said } in &lines {
            let line = format!("{:<7}  {what:<width$}  {said}", usage_name(*usage));
            let line = terminal_safe(line.trim_end()).into_owned();
            writeln!(out, "{}", if said.is_empty() { line } else { screen.wrap_text(&line, 9) })?;
        }
        for pattern in &self.report.unmatched {
            let line = format!(
                "{pattern}: matches no action in the catalogue, so nothing is known about it"
            );
            writeln!(out, "{}", terminal_safe(&line))?;
        }
        if !self.report.from_elsewhere.is_empty() {
            let list = self.report.from_elsewhere.join(", ");
            let line = format!("used, and allowed by another policy: {list}");
            writeln!(out, "{}", terminal_safe(&line))?;
        }
        if !self.report.unmapped.is_empty() {
            let calls = self.report.unmapped.iter().map(|(name, n)| format!("{name} ({n})"));
            let list = calls.collect::<Vec<_>>().join(", ");
            let line = format!("calls without a known action: {list}");
            writeln!(out, "{}", terminal_safe(&line))?;
        }
        writeln!(out, "{}", self.totals_line())
    }

    /// One line per permission, but a single line for many alike ones of one pattern.
    fn usage_lines(&self) -> Vec<UsageLine> {
        let mut alike: BTreeMap<AlikeKey<'_>, Vec<&PolicyPermission>> = BTreeMap::new();
        for one in &self.report.permissions {
            let order = (one.usage != PermissionUse::Used, one.usage != PermissionUse::Unknown);
            let key = (order, one.pattern.as_deref(), one.last_used, one.note);
            alike.entry(key).or_default().push(one);
        }
        let lines = alike.into_iter().flat_map(|((_, pattern, ..), group)| {
            let first = group.first().copied();
            match (pattern, first) {
                (Some(pattern), Some(first)) if group.len() > MAX_ALIKE => vec![UsageLine {
                    usage: first.usage,
                    what: format!("{pattern} ({} actions)", group.len()),
                    said: usage_details(&PolicyPermission { pattern: None, ..first.clone() }),
                }],
                _ => group.into_iter().map(UsageLine::from_permission).collect(),
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

    fn totals_line(&self) -> String {
        let permissions = &self.report.permissions;
        let count = |usage| permissions.iter().filter(|one| one.usage == usage).count();
        let removable = permissions.iter().filter(|one| one.is_removable()).count();
        format!(
            "{} {}: {} used, {} unused ({removable} safe to remove), {} unknown",
            permissions.len(),
            if permissions.len() == 1 { "permission" } else { "permissions" },
            count(PermissionUse::Used),
            count(PermissionUse::Unused),
            count(PermissionUse::Unknown)
        )
    }
}

fn usage_name(usage: PermissionUse) -> &'static str {
    match usage {
        PermissionUse::Used => "used",
        PermissionUse::Unused => "unused",
        PermissionUse::Unknown => "unknown",
    }
}

/// When it was last used, which pattern allows it, and what makes it doubtful.
fn usage_details(one: &PolicyPermission) -> String {
    let parts = [
        one.last_used.map(|time| format!("last {time}")),
        one.pattern.as_ref().map(|pattern| format!("by {pattern}")),
        one.note.map(str::to_owned),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
