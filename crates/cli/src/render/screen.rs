//! Standard output as a screen.

use std::io::IsTerminal;

use aware_io::screen::OutputScreen;
use terminal_size::{Width, terminal_size};

/// The style of standard output. Its width is that of `COLUMNS`, else the terminal's, else 100
/// columns.
pub(crate) fn stdout_screen(no_color: bool) -> OutputScreen {
    let is_terminal = std::io::stdout().is_terminal();
    let terminal = || is_terminal.then(terminal_size).flatten();
    let width = env_columns()
        .or_else(|| terminal().map(|(Width(columns), _)| usize::from(columns)))
        .unwrap_or(OutputScreen::default().width);
    OutputScreen { color: !no_color && use_colors(is_terminal), width }
}

fn env_columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0)
}

/// Whether to use colours, given whether the output is a terminal, and the environment:
/// <https://no-color.org>, <https://bixense.com/clicolors>.
fn use_colors(is_terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let is_forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let is_dumb = set("TERM").is_some_and(|term| term == "dumb");
    set("NO_COLOR").is_none() && (is_forced || is_terminal && !is_dumb)
}
