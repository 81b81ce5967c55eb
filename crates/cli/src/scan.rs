//! `aware scan`: the source half over stored logs.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use aware_cases::group::{Class, Tally};
use aware_core::envelope::Kind;
use aware_core::event::Level;
use aware_core::fingerprint::Fingerprint;
use aware_iam::lint::{is_known_region, nearest_region};
use aware_io::log::{self, Verbosity};
use aware_io::rules::{Loaded, SelectorError};
use aware_io::screen::Screen;
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::scan::{Filter, Report, Scan, Seen};

use crate::args::{ScanArgs, Talk};
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::logs::{self, Bodies, Manner};
use crate::render::screen::screen;
use crate::render::{self, RenderOptions, Summary};

/// Runs the command.
pub(crate) fn main(args: &ScanArgs) -> Result<Exit, Failure> {
    log::init(args.talk.verbosity(), log::Format::Text);
    let started = Instant::now();
    interrupt::listen();
    let (report, refused) = scan(args)?;
    tell_rejects(&report, args.talk);
    let summary = Summary::new(&report, started.elapsed());
    let mut out = output(args.output.as_deref())?;
    let screen = if args.output.is_none() { args.talk.screen() } else { Screen::default() };
    let look = RenderOptions { format: args.format, screen, quiet: args.talk.quiet };
    render::report(&mut out, &report, &summary, &look)?;
    out.flush()?;
    Ok(exit(&report, refused, args.fail_on))
}

impl Talk {
    /// How much is logged.
    pub(crate) fn verbosity(self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }

    /// The style of standard output.
    pub(crate) fn screen(self) -> Screen {
        screen(self.no_color)
    }
}

fn output(path: Option<&Path>) -> Result<Box<dyn Write>, Failure> {
    Ok(match path {
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(io::stdout().lock())),
    })
}

fn exit(report: &Report, refused: usize, fail_on: Option<Level>) -> Exit {
    let reached =
        fail_on.is_some_and(|level| report.groups.iter().any(|tally| tally.level() >= level));
    match (reached, refused, report.sums.rejects) {
        (true, _, _) => Exit::Findings,
        (false, 1.., _) => Exit::Usage,
        (false, 0, 1..) => Exit::Input,
        (false, 0, 0) => Exit::Done,
    }
}

/// Reports what could not be read: the first few, or all with `-v`.
fn tell_rejects(report: &Report, talk: Talk) {
    let limit = if talk.verbose { usize::MAX } else { 5 };
    for reject in report.rejects.iter().take(limit) {
        let record =
            if reject.record == 0 { String::new() } else { format!(" record {}:", reject.record) };
        tracing::warn!("{}:{record} {}", reject.origin, reject.problem);
    }
    let shown = report.rejects.len().min(limit) as u64;
    if report.sums.rejects > shown {
        let rest = report.sums.rejects - shown;
        let hint = if talk.verbose { "" } else { " (hint: -v names them)" };
        tracing::warn!("{rest} more rejects{hint}");
    }
}

/// The rules in force that `--rule` selects; `None` for all.
fn chosen(names: &[String], loaded: &Loaded) -> Result<Option<BTreeSet<String>>, Failure> {
    let mut ids = BTreeSet::new();
    for name in names {
        let usage = |problem: SelectorError| Failure::Usage(format!("--rule {name}: {problem}"));
        let named = loaded.named(name).map_err(usage)?;
        let on: Vec<_> = named.into_iter().filter(|(_, is_on)| *is_on).map(|(id, _)| id).collect();
        if on.is_empty() {
            return Err(usage(SelectorError::IsOff(name.clone())));
        }
        ids.extend(on);
    }
    Ok(Some(ids).filter(|_| !names.is_empty()))
}

/// The report, and how many rules have errors.
fn scan(args: &ScanArgs) -> Result<(Report, usize), Failure> {
    for region in args.region.iter().filter(|region| !is_known_region(region)) {
        let near = nearest_region(region).unwrap_or("eu-west-1");
        tracing::warn!("unknown region `{region}` (hint: {near} is known)");
    }
    let period = args.period.checked().map_err(Failure::Usage)?;
    let mut filter = Filter {
        since: period.since,
        until: period.until,
        accounts: args.account.clone(),
        principals: args.principal.clone(),
        regions: args.region.clone(),
        min_level: args.min_level,
        rules: None,
    };
    let seen = Seen::default();
    let loaded = crate::rules::loaded(&args.rules)?;
    filter.rules = chosen(&args.rule, &loaded)?;
    let refused = loaded.problems.len();
    let rules: Arc<RuleSet> = Arc::new(loaded.rules);
    let config = args.limits_from.as_deref().map(aware_io::config::read).transpose()?;
    let limits =
        config.map_or_else(Default::default, |config| aware_io::config::limits(&config.limits));
    let scan = || Scan::new(&filter, &rules).with_limits(limits);
    let taker = || Taker { scan: scan(), filter: &filter, seen: &seen, told: HashSet::new() };
    let manner = Manner { aws: args.aws.clone(), threads: args.threads, quiet: args.talk.quiet };
    let mut whole = Scan::new(&filter, &rules);
    for part in logs::read(&args.paths, &manner, taker)? {
        whole.join(part.scan);
    }
    Ok((whole.report().filtered(&filter), refused))
}

/// One thread's part of a scan.
struct Taker<'a> {
    scan: Scan,
    filter: &'a Filter,
    seen: &'a Seen,
    /// The groups of an open stream that were already reported.
    told: HashSet<Fingerprint>,
}

impl Bodies for Taker<'_> {
    fn begin(&mut self) {
        self.scan.sums.files += 1;
    }

    fn part(&mut self, origin: &str, kind: Kind, bytes: &[u8]) {
        self.scan.part(origin, kind, bytes, self.filter, self.seen);
    }

    fn reject(&mut self, origin: &str, problem: String) {
        self.scan.reject(origin, 0, problem);
    }

    fn skip(&mut self, count: u64) {
        self.scan.sums.skipped += count;
    }

    fn tell(&mut self) {
        let is_shown = |tally: &&Tally| tally.class == Class::Finding && tally.count > 0;
        let new = self.scan.groups().filter(is_shown);
        let mut new: Vec<&Tally> =
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
