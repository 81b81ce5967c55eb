//! Questions at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::exit::CommandFailure;

pub(super) fn ask_user(question: &str) -> Result<String, CommandFailure> {
    write!(io::stderr(), "{question}: ")?;
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// Asks for confirmation; without a terminal this is an error.
pub(super) fn ask_yes_no(question: &str) -> Result<bool, CommandFailure> {
    if !io::stdin().is_terminal() {
        return Err(CommandFailure::Usage(
            "cannot ask for confirmation without a terminal (hint: --yes)".to_owned(),
        ));
    }
    Ok(matches!(ask_user(&format!("{question} [y/N]"))?.to_ascii_lowercase().as_str(), "y" | "yes"))
}
