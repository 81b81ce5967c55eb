//! Policies in files, as commands are given them.

use std::path::Path;

use aware_iam::policy::{NamedPolicy, Policy};

use crate::exit::CommandFailure;
use crate::logs::{display_name, read_text};

/// Reads the policies of one principal from files; a file may hold several.
pub(super) fn read_policies<P: AsRef<Path>>(
    files: &[P],
) -> Result<Vec<NamedPolicy>, CommandFailure> {
    let mut all = Vec::new();
    for file in files {
        let name = file.as_ref().display().to_string();
        let text = read_text(&name)?;
        let found = Policy::parse_all(&text).map_err(|problem| {
            CommandFailure::Usage(format!("{}: {problem}", display_name(&name)))
        })?;
        let is_alone = found.len() == 1;
        all.extend(found.into_iter().enumerate().map(|(at, policy)| {
            let number = if is_alone { String::new() } else { format!(" ({})", at + 1) };
            NamedPolicy { name: format!("{}{number}", display_name(&name)), policy }
        }));
    }
    Ok(all)
}
