//! `aware scan`: the source half over stored logs.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use aware_core::envelope::Kind;
use aware_core::event::Level;
use aware_core::group::{Class, Fingerprint, Tally};
use aware_io::log::{self, Verbosity};
use aware_io::pipeline::scan::{Filter, Report, Scan, Seen};
use aware_io::rules::RuleSet;
use aware_io::wire;

use crate::args::{ScanArgs, Talk};
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::logs::{self, Bodies, Manner};
use crate::render::{self, Summary};

/// Runs the command.
pub(crate) fn main(args: &ScanArgs) -> Result<Exit, Failure> {
    log::init(args.talk.verbosity(), log::Format::Text);
    let started = Instant::now();
    interrupt::listen();
    let report = scan(args)?;
    tell_rejects(&report, args.talk);
    let summary = Summary::new(&report, started.elapsed());
    let color = args.output.is_none() && args.talk.color(io::stdout().is_terminal());
    let mut out = output(args.output.as_deref())?;
    render::report(&mut out, &report, &summary, args.format, color)?;
    out.flush()?;
    Ok(exit(&report, args.fail_on))
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

    /// Whether to use colours on something that is, or is not, a terminal.
    pub(crate) fn color(self, is_terminal: bool) -> bool {
        is_terminal && !self.no_color && wants_color()
    }
}

/// What the environment says of colours: <https://no-color.org>.
pub(crate) fn wants_color() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
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

fn exit(report: &Report, fail_on: Option<Level>) -> Exit {
    let reached =
        fail_on.is_some_and(|level| report.groups.iter().any(|tally| tally.level() >= level));
    match (reached, report.sums.rejects) {
        (true, _) => Exit::Findings,
        (false, 0) => Exit::Done,
        (false, _) => Exit::Input,
    }
}

/// Names what could not be read: the first few, or all with `-v`.
fn tell_rejects(report: &Report, talk: Talk) {
    let limit = if talk.verbose { usize::MAX } else { 5 };
    for reject in report.rejects.iter().take(limit) {
        let record =
            if reject.record == 0 { String::new() } else { format!(" record {}:", reject.record) };
        log::warn(&format!("{}:{record} {}", reject.origin, reject.problem), &[]);
    }
    let shown = report.rejects.len().min(limit) as u64;
    if report.sums.rejects > shown {
        let rest = report.sums.rejects - shown;
        let hint = if talk.verbose { "" } else { " (hint: -v names them)" };
        log::warn(&format!("{rest} more rejects{hint}"), &[]);
    }
}

fn scan(args: &ScanArgs) -> Result<Report, Failure> {
    let filter = Filter {
        since: args.since,
        until: args.until,
        accounts: args.account.clone(),
        principals: args.principal.clone(),
        regions: args.region.clone(),
    };
    let seen = Seen::default();
    let rules: Arc<RuleSet> = Arc::new(crate::rules::loaded(&args.rules)?.rules);
    let config = args.limits_from.as_deref().map(aware_io::config::read).transpose()?;
    let limits = config.map_or_else(Default::default, |config| wire::limits(&config.limits));
    let scan = || Scan::new(&filter, &rules).with_limits(limits);
    let taker = || Taker { scan: scan(), filter: &filter, seen: &seen, told: HashSet::new() };
    let manner = Manner { threads: args.threads, quiet: args.talk.quiet };
    let mut whole = Scan::new(&filter, &rules);
    for part in logs::read(&args.paths, manner, taker)? {
        whole.join(part.scan);
    }
    Ok(whole.report())
}

/// One thread's part.
struct Taker<'a> {
    scan: Scan,
    filter: &'a Filter,
    seen: &'a Seen,
    /// The groups that were told of a stream that stays open.
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
            log::info(&render::message_of(tally).subject, &[]);
        }
        self.told.extend(new.into_iter().map(|tally| tally.fingerprint.clone()));
    }
}
