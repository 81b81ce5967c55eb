//! The terminal: visible text only, and colours of our own.

use std::borrow::Cow;

use super::clean;
use crate::event::Level;

/// Text that cannot move the cursor, set the title or colour anything.
pub fn safe(text: &str) -> Cow<'_, str> {
    clean(text)
}

/// Wraps safe text in our own colours, or in none.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// Whether colours are wanted.
    pub color: bool,
}

impl Paint {
    /// Bold.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Faint.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// The colour of a level, which is never its only indication.
    pub fn level(self, level: Level, text: &str) -> String {
        let code = match level {
            Level::Critical => "1;35",
            Level::High => "1;31",
            Level::Medium => "1;33",
            Level::Low => "36",
            Level::Informational => "2",
        };
        self.with(code, text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
