//! Policies in files, as commands are given them.

use std::path::Path;

use aware_iam::policy::{Named, Policy};

use crate::exit::Failure;
use crate::logs::{shown, text};

/// Reads the policies of one principal from files; a file may hold several.
pub(super) fn policies<P: AsRef<Path>>(files: &[P]) -> Result<Vec<Named>, Failure> {
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
