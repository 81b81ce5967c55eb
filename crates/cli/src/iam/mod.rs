//! Commands for permissions: explain, policy, unused, lint, and the catalogue that they use.

mod catalogue;
mod existing;
mod explain;
mod lint;
mod policy;
mod policy_files;
mod policy_notes;
mod refresh;
mod show;
mod statement;
mod unused;
mod whom;

use crate::args::{IamArgs, IamCommand};
use crate::exit::{Exit, Failure};

pub(crate) use explain::main as explain;
pub(crate) use lint::main as lint;
pub(crate) use policy::main as policy;
pub(crate) use unused::main as unused;

/// Runs `aware iam`.
pub(crate) fn main(args: &IamArgs) -> Result<Exit, Failure> {
    match &args.command {
        IamCommand::Refresh { package } => refresh::main(package),
        IamCommand::Show { action } => show::main(action),
    }
}
