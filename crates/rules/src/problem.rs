//! What is wrong with a rule, and where.

use std::fmt;

/// A mistake in a rule file or pattern: what, where, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleMistake {
    /// The file, or another name of the text.
    pub file: String,
    /// The line, counted from 1; 0 if unknown.
    pub line: u32,
    /// The column, counted from 1, in characters; 0 if unknown.
    pub column: u32,
    /// A lower-case fragment.
    pub what: String,
    /// How to fix it.
    pub hint: Option<String>,
}

impl RuleMistake {
    /// A problem at a place.
    pub fn new(file: &str, (line, column): (u32, u32), what: impl fmt::Display) -> Self {
        Self { file: file.to_owned(), line, column, what: what.to_string(), hint: None }
    }

    /// Adds a hint on how to fix it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

impl fmt::Display for RuleMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, what, hint } = self;
        match (line, column) {
            (0, _) => write!(f, "{file}: {what}")?,
            (_, 0) => write!(f, "{file}:{line}: {what}")?,
            _ => write!(f, "{file}:{line}:{column}: {what}")?,
        }
        hint.as_ref().map_or(Ok(()), |hint| write!(f, " (hint: {hint})"))
    }
}

impl std::error::Error for RuleMistake {}
