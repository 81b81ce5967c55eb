//! `aware scan`: the source half over stored logs.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aware_core::event::Level;
use aware_io::input::walk::{self, FoundFile};
use aware_io::log::{self, Verbosity};
use aware_io::pipeline::scan::{Filter, Report, Scan, Seen};
use aware_io::rules::RuleSet;

use crate::args::{ScanArgs, Talk};
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::render::{self, Summary};

mod remote;
mod stream;

/// Runs the command.
pub(crate) fn main(args: &ScanArgs) -> Result<Exit, Failure> {
    log::init(args.talk.verbosity(), log::Format::Text);
    let started = Instant::now();
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
    let rules = Arc::<RuleSet>::default();
    let (streams, local): (Vec<_>, Vec<_>) =
        args.paths.iter().cloned().partition(|path| path == "-" || path.starts_with("s3://"));
    let mut whole = Scan::new(&filter, &rules);
    if !local.is_empty() {
        let found = walk::expand(&local);
        for (path, problem) in found.problems {
            whole.reject(&path, 0, problem);
        }
        whole.join(files(&found.files, args, &filter, &seen, &rules));
    }
    for path in streams {
        if path == "-" {
            stream::read(&mut whole, "standard input", &mut io::stdin().lock(), &filter, &seen);
        } else {
            remote::scan(&mut whole, &path, &filter, &seen)?;
        }
    }
    Ok(whole.report())
}

/// Shares the files among threads; each takes the next one that is free.
fn files(
    files: &[FoundFile],
    args: &ScanArgs,
    filter: &Filter,
    seen: &Seen,
    rules: &Arc<RuleSet>,
) -> Scan {
    let bytes = files.iter().map(|file| file.bytes).sum();
    let progress = Progress::new(files.len() as u64, bytes, args.talk.quiet);
    let threads = args.threads.map_or_else(cores, usize::from).clamp(1, files.len().max(1));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut scan = Scan::new(filter, rules);
        let mut buffer = Vec::new();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            one(&mut scan, file, &mut buffer, filter, seen);
            progress.add(file.bytes);
        }
        scan
    };
    let whole = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut whole = work();
        for other in others {
            match other.join() {
                Ok(part) => whole.join(part),
                Err(_) => {
                    whole.reject("a thread", 0, "failed (hint: please report this)".to_owned())
                }
            }
        }
        whole
    });
    progress.end();
    whole
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn one(scan: &mut Scan, file: &FoundFile, buffer: &mut Vec<u8>, filter: &Filter, seen: &Seen) {
    let origin = file.path.display().to_string();
    if stream::is_wanted(file) {
        return stream::file(scan, file, filter, seen);
    }
    match walk::read(&file.path, walk::MAX_FILE, buffer) {
        Ok(changed) => {
            scan.body(&origin, buffer, filter, seen);
            if changed {
                scan.reject(
                    &origin,
                    0,
                    "file changed while it was read (hint: scan it again)".to_owned(),
                );
            }
        }
        Err(problem) => scan.reject(&origin, 0, problem.to_string()),
    }
}
