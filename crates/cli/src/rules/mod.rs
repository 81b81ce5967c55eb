//! `aware rules`: list, check, test, explain, match, backtest.

mod backtest;
mod check;
mod explain;
mod list;
mod loading;
mod matching;
mod names;
mod test;

use crate::args::{RulesArgs, RulesCommand};
use crate::exit::{Exit, Failure};

pub(crate) use loading::loaded;

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
