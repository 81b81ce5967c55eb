//! A position in a pattern, and what all pattern forms read in the same way.

use super::ast::Tree;
use crate::problem::Problem;

/// Maximum nesting of parentheses; CloudWatch documents no limit of its own.
const MAX_DEPTH: usize = 64;

/// A position in a pattern, and what was counted on the way there.
pub(super) struct Cursor {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    /// The number of regular expressions read.
    pub regexes: usize,
    /// The number of selectors with a wildcard read.
    pub wildcards: usize,
}

impl Cursor {
    pub(super) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0, depth: 0, regexes: 0, wildcards: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Returns to an earlier position.
    pub(super) fn rewind(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    /// Takes a text if it comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let found =
            text.chars().count() <= rest.len() && text.chars().zip(rest).all(|(a, b)| a == *b);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    pub(super) fn blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|c| wanted(*c)) {
            text.push(c);
            self.at += 1;
        }
        text
    }

    /// The line and column of a character, if the pattern is that long.
    pub(super) fn place_of(&self, at: usize) -> Option<(u32, u32)> {
        self.chars.get(at).map(|_| self.place(at))
    }

    fn place(&self, at: usize) -> (u32, u32) {
        let before = self.chars.get(..at.min(self.chars.len())).unwrap_or_default();
        let lines = before.iter().filter(|c| **c == '\n').count();
        let column = before.iter().rev().take_while(|c| **c != '\n').count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        (count(lines), count(column))
    }

    /// A problem at a character.
    pub(super) fn problem(&self, at: usize, what: impl std::fmt::Display) -> Problem {
        Problem::new("", self.place(at), what)
    }

    /// Reports what is here in place of what was expected.
    pub(super) fn unexpected(&self, wanted: &str) -> Problem {
        match self.peek() {
            None => self.problem(self.at, format!("pattern ends where {wanted} is expected")),
            Some(found) => self
                .problem(self.at, format!("`{}` where {wanted} is expected", found.escape_debug())),
        }
    }

    /// Reads a text in double quotes; `\"` and `\\` stand for the characters themselves.
    pub(super) fn quoted(&mut self) -> Result<String, Problem> {
        let start = self.at;
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') if matches!(self.peek(), Some('"' | '\\')) => text.extend(self.next()),
                Some(c) => text.push(c),
                None => return Err(self.problem(start, "quote without an end")),
            }
        }
    }

    /// Reads leaves joined by `&&` and `||`, of which `&&` binds tighter, with parentheses.
    pub(super) fn tree<T>(
        &mut self,
        leaf: &mut impl FnMut(&mut Self) -> Result<T, Problem>,
    ) -> Result<Tree<T>, Problem> {
        self.joined("||", Tree::Any, &mut |cursor| {
            cursor.joined("&&", Tree::All, &mut |cursor| cursor.branch(leaf))
        })
    }

    fn joined<T>(
        &mut self,
        joint: &str,
        join: fn(Vec<Tree<T>>) -> Tree<T>,
        part: &mut dyn FnMut(&mut Self) -> Result<Tree<T>, Problem>,
    ) -> Result<Tree<T>, Problem> {
        let first = part(self)?;
        let mut more = Vec::new();
        loop {
            self.blanks();
            if !self.take(joint) {
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

    fn branch<T>(
        &mut self,
        leaf: &mut impl FnMut(&mut Self) -> Result<T, Problem>,
    ) -> Result<Tree<T>, Problem> {
        self.blanks();
        let start = self.at;
        if !self.take("(") {
            return leaf(self).map(Tree::Leaf);
        }
        if self.depth >= MAX_DEPTH {
            return Err(
                self.problem(start, format!("parentheses are nested deeper than {MAX_DEPTH}"))
            );
        }
        self.depth += 1;
        let tree = self.tree(leaf)?;
        self.depth -= 1;
        self.blanks();
        if self.take(")") { Ok(tree) } else { Err(self.no_joint("`&&`, `||` or `)`")) }
    }

    /// Reports what is here in place of an operator that joins two leaves, or the end.
    pub(super) fn no_joint(&self, wanted: &str) -> Problem {
        let word: String = self
            .chars
            .get(self.at..)
            .unwrap_or_default()
            .iter()
            .take_while(|c| c.is_ascii_alphabetic())
            .collect();
        let hint = match (word.to_ascii_lowercase().as_str(), self.peek()) {
            ("and", _) | (_, Some('&')) => Some("and is `&&`"),
            ("or", _) | (_, Some('|')) => Some("or is `||`"),
            ("not", _) | (_, Some('!')) => Some("there is no negation, only `!=`"),
            _ => None,
        };
        let problem = self.unexpected(wanted);
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}
