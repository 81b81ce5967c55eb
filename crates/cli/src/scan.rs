//! `aware scan`: the source half over stored logs.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use aware_cases::group::{FindingGroup, GroupClass};
use aware_cases::notable::quote_argument;
use aware_core::envelope::EnvelopeKind;
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::event::Level;
use aware_core::fingerprint::Fingerprint;
use aware_iam::lint::{is_known_region, nearest_region};
use aware_io::input::s3::ObjectChoice;
use aware_io::log::{self, Verbosity};
use aware_io::rules::{LoadedRules, SelectorError};
use aware_io::screen::OutputScreen;
use aware_pipeline::baseline::stored_keys;
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::scan::{FindingFilter, FollowScan, LogScan, ScanReport, SeenEvents};

use aware_rules::baseline::BaselineBook;
use tokio::runtime::Runtime;

use crate::args::{ScanArgs, ScanFormat, VerbosityOptions};
use crate::baseline::read_rows;
use crate::exit::{CommandExit, CommandFailure};
use crate::interrupt;
use crate::logs::{BodySink, GivenLogs, ReadOptions};
use crate::render::screen::{shows_unicode, stdout_screen};
use crate::render::{self, RenderOptions, ScanSummary};

/// Runs the command.
pub(crate) fn run_scan(args: &ScanArgs) -> Result<CommandExit, CommandFailure> {
    log::init(args.talk.to_verbosity(), log::Format::Text);
    let started = Instant::now();
    interrupt::install_handlers();
    let (report, refused) = scan_logs(args)?;
    report_rejects(&report, args.talk);
    let summary = ScanSummary::new(&report, started.elapsed());
    let mut out = open_output(args.output.as_deref())?;
    let screen =
        if args.output.is_none() { args.talk.output_screen() } else { OutputScreen::default() };
    let look = RenderOptions {
        format: args.format,
        groups: args.groups,
        screen,
        is_unicode: args.output.is_some() || shows_unicode(),
        logs: config_in_commands(args) + &paths_in_commands(&args.paths),
        quiet: args.talk.quiet,
    };
    render::render_report(&mut out, &report, &summary, &look)?;
    out.flush()?;
    Ok(scan_exit(&report, refused, args))
}

/// The option that reads logs of the owner's own again, if there are any.
fn config_in_commands(args: &ScanArgs) -> String {
    let has_sources = aware_core::source::defined::defined_settings().is_some();
    let config = args.rules.config.as_ref().filter(|_| has_sources);
    let quoted = config.and_then(|path| quote_argument(&path.display().to_string()));
    quoted.map(|path| format!("--config {path} ")).unwrap_or_default()
}

/// The paths as a command that is to be copied names them; a placeholder if they are many, or can't
/// be read again.
fn paths_in_commands(paths: &[String]) -> String {
    let quoted: Option<Vec<String>> = paths.iter().map(|path| quote_argument(path)).collect();
    let few = quoted.filter(|quoted| quoted.len() <= MAX_SHOWN_PATHS);
    few.map_or_else(|| "LOGS".to_owned(), |few| few.join(" "))
}

/// How many paths a command names.
const MAX_SHOWN_PATHS: usize = 3;

impl VerbosityOptions {
    /// How much is logged.
    pub(crate) fn to_verbosity(self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }

    /// The style of standard output.
    pub(crate) fn output_screen(self) -> OutputScreen {
        stdout_screen(self.no_color)
    }
}

fn open_output(path: Option<&Path>) -> Result<Box<dyn Write>, CommandFailure> {
    Ok(match path {
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| CommandFailure::Usage(format!("{}: {error}", path.display())))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(io::stdout().lock())),
    })
}

fn scan_exit(report: &ScanReport, refused: usize, args: &ScanArgs) -> CommandExit {
    let is_reached = |level: Level| match args.groups {
        true => report.groups.iter().any(|tally| tally.effective_level() >= level),
        false => report.cases.iter().any(|case| case.level >= level),
    };
    let unread = report.sums.rejects + report.followed.problems.len() as u64;
    match (args.fail_on.is_some_and(is_reached), refused, unread) {
        (true, _, _) => CommandExit::Findings,
        (false, 1.., _) => CommandExit::Usage,
        (false, 0, 1..) => CommandExit::Input,
        (false, 0, 0) => CommandExit::Done,
    }
}

/// Reports what could not be read: the first few, or all with `-v`.
fn report_rejects(report: &ScanReport, talk: VerbosityOptions) {
    let limit = if talk.verbose { usize::MAX } else { 5 };
    for reject in report.rejects.iter().take(limit) {
        let record =
            if reject.record == 0 { String::new() } else { format!(" record {}:", reject.record) };
        tracing::warn!("{}:{record} {}", reject.origin, reject.problem);
    }
    for problem in report.followed.problems.iter().take(limit) {
        tracing::warn!("not read again, so cases may lack what else was done: {problem}");
    }
    let shown = report.rejects.len().min(limit) as u64;
    if report.sums.rejects > shown {
        let rest = report.sums.rejects - shown;
        let hint = if talk.verbose { "" } else { " (hint: -v names them)" };
        tracing::warn!("{rest} more rejects{hint}");
    }
}

/// The rules in force that `--rule` selects; `None` for all.
fn chosen_rules(
    names: &[String],
    loaded: &LoadedRules,
) -> Result<Option<BTreeSet<String>>, CommandFailure> {
    let mut ids = BTreeSet::new();
    for name in names {
        let usage =
            |problem: SelectorError| CommandFailure::Usage(format!("--rule {name}: {problem}"));
        let named = loaded.select_rules(name).map_err(usage)?;
        let on: Vec<_> = named.into_iter().filter(|(_, is_on)| *is_on).map(|(id, _)| id).collect();
        if on.is_empty() {
            return Err(usage(SelectorError::IsOff(name.clone())));
        }
        ids.extend(on);
    }
    Ok(Some(ids).filter(|_| !names.is_empty()))
}

/// The report, and how many rules have errors.
fn scan_logs(args: &ScanArgs) -> Result<(ScanReport, usize), CommandFailure> {
    for region in args.region.iter().filter(|region| !is_known_region(region)) {
        let near = nearest_region(region).unwrap_or("eu-west-1");
        tracing::warn!("unknown region `{region}` (hint: {near} is known)");
    }
    let period = args.period.check_order().map_err(CommandFailure::Usage)?;
    let mut filter = FindingFilter {
        since: period.since,
        until: period.until,
        accounts: args.account.clone(),
        principals: args.principal.clone(),
        regions: args.region.clone(),
        min_level: args.min_level,
        rules: None,
    };
    let seen = SeenEvents::default();
    let loaded = crate::rules::load_with_options(&args.rules)?;
    filter.rules = chosen_rules(&args.rule, &loaded)?;
    let refused = loaded.problems.len();
    let rules: Arc<RuleSet> = Arc::new(loaded.rules);
    let config = args.limits_from.as_deref().map(aware_io::config::read_config).transpose()?;
    let limits = config
        .map_or_else(Default::default, |config| aware_io::config::limits_from(&config.limits));
    let scan = || LogScan::new(&filter, &rules).with_limits(limits);
    let taker = || ScanTaker { scan: scan(), filter: &filter, seen: &seen, told: HashSet::new() };
    let manner =
        ReadOptions { aws: args.aws.clone(), threads: args.threads, quiet: args.talk.quiet };
    let mut whole = LogScan::new(&filter, &rules);
    let mut given = GivenLogs::find_logs(&args.paths);
    let has_cases = !args.groups || args.format == ScanFormat::Json;
    if has_cases {
        given = given.keeping_stdin();
    }
    for part in given.read_all(&manner, taker)? {
        whole.merge_part(part.scan);
    }
    whole.settle_baselines(&mut known_baselines(args, &whole)?, &seen);
    if has_cases {
        follow_principals(&mut whole, &mut given, &manner, limits, &seen)?;
    }
    Ok((whole.into_report().apply_filter(&filter), refused))
}

/// What is known to be usual: nothing, or what a daemon knows.
fn known_baselines(args: &ScanArgs, whole: &LogScan) -> Result<BaselineBook, CommandFailure> {
    let Some(config) = &args.baseline_from else { return Ok(BaselineBook::default()) };
    let state = aware_io::config::read_config(config)?.state;
    let Some(store) = aware_io::compose::open_local_state(&state)? else {
        tracing::warn!(
            "{}: there is no state yet, so nothing is known to be usual",
            config.display()
        );
        return Ok(BaselineBook::default());
    };
    let keys = stored_keys(whole.baseline_rows());
    Runtime::new()?.block_on(read_rows(&store, &keys))
}

/// Reads the logs again, for what the principals of cases did besides.
fn follow_principals(
    whole: &mut LogScan,
    given: &mut GivenLogs,
    manner: &ReadOptions,
    limits: DecompressionLimits,
    seen: &SeenEvents,
) -> Result<(), CommandFailure> {
    while let Some(look) = whole.next_look(seen) {
        let look = Arc::new(look);
        let choice = Arc::clone(&look);
        let wants: ObjectChoice = Arc::new(move |origin| choice.wants_body(origin));
        let taker = || FollowTaker { scan: FollowScan::new(&look, limits), seen };
        for part in given.read_again(manner, &wants, taker)? {
            whole.merge_look(part.scan);
        }
    }
    Ok(())
}

/// One thread's part of a second look.
struct FollowTaker<'a> {
    scan: FollowScan,
    seen: &'a SeenEvents,
}

impl BodySink for FollowTaker<'_> {
    fn begin_body(&mut self) {
        self.scan.sums.files += 1;
    }

    fn take_part(&mut self, _origin: &str, kind: EnvelopeKind, bytes: &[u8]) {
        self.scan.follow_part(kind, bytes, self.seen);
    }

    fn take_reject(&mut self, origin: &str, problem: String) {
        self.scan.sums.add_problem(format!("{origin}: {problem}"));
    }

    fn skip_objects(&mut self, _count: u64) {}
}

/// One thread's part of a scan.
struct ScanTaker<'a> {
    scan: LogScan,
    filter: &'a FindingFilter,
    seen: &'a SeenEvents,
    /// The groups of an open stream that were already reported.
    told: HashSet<Fingerprint>,
}

impl BodySink for ScanTaker<'_> {
    fn begin_body(&mut self) {
        self.scan.sums.files += 1;
    }

    fn take_part(&mut self, origin: &str, kind: EnvelopeKind, bytes: &[u8]) {
        self.scan.scan_part(origin, kind, bytes, self.filter, self.seen);
    }

    fn take_reject(&mut self, origin: &str, problem: String) {
        self.scan.add_reject(origin, 0, problem);
    }

    fn skip_objects(&mut self, count: u64) {
        self.scan.sums.skipped += count;
    }

    fn report_new(&mut self) {
        let is_shown =
            |tally: &&FindingGroup| tally.class == GroupClass::Finding && tally.count > 0;
        let new = self.scan.group_tallies().filter(is_shown);
        let mut new: Vec<&FindingGroup> =
            new.filter(|one| !self.told.contains(&one.fingerprint)).collect();
        new.sort_by(|a, b| {
            a.first.time.cmp(&b.first.time).then_with(|| a.fingerprint.cmp(&b.fingerprint))
        });
        for tally in &new {
            tracing::info!("{}", render::message_of(tally).subject);
        }
        self.told.extend(new.into_iter().map(|tally| tally.fingerprint.clone()));
    }
}
