//! Commands about permissions: explain, policy, unused, lint, and the catalogue they go by.

mod catalogue;
mod explain;
mod lint;
mod policy;
mod refresh;
mod show;
mod unused;
mod whom;

use std::path::Path;

use aware_iam::policy::Policy;

use crate::args::{IamArgs, IamCommand};
use crate::exit::{Exit, Failure};
use crate::logs::{shown, text};

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

/// Reads policies of one principal, all statements in one.
fn policies<P: AsRef<Path>>(files: &[P]) -> Result<Option<Policy>, Failure> {
    let mut whole: Option<Policy> = None;
    for file in files {
        let name = file.as_ref().display().to_string();
        let text = text(&name)?;
        let policy = Policy::parse(&text)
            .map_err(|problem| Failure::Usage(format!("{}: {problem}", shown(&name))))?;
        match &mut whole {
            Some(whole) => whole.statements.extend(policy.statements),
            None => whole = Some(policy),
        }
    }
    Ok(whole)
}
