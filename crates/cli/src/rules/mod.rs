//! `aware rules`: list, check, test, explain, match, backtest.

mod backtest;
mod check;
mod explain;
mod list;
mod matching;
mod test;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aware_core::envelope::decompress::{Inflater, Limits};
use aware_core::envelope::{self, Kind};
use aware_io::config;
use aware_io::input::walk;
use aware_io::log;
use aware_io::rules::{Loaded, Wanted, load};

use crate::args::{RuleOptions, RulesArgs, RulesCommand};
use crate::exit::{Exit, Failure};

/// Runs the command.
pub(crate) fn main(args: &RulesArgs) -> Result<Exit, Failure> {
    match &args.command {
        RulesCommand::List(args) => list::main(args),
        RulesCommand::Check(args) => check::main(args),
        RulesCommand::Test(args) => test::main(args),
        RulesCommand::Explain(args) => explain::main(args),
        RulesCommand::Match(args) => matching::main(args),
        RulesCommand::Backtest(args) => backtest::main(args),
    }
}

/// Loads the rules that options ask for. What is wrong with some of them is a warning.
pub(crate) fn loaded(options: &RuleOptions) -> Result<Loaded, Failure> {
    let mut wanted = from_config(options.config.as_deref())?;
    wanted.rules.paths.extend(options.paths.iter().cloned());
    wanted.rules.enable.extend(options.enable.iter().cloned());
    wanted.rules.disable.extend(options.disable.iter().cloned());
    let loaded = load(&wanted);
    for problem in &loaded.problems {
        log::warn(&problem.to_string(), &[]);
    }
    Ok(loaded)
}

/// What a config says of rules.
pub(crate) fn from_config(path: Option<&Path>) -> Result<Wanted, Failure> {
    let Some(path) = path else { return Ok(Wanted::default()) };
    let config = config::read(path)?;
    Ok(Wanted::of(&config, &path.display().to_string()))
}

/// Only the rules of these paths, and what a config says besides.
pub(crate) fn only(paths: &[PathBuf], config: Option<&Path>) -> Result<Wanted, Failure> {
    let mut wanted = from_config(config)?;
    wanted.rules.shipped = Some(paths.is_empty() && config.is_none());
    wanted.rules.paths = paths.to_vec();
    Ok(wanted)
}

/// The text of a file, or of standard input.
fn text(name: &str) -> Result<String, Failure> {
    let unreadable = |problem: String| Failure::Usage(format!("{name}: {problem}"));
    let mut bytes = Vec::new();
    if name == "-" {
        io::stdin().lock().take(walk::MAX_FILE).read_to_end(&mut bytes)?;
    } else {
        walk::read(Path::new(name), walk::MAX_FILE, &mut bytes)
            .map_err(|problem| unreadable(problem.to_string()))?;
    }
    let mut inflater = Inflater::new(Limits::default());
    let inflated = inflater.inflate(&bytes).map_err(|problem| unreadable(problem.to_string()))?;
    String::from_utf8(inflated.bytes.to_vec()).map_err(|error| unreadable(error.to_string()))
}

/// The records of a file: of whatever CloudTrail arrives in, or one by itself.
fn records(name: &str) -> Result<Vec<String>, Failure> {
    let text = text(name)?;
    let opened = envelope::open(Kind::Any, text.as_bytes());
    let records = opened.records.iter();
    let records: Vec<String> =
        records.map(|record| String::from_utf8_lossy(&record.bytes).into_owned()).collect();
    let why = opened.rejects.first().map(ToString::to_string).unwrap_or_default();
    if records.is_empty() {
        return Err(Failure::Usage(format!("{name}: holds no record: {why}")));
    }
    Ok(records)
}
