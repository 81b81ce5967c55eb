//! `aware rules backtest`: what rules would have reported, before they go live.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use aware_cases::group::{FindingGroup, NotifyDecision, RepeatIntervals};
use aware_core::envelope::EnvelopeKind;
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;
use aware_core::text::terminal::terminal_safe;
use aware_io::rules::load_rules;
use aware_pipeline::baseline::observe_candidate;
use aware_pipeline::correlation::run_correlations;
use aware_pipeline::detect::Detector;
use aware_pipeline::matched_event::{EventSummary, MatchedEvent};
use aware_pipeline::port::EventKey;
use aware_pipeline::rule_set::RuleSet;
use aware_rules::baseline::BaselineBook;
use aware_rules::correlate::RuleMatch;
use aware_rules::shipped;
use jiff::Timestamp;

use crate::args::{RulesBacktestArgs, TimePeriod};
use crate::exit::{CommandExit, CommandFailure};
use crate::logs::{self, BodySink, ReadOptions};

/// How many findings are kept to be replayed in order; later ones are counted without messages.
const MAX_FINDINGS: usize = 500_000;
/// How many accounts and principals are named for each rule.
const MAX_NAMED: usize = 5;

/// The results of rules on history.
#[derive(Default)]
struct BacktestResult {
    findings: Vec<Finding>,
    hidden: BTreeMap<String, u64>,
    more: u64,
    events: u64,
    rejects: u64,
    days: BTreeSet<String>,
}

/// What one rule would have reported.
#[derive(Default)]
struct BacktestRow {
    matches: u64,
    messages: u64,
    accounts: BTreeMap<String, u64>,
    principals: BTreeMap<String, u64>,
}

/// Runs the command.
pub(super) fn run_backtest(args: &RulesBacktestArgs) -> Result<CommandExit, CommandFailure> {
    let mut wanted = super::loading::request_from_config(args.config.as_deref())?;
    wanted.rules.paths.push(args.rules.clone());
    wanted.tried = Some(args.rules.clone());
    // Within a copy of the program's own source, its rules are those on disk.
    let is_source = shipped::shipped_files().iter().any(|(name, _)| {
        let file = Path::new(name);
        file.starts_with(&args.rules) && file.exists()
    });
    if is_source {
        wanted.rules.shipped = Some(false);
    }
    let loaded = super::loading::report_loaded(load_rules(&wanted))?;
    let refused = loaded.problems.len();
    let rules = Arc::new(loaded.rules);
    let period = args.period.check_order().map_err(CommandFailure::Usage)?;
    let mut played = play_logs(&rules, args, period)?;
    let shown = rules_from(&rules, &args.rules, is_source);
    let rows = replay_findings(&mut played);
    print_report(&played, &rows, &shown)?;
    Ok(match (refused, played.rejects) {
        (1.., _) => CommandExit::Usage,
        (0, 1..) => CommandExit::Input,
        (0, 0) => CommandExit::Done,
    })
}

/// The rules and correlations under test: id and title. A rule that only feeds correlations makes
/// no findings.
fn rules_from(rules: &RuleSet, path: &Path, is_source: bool) -> BTreeMap<String, String> {
    let is_ours = |file: &str| {
        Path::new(file).starts_with(path) && (is_source || shipped::shipped_page(file).is_none())
    };
    let events = rules.event_rules().iter().enumerate().filter(|(at, rule)| {
        is_ours(&rule.file) && u32::try_from(*at).is_ok_and(|at| rules.finding_rule(at).is_some())
    });
    let correlations = rules.correlations().correlations().iter();
    let correlations = correlations.filter(|one| is_ours(&one.file)).map(|one| &one.about);
    let all = events.map(|(_, rule)| &rule.about).chain(correlations);
    all.map(|about| (about.id.clone(), about.name.clone())).collect()
}

fn play_logs(
    rules: &Arc<RuleSet>,
    args: &RulesBacktestArgs,
    period: TimePeriod,
) -> Result<BacktestResult, CommandFailure> {
    // Repetitions are recognized within one set of groups, so only one thread plays.
    let manner = ReadOptions { aws: args.aws.clone(), threads: Some(1), quiet: false };
    let taker = || BacktestPlayer {
        played: BacktestResult::default(),
        detector: Detector::new(Arc::clone(rules)),
        hits: Vec::new(),
        unjudged: Vec::new(),
        seen: BTreeSet::new(),
        period,
        last: None,
    };
    let mut players = logs::read_logs(&args.logs, &manner, taker)?;
    Ok(players.pop().map(|player| player.correlate(rules)).unwrap_or_default())
}

/// Runs the rules on bodies.
struct BacktestPlayer {
    played: BacktestResult,
    detector: Detector,
    hits: Vec<(RuleMatch, Option<EventSummary>)>,
    /// Events whose rules ask what was usual.
    unjudged: Vec<MatchedEvent>,
    seen: BTreeSet<EventKey>,
    period: TimePeriod,
    /// The latest event.
    last: Option<Timestamp>,
}

impl BodySink for BacktestPlayer {
    fn begin_body(&mut self) {}

    fn take_part(&mut self, _origin: &str, kind: EnvelopeKind, bytes: &[u8]) {
        let detected = self.detector.detect_all(kind, bytes);
        self.played.events += detected.events;
        self.last = self.last.max(detected.last);
        self.played.rejects += detected.rejects.total_count();
        for found in detected.found {
            if self.seen.insert(found.key.clone()) {
                let mut face = found.summary.clone();
                let hits = found.hits.iter().filter(|hit| self.period.contains_time(hit.time));
                self.hits.extend(hits.cloned().map(|hit| (hit, face.take())));
                if found.candidates.is_empty() {
                    self.played.add_event(found, self.period);
                } else {
                    self.unjudged.push(found);
                }
            }
        }
    }

    fn take_reject(&mut self, _origin: &str, _problem: String) {
        self.played.rejects += 1;
    }

    fn skip_objects(&mut self, _count: u64) {}
}

impl BacktestPlayer {
    /// The result, with what is unusual, given these logs alone, and the findings of correlations.
    fn correlate(mut self, rules: &RuleSet) -> BacktestResult {
        let mut book = BaselineBook::default();
        self.unjudged.sort_by(|a, b| (a.time, &a.key).cmp(&(b.time, &b.key)));
        for mut found in std::mem::take(&mut self.unjudged) {
            found.settle_candidates(|one| observe_candidate(&mut book, one, true));
            self.played.add_event(found, self.period);
        }
        let hits = std::mem::take(&mut self.hits);
        let until = self.last.unwrap_or_default();
        for fired in run_correlations(rules, hits, until) {
            self.played.add_finding(fired.finding);
        }
        self.played
    }
}

impl BacktestResult {
    fn add_event(&mut self, mut found: MatchedEvent, period: TimePeriod) {
        found.findings.retain(|finding| period.contains_time(finding.time));
        for (_, by) in &found.hidden {
            *self.hidden.entry(by.clone()).or_default() += 1;
        }
        found.findings.into_iter().for_each(|finding| self.add_finding(finding));
    }

    fn add_finding(&mut self, finding: Finding) {
        self.days.insert(finding.time.strftime("%Y-%m-%d").to_string());
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

/// Replays all findings in time order through the groups, as the daemon would.
fn replay_findings(played: &mut BacktestResult) -> BTreeMap<String, BacktestRow> {
    let mut rows: BTreeMap<String, BacktestRow> = BTreeMap::new();
    played.findings.sort_by(|a, b| (a.time, &a.event_id).cmp(&(b.time, &b.event_id)));
    let mut tallies: HashMap<Fingerprint, FindingGroup> = HashMap::new();
    let intervals = RepeatIntervals::default();
    for finding in &played.findings {
        let row = rows.entry(finding.rule.id.clone()).or_default();
        row.matches += 1;
        *row.accounts.entry(finding.account.clone()).or_default() += 1;
        *row.principals.entry(finding.principal.name.clone()).or_default() += 1;
        let key = Fingerprint::for_finding(finding);
        let tally = tallies.entry(key).or_insert_with(|| FindingGroup::for_finding(finding));
        if tally.next_update_at(&intervals).is_some_and(|due| due <= finding.time) {
            row.messages += 1;
            tally.mark_reported(finding.time);
        }
        if matches!(tally.record_and_decide(finding, finding.time), NotifyDecision::Notify(_)) {
            row.messages += 1;
            tally.mark_reported(finding.time);
        }
    }
    for tally in tallies.values().filter(|tally| tally.next_update_at(&intervals).is_some()) {
        if let Some(row) = rows.get_mut(&tally.first.rule.id) {
            row.messages += 1;
        }
    }
    rows
}

fn print_report(
    played: &BacktestResult,
    rows: &BTreeMap<String, BacktestRow>,
    shown: &BTreeMap<String, String>,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let days = played.days.len();
    let (events, rejects) = (played.events, played.rejects);
    writeln!(out, "{events} events, findings on {days} days, {rejects} rejects")?;
    let mut met: Vec<(&String, &String, &BacktestRow)> = shown
        .iter()
        .filter_map(|(id, title)| Some((id, title, rows.get(id)?)))
        .filter(|(.., row)| row.matches > 0)
        .collect();
    // The noisiest first.
    met.sort_by(|a, b| b.2.matches.cmp(&a.2.matches).then_with(|| a.0.cmp(b.0)));
    for (id, title, row) in &met {
        print_row(&mut out, (id, title), row, days.max(1) as u64)?;
    }
    let silent = shown.iter().filter(|(id, _)| !met.iter().any(|(known, ..)| known == id));
    let silent: Vec<String> =
        silent.map(|(id, title)| terminal_safe(&rule_label(id, title)).into_owned()).collect();
    match silent.as_slice() {
        [] => {}
        few if few.len() <= MAX_SILENT => writeln!(out, "\nno match: {}", few.join(", "))?,
        many => writeln!(out, "\nno match: {} rules", many.len())?,
    }
    for (by, count) in &played.hidden {
        writeln!(out, "\n{count} findings {}", terminal_safe(by))?;
    }
    if played.more > 0 {
        writeln!(
            out,
            "\n{} more matches are not counted for any rule (hint: test a shorter period)",
            played.more
        )?;
    }
    Ok(())
}

/// How many rules without a match are listed by name.
const MAX_SILENT: usize = 10;

/// A rule's name in a report: its title, and the id that a config uses.
fn rule_label(id: &str, title: &str) -> String {
    if id == title { id.to_owned() } else { format!("{title} ({id})") }
}

fn print_row(
    out: &mut dyn Write,
    (id, title): (&str, &str),
    row: &BacktestRow,
    days: u64,
) -> io::Result<()> {
    let per_day = |n: u64| format!("{:.1}", n as f64 / days as f64);
    writeln!(
        out,
        "\n{}: {} matches ({} per day), {} messages ({} per day)",
        terminal_safe(&rule_label(id, title)),
        row.matches,
        per_day(row.matches),
        row.messages,
        per_day(row.messages)
    )?;
    for (name, counts) in [("accounts", &row.accounts), ("principals", &row.principals)] {
        if !counts.is_empty() {
            writeln!(out, "  {name:<11} {}", terminal_safe(&top_counts(counts)))?;
        }
    }
    Ok(())
}

fn top_counts(counts: &BTreeMap<String, u64>) -> String {
    let mut all: Vec<_> = counts.iter().collect();
    all.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let named: Vec<String> =
        all.iter().take(MAX_NAMED).map(|(name, count)| format!("{name} {count}")).collect();
    let rest = all.len().saturating_sub(MAX_NAMED);
    if rest > 0 { format!("{} and {rest} more", named.join(", ")) } else { named.join(", ") }
}
