//! Commands for permissions: explain, policy, unused, lint, and the catalogue that they use.

mod catalogue;
mod existing;
mod explain;
mod lint;
mod policy;
mod policy_files;
mod policy_notes;
mod principal;
mod refresh;
mod show;
mod statement;
mod unused;

use crate::args::{IamArgs, IamCommand};
use crate::exit::{CommandExit, CommandFailure};

pub(crate) use explain::run_explain as explain;
pub(crate) use lint::run_lint as lint;
pub(crate) use policy::run_policy as policy;
pub(crate) use unused::run_unused as unused;

/// Runs `aware iam`.
pub(crate) fn run_iam(args: &IamArgs) -> Result<CommandExit, CommandFailure> {
    match &args.command {
        IamCommand::Refresh { package } => refresh::run_refresh(package),
        IamCommand::Show { action } => show::run_show(action),
    }
}
