//! A position in a pattern, and what all pattern forms read in the same way.

use super::ast::LogicTree;
use crate::problem::RuleMistake;

/// Maximum nesting of parentheses; CloudWatch documents no limit of its own.
const MAX_DEPTH: usize = 64;

/// A position in a pattern, and what was counted on the way there.
pub(super) struct PatternCursor {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    /// The number of regular expressions read.
    pub regexes: usize,
    /// The number of selectors with a wildcard read.
    pub wildcards: usize,
}

impl PatternCursor {
    pub(super) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0, depth: 0, regexes: 0, wildcards: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Returns to an earlier position.
    pub(super) fn rewind_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn peek_char(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn next_char(&mut self) -> Option<char> {
        let next = self.peek_char()?;
        self.at += 1;
        Some(next)
    }

    /// Takes a text if it comes next.
    pub(super) fn take_text(&mut self, text: &str) -> bool {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let found =
            text.chars().count() <= rest.len() && text.chars().zip(rest).all(|(a, b)| a == *b);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_chars_while(char::is_whitespace);
    }

    pub(super) fn take_chars_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek_char().filter(|c| wanted(*c)) {
            text.push(c);
            self.at += 1;
        }
        text
    }

    /// The line and column of a character, if the pattern is that long.
    pub(super) fn line_column_of(&self, at: usize) -> Option<(u32, u32)> {
        self.chars.get(at).map(|_| self.line_column(at))
    }

    fn line_column(&self, at: usize) -> (u32, u32) {
        let before = self.chars.get(..at.min(self.chars.len())).unwrap_or_default();
        let lines = before.iter().filter(|c| **c == '\n').count();
        let column = before.iter().rev().take_while(|c| **c != '\n').count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        (count(lines), count(column))
    }

    /// A problem at a character.
    pub(super) fn problem_at(&self, at: usize, what: impl std::fmt::Display) -> RuleMistake {
        RuleMistake::new("", self.line_column(at), what)
    }

    /// Reports what is here in place of what was expected.
    pub(super) fn unexpected_here(&self, wanted: &str) -> RuleMistake {
        match self.peek_char() {
            None => self.problem_at(self.at, format!("pattern ends where {wanted} is expected")),
            Some(found) => self.problem_at(
                self.at,
                format!("`{}` where {wanted} is expected", found.escape_debug()),
            ),
        }
    }

    /// Reads a text in double quotes; `\"` and `\\` stand for the characters themselves.
    pub(super) fn read_quoted(&mut self) -> Result<String, RuleMistake> {
        let start = self.at;
        self.next_char();
        let mut text = String::new();
        loop {
            match self.next_char() {
                Some('"') => return Ok(text),
                Some('\\') if matches!(self.peek_char(), Some('"' | '\\')) => {
                    text.extend(self.next_char())
                }
                Some(c) => text.push(c),
                None => return Err(self.problem_at(start, "quote without an end")),
            }
        }
    }

    /// Reads leaves joined by `&&` and `||`, of which `&&` binds tighter, with parentheses.
    pub(super) fn read_tree<T>(
        &mut self,
        leaf: &mut impl FnMut(&mut Self) -> Result<T, RuleMistake>,
    ) -> Result<LogicTree<T>, RuleMistake> {
        self.read_joined("||", LogicTree::Any, &mut |cursor| {
            cursor.read_joined("&&", LogicTree::All, &mut |cursor| cursor.read_branch(leaf))
        })
    }

    fn read_joined<T>(
        &mut self,
        joint: &str,
        join: fn(Vec<LogicTree<T>>) -> LogicTree<T>,
        part: &mut dyn FnMut(&mut Self) -> Result<LogicTree<T>, RuleMistake>,
    ) -> Result<LogicTree<T>, RuleMistake> {
        let first = part(self)?;
        let mut more = Vec::new();
        loop {
            self.skip_blanks();
            if !self.take_text(joint) {
                break;
            }
            more.push(part(self)?);
        }
        if more.is_empty() {
            return Ok(first);
        }
        more.insert(0, first);
        Ok(join(more))
    }

    fn read_branch<T>(
        &mut self,
        leaf: &mut impl FnMut(&mut Self) -> Result<T, RuleMistake>,
    ) -> Result<LogicTree<T>, RuleMistake> {
        self.skip_blanks();
        let start = self.at;
        if !self.take_text("(") {
            return leaf(self).map(LogicTree::Leaf);
        }
        if self.depth >= MAX_DEPTH {
            return Err(
                self.problem_at(start, format!("parentheses are nested deeper than {MAX_DEPTH}"))
            );
        }
        self.depth += 1;
        let tree = self.read_tree(leaf)?;
        self.depth -= 1;
        self.skip_blanks();
        if self.take_text(")") { Ok(tree) } else { Err(self.missing_joint("`&&`, `||` or `)`")) }
    }

    /// Reports what is here in place of an operator that joins two leaves, or the end.
    pub(super) fn missing_joint(&self, wanted: &str) -> RuleMistake {
        let word: String = self
            .chars
            .get(self.at..)
            .unwrap_or_default()
            .iter()
            .take_while(|c| c.is_ascii_alphabetic())
            .collect();
        let hint = match (word.to_ascii_lowercase().as_str(), self.peek_char()) {
            ("and", _) | (_, Some('&')) => Some("and is `&&`"),
            ("or", _) | (_, Some('|')) => Some("or is `||`"),
            ("not", _) | (_, Some('!')) => Some("there is no negation, only `!=`"),
            _ => None,
        };
        let problem = self.unexpected_here(wanted);
        match hint {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        }
    }
}
