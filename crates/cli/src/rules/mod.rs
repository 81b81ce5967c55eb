//! `aware rules`: list, check, test, explain, match, backtest.

mod backtest;
mod check;
mod explain;
mod list;
mod matching;
mod test;

use std::path::{Path, PathBuf};

use aware_io::config;
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
    loaded.warnings.iter().for_each(|warning| log::warn(warning, &[]));
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
