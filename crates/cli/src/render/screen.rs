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

/// Whether standard output shows signs beyond ASCII: a file always does, and a terminal unless its
/// locale says that it is not UTF-8.
pub(crate) fn shows_unicode() -> bool {
    !std::io::stdout().is_terminal() || is_utf8_locale(|name| std::env::var(name).ok())
}

/// The first of these variables that is set decides, as POSIX has it; without any, UTF-8 is likely.
fn is_utf8_locale(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
    let locale = set.map(|value| value.to_ascii_lowercase()).find(|value| !value.is_empty());
    locale.is_none_or(|locale| locale.contains("utf-8") || locale.contains("utf8"))
}

/// Whether to use colours, given whether the output is a terminal, and the environment:
/// <https://no-color.org>, <https://bixense.com/clicolors>.
fn use_colors(is_terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let is_forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let is_dumb = set("TERM").is_some_and(|term| term == "dumb");
    set("NO_COLOR").is_none() && (is_forced || is_terminal && !is_dumb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides() {
        for (set, wanted) in [
            (vec![], true),
            (vec![("LANG", "de_DE.UTF-8")], true),
            (vec![("LANG", "C.utf8")], true),
            (vec![("LANG", "en_US.UTF-8"), ("LC_ALL", "C")], false),
            (vec![("LC_ALL", ""), ("LC_CTYPE", "de_DE.ISO-8859-1"), ("LANG", "x.UTF-8")], false),
            (vec![("LANG", "POSIX")], false),
        ] {
            let variable = |name: &str| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(is_utf8_locale(variable), wanted, "{set:?}");
        }
    }
}
