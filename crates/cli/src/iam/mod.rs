//! Commands about permissions: explain, policy, unused, lint, and the catalogue they go by.

mod catalogue;
mod existing;
mod explain;
mod lint;
mod policy;
mod refresh;
mod show;
mod unused;
mod whom;

use std::path::Path;

use aware_iam::policy::{Named, Policy};

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

/// Reads policies of one principal, by their files; a file may hold several.
fn policies<P: AsRef<Path>>(files: &[P]) -> Result<Vec<Named>, Failure> {
    let mut all = Vec::new();
    for file in files {
        let name = file.as_ref().display().to_string();
        let text = text(&name)?;
        let found = Policy::parse_all(&text)
            .map_err(|problem| Failure::Usage(format!("{}: {problem}", shown(&name))))?;
        let is_alone = found.len() == 1;
        all.extend(found.into_iter().enumerate().map(|(at, policy)| {
            let number = if is_alone { String::new() } else { format!(" ({})", at + 1) };
            Named { name: format!("{}{number}", shown(&name)), policy }
        }));
    }
    Ok(all)
}
