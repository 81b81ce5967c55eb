//! `aware rules`: list, check, test, explain, match, backtest, tune.

mod backtest;
mod check;
mod coverage;
mod explain;
mod list;
mod loading;
mod matching;
mod names;
mod test;
mod tune;

use crate::args::{RulesArgs, RulesCommand};
use crate::exit::{CommandExit, CommandFailure};

pub(crate) use loading::{define_sources, load_with_options};

/// Runs the command.
pub(crate) fn run_rules(args: &RulesArgs) -> Result<CommandExit, CommandFailure> {
    match &args.command {
        RulesCommand::List(args) => list::run_rules_list(args),
        RulesCommand::Check(args) => check::run_check(args),
        RulesCommand::Test(args) => test::run_rules_test(args),
        RulesCommand::Explain(args) => explain::run_rules_explain(args),
        RulesCommand::Match(args) => matching::run_match(args),
        RulesCommand::Backtest(args) => backtest::run_backtest(args),
        RulesCommand::Tune(args) => tune::run_tune(args),
        RulesCommand::Coverage(args) => coverage::run_coverage(args),
    }
}
