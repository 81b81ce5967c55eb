//! `aware rules tune`: how many messages the rules would have sent on history, about whom, and what
//! would quieten them.

mod advice;
mod collect;
mod rehearse;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

use aware_cases::case::Case;
use aware_core::enrichment::Enrichment;
use aware_core::event::Level;
use aware_core::open::NamedSet as _;
use aware_core::text::terminal::terminal_safe;
use aware_io::config;
use aware_io::rules::{RuleRequest, load_rules};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use crate::args::RulesTuneArgs;
use crate::exit::{CommandExit, CommandFailure};
use crate::logs::ReadOptions;
use advice::TuneAdvice;
use rehearse::{Rehearsal, TuneMessage, TuneSettings};

/// How many principals are named for each rule.
const MAX_NAMED: usize = 5;
/// How many exceptions are proposed.
const MAX_ADVICE: usize = 20;
/// From this many messages on, an exception is proposed for a case.
const NOISY_MESSAGES: usize = 3;
/// From this many principals on, switching a rule off is proposed.
const NOISY_PRINCIPALS: usize = 8;

/// Runs the command.
pub(super) fn run_tune(args: &RulesTuneArgs) -> Result<CommandExit, CommandFailure> {
    let given = match &args.rules.config {
        Some(path) => config::read_config(path)?,
        None => toml::from_str("").map_err(|error| CommandFailure::Usage(error.to_string()))?,
    };
    let file = args.rules.config.as_ref().map(|path| path.display().to_string());
    let mut wanted = RuleRequest::from_config(&given, file.as_deref().unwrap_or("command line"));
    wanted.rules.paths.extend(args.rules.paths.iter().cloned());
    wanted.rules.enable.extend(args.rules.enable.iter().cloned());
    wanted.rules.disable.extend(args.rules.disable.iter().cloned());
    let loaded = super::loading::report_loaded(load_rules(&wanted))?;
    let refused = loaded.problems.len();
    let rules = Arc::new(loaded.rules);
    let period = args.period.check_order().map_err(CommandFailure::Usage)?;
    let manner = ReadOptions { aws: args.aws.clone(), ..ReadOptions::default() };
    let (kept, totals) = collect::collect_records(&args.logs, &manner, &rules, period)?;
    let first = totals.first.max(period.since);
    let last = match period.until {
        Some(until) => totals.last.min(Some(until)),
        None => totals.last,
    };
    let settings = TuneSettings {
        intervals: config::intervals_from(&given.grouping),
        limits: config::case_limits_from(&given.grouping),
        routes: config::routes_from(&given),
        logs_until: last.unwrap_or_default(),
    };
    let enrichment = Arc::clone(rules.enrichment());
    let playing = rehearse::rehearse(&kept.records, rules, settings);
    let played = Runtime::new()?.block_on(playing).map_err(CommandFailure::Usage)?;
    let days = days_between(first, last);
    let (matched, events) = (kept.records.len(), totals.events);
    let report = TuneReport { days, played, matched, events, known: enrichment };
    report.print(&mut io::stdout().lock())?;
    if kept.left_out > 0 {
        tracing::warn!(
            "{} matched events were left out, because memory could not hold them all (hint: --since)",
            kept.left_out
        );
    }
    let exit = totals.report_rejects();
    Ok(if refused > 0 { CommandExit::Usage } else { exit })
}

/// How many days there are, at least one.
fn days_between(first: Option<Timestamp>, last: Option<Timestamp>) -> u64 {
    let hours = first.zip(last).map_or(0, |(first, last)| last.duration_since(first).as_hours());
    u64::try_from(hours / 24 + 1).unwrap_or(1)
}

struct TuneReport {
    days: u64,
    played: Rehearsal,
    matched: usize,
    events: u64,
    known: Arc<Enrichment>,
}

/// The messages of a rule, by principal.
#[derive(Default)]
struct RuleNoise<'a> {
    title: &'a str,
    messages: usize,
    principals: BTreeMap<String, usize>,
    /// How many roles and users these are, whatever names their sessions bear.
    owners: BTreeSet<&'a str>,
    /// Whether a case of it looks hostile or is bad.
    has_hostile: bool,
}

impl TuneReport {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let messages = &self.played.messages;
        let days = crate::config::count_of(usize::try_from(self.days).unwrap_or(1), "day");
        writeln!(out, "{days}, {} events, {} matched a rule", self.events, self.matched)?;
        writeln!(
            out,
            "{}{}, {} a day{}",
            crate::config::count_of(messages.len(), "message"),
            levels_of(messages),
            self.a_day(messages.len()),
            worst_day(messages)
        )?;
        if self.played.unrouted > 0 {
            writeln!(out, "{} more that no route sends anywhere", self.played.unrouted)?;
        }
        writeln!(out)?;
        let by_case = self.messages_by_case();
        let noise = self.noise_by_rule(&by_case);
        self.print_rules(out, &noise)?;
        self.print_advice(out, &by_case, &noise)
    }

    fn a_day(&self, count: usize) -> String {
        #[allow(clippy::cast_precision_loss)]
        let share = count as f64 / self.days as f64;
        format!("{share:.1}")
    }

    /// The cases with messages, the noisiest first.
    fn messages_by_case(&self) -> Vec<(&Case, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for id in self.played.messages.iter().filter_map(|one| one.case.as_deref()) {
            *counts.entry(id).or_default() += 1;
        }
        let cases = self.played.cases.iter();
        let mut cases: Vec<(&Case, usize)> =
            cases.filter_map(|case| Some((case, *counts.get(case.id.as_str())?))).collect();
        cases.sort_by(|(a, few), (b, many)| (many, &a.id).cmp(&(few, &b.id)));
        cases
    }

    /// Each message counts for the rule that heads its case.
    fn noise_by_rule<'a>(&'a self, by_case: &[(&'a Case, usize)]) -> Vec<(&'a str, RuleNoise<'a>)> {
        let mut rows: BTreeMap<&str, RuleNoise<'_>> = BTreeMap::new();
        for (case, count) in by_case {
            let (id, title) = case.rules.first().map_or(("", ""), |(id, name)| (id, name));
            let row = rows.entry(id).or_default();
            row.title = title;
            row.messages += count;
            row.has_hostile |= advice::is_hostile(case);
            let actors = case.actors.iter();
            row.owners
                .extend(actors.map(|actor| actor.arn.as_ref().unwrap_or(&actor.name).as_str()));
            *row.principals.entry(self.principal_of(case)).or_default() += count;
        }
        for (rule, whose) in self.played.messages.iter().filter_map(|one| one.group.as_ref()) {
            let row = rows.entry(rule).or_default();
            row.messages += 1;
            row.has_hostile = true;
            let whose = if whose.is_empty() { "several principals" } else { whose };
            *row.principals.entry(whose.to_owned()).or_default() += 1;
        }
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_by(|(a, few), (b, many)| (many.messages, a).cmp(&(few.messages, b)));
        rows
    }

    fn principal_of(&self, case: &Case) -> String {
        let Some(actor) = case.actors.first() else { return "somebody".to_owned() };
        let account = actor.account.as_deref().or(case.accounts.first().map(String::as_str));
        let more = match case.actors.len() {
            0 | 1 => String::new(),
            others => format!(" and {} more", others - 1),
        };
        let id = account.unwrap_or("an unknown account");
        let place = match self.known.accounts.account(id) {
            Some(account) => format!("{} ({id})", account.name),
            None => id.to_owned(),
        };
        format!("{}{more} in {place}", actor.name)
    }

    fn print_rules(&self, out: &mut dyn Write, noise: &[(&str, RuleNoise<'_>)]) -> io::Result<()> {
        for (id, row) in noise {
            let id = if id.is_empty() { "several rules" } else { id };
            let line = format!(
                "{:>6}  {:>5} a day  {id}  {}",
                row.messages,
                self.a_day(row.messages),
                row.title
            );
            writeln!(out, "{}", terminal_safe(line.trim_end()))?;
            let mut principals: Vec<(&String, &usize)> = row.principals.iter().collect();
            principals.sort_by(|(a, few), (b, many)| (many, a).cmp(&(few, b)));
            for (name, count) in principals.iter().take(MAX_NAMED) {
                writeln!(out, "{:>14}  {}", count, terminal_safe(name))?;
            }
            if principals.len() > MAX_NAMED {
                writeln!(out, "{:>14}  more principals", principals.len() - MAX_NAMED)?;
            }
        }
        let told: usize = noise.iter().map(|(_, row)| row.messages).sum();
        let rest = self.played.messages.len() - told;
        if rest > 0 {
            writeln!(out, "{rest:>6}  {:>5} a day  summaries of several cases", self.a_day(rest))?;
        }
        Ok(())
    }

    /// Prints what would quieten a case; returns how many messages that would save.
    fn print_exception(
        &self,
        out: &mut dyn Write,
        case: &Case,
        count: usize,
        now: Timestamp,
    ) -> io::Result<usize> {
        let head = format!("# {count} messages about {}", self.principal_of(case));
        writeln!(out)?;
        let advice = TuneAdvice::for_case(case, now);
        if let Some(table) = advice.to_toml() {
            writeln!(out, "{}\n{}", terminal_safe(&head), table.trim_end())?;
            return Ok(count);
        }
        let look = match advice {
            TuneAdvice::TooWide => {
                format!(
                    "{head}: no exception would be for it alone; investigate, or write one by hand"
                )
            }
            _ => format!(
                "{head}: {}, {}; investigate first, no exception proposed",
                case.reading.name(),
                case.level.as_str()
            ),
        };
        writeln!(out, "{}", terminal_safe(&look))?;
        Ok(0)
    }

    fn print_advice(
        &self,
        out: &mut dyn Write,
        by_case: &[(&Case, usize)],
        noise: &[(&str, RuleNoise<'_>)],
    ) -> io::Result<()> {
        let now = self.played.messages.last().map_or(Timestamp::UNIX_EPOCH, |last| last.time);
        let mut saved = 0;
        let widespread: BTreeSet<&str> = widespread_rules(noise).collect();
        let noisy = by_case.iter().filter(|(case, count)| {
            let heading = case.rules.first().map(|(id, _)| id.as_str());
            *count >= NOISY_MESSAGES && heading.is_none_or(|id| !widespread.contains(id))
        });
        for (case, count) in noisy.take(MAX_ADVICE) {
            saved += self.print_exception(out, case, *count, now)?;
        }
        let off: Vec<String> = widespread.iter().map(|id| (*id).to_owned()).collect();
        if !off.is_empty() {
            let rows = noise.iter().filter(|(id, _)| widespread.contains(id));
            saved += rows.map(|(_, row)| row.messages).sum::<usize>();
            let table = advice::disabling(&off).unwrap_or_default();
            writeln!(
                out,
                "\n# These rules fire for many principals; add them to [rules]:\n{}",
                table.trim_end()
            )?;
        }
        let left = self.played.messages.len().saturating_sub(saved);
        if saved > 0 {
            let left = crate::config::count_of(left, "message");
            writeln!(
                out,
                "\n# with these exceptions: {left}, {} a day",
                self.a_day(self.played.messages.len() - saved)
            )?;
        }
        Ok(())
    }
}

/// Rules of medium level and below that are about many principals, none of whom stands out. Denied
/// calls are never switched off.
fn widespread_rules<'a>(noise: &[(&'a str, RuleNoise<'_>)]) -> impl Iterator<Item = &'a str> {
    let is_widespread = |id: &str, row: &RuleNoise<'_>| {
        row.owners.len() >= NOISY_PRINCIPALS
            && !row.has_hostile
            && !id.is_empty()
            && id != "aws-denied-call"
    };
    noise.iter().filter(move |(id, row)| is_widespread(id, row)).map(|(id, _)| *id)
}

/// `; most on 2026-11-12: 21`, if the days differ.
fn worst_day(messages: &[TuneMessage]) -> String {
    let mut days: BTreeMap<String, usize> = BTreeMap::new();
    for message in messages {
        *days.entry(message.time.strftime("%Y-%m-%d").to_string()).or_default() += 1;
    }
    let worst = days.iter().max_by_key(|(_, count)| **count).filter(|_| days.len() > 1);
    worst.map(|(day, count)| format!("; most on {day}: {count}")).unwrap_or_default()
}

/// ` (1 high, 2 low)`.
fn levels_of(messages: &[TuneMessage]) -> String {
    let levels = Level::ALL.into_iter().rev().filter_map(|level| {
        let count = messages.iter().filter(|message| message.level == level).count();
        (count > 0).then(|| format!("{count} {}", level.as_str()))
    });
    let levels: Vec<String> = levels.collect();
    if levels.is_empty() { String::new() } else { format!(" ({})", levels.join(", ")) }
}
