//! The terminal: visible text only, and colours of our own.

use std::borrow::Cow;

use super::clean_line;
use crate::case::EventMark;
use crate::event::Level;

/// Text that cannot move the cursor, set the title or colour anything.
///
/// ```
/// use aware_core::text::terminal::terminal_safe;
///
/// assert_eq!(terminal_safe("\u{1b}[2Jgone"), "\u{fffd}[2Jgone");
/// ```
pub fn terminal_safe(text: &str) -> Cow<'_, str> {
    clean_line(text)
}

/// Wraps safe text in our own colours, or in none.
#[derive(Clone, Copy, Debug)]
pub struct TerminalPaint {
    /// Whether colours are wanted.
    pub color: bool,
}

impl TerminalPaint {
    /// Bold.
    pub fn bold(self, text: &str) -> String {
        self.with_code("1", text)
    }

    /// Faint.
    pub fn faint(self, text: &str) -> String {
        self.with_code("2", text)
    }

    /// The colour of a level, which is never its only indication.
    pub fn level_color(self, level: Level, text: &str) -> String {
        let code = match level {
            Level::Critical => "1;35",
            Level::High => "1;31",
            Level::Medium => "1;33",
            Level::Low => "36",
            Level::Informational => "2",
        };
        self.with_code(code, text)
    }

    /// The colour of a mark, which is never its only indication.
    pub fn mark_color(self, mark: EventMark, text: &str) -> String {
        let code = match mark {
            EventMark::Denied => "31",
            EventMark::Changed => "1;35",
            EventMark::Read => "36",
            EventMark::Failed => "2",
            EventMark::Reported => "33",
        };
        self.with_code(code, text)
    }

    fn with_code(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
