//! Conditions: `selection and not 1 of filter_*`.

use aware_core::near::{did_you_mean, nearest};
use std::collections::BTreeSet;

use super::context::Context;
use super::value::{all_of, any};
use crate::ir::{Case, Expr, Match, Op, Pattern, Piece};
use crate::tree::Place;

/// Maximum nesting of parentheses and `not`.
const MAX_DEPTH: usize = 64;
/// Maximum size of one condition, in tests, once its selections are inserted.
const MAX_SIZE: usize = 100_000;

/// The selections of a rule, by name, in order.
pub(super) type Selections = Vec<(String, Expr)>;

/// Reads a condition and inserts its selections; their names are added to `used`.
pub(super) fn read(
    context: &mut Context<'_>,
    selections: &Selections,
    (text, place): (&str, Place),
    used: &mut BTreeSet<String>,
) -> Option<Expr> {
    let sizes = selections.iter().map(|(_, expr)| size(expr)).collect();
    let mut reader =
        Reader { tokens: Vec::new(), at: 0, selections, sizes, used, depth: 0, size: 0 };
    let whole = tokens(text).and_then(|tokens| {
        reader.tokens = tokens;
        reader.whole()
    });
    match whole {
        Ok(expr) => Some(expr),
        Err(Refusal { at, what, hint }) => {
            let place = context.inside(place, at);
            match hint {
                Some(hint) => context.refuse_with(place, what, hint),
                None => context.refuse(place, what),
            }
        }
    }
}

/// Why a condition is refused, and at which character.
struct Refusal {
    at: usize,
    what: String,
    hint: Option<String>,
}

impl Refusal {
    fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A word or a parenthesis, and the character at which it begins.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    at: usize,
}

impl Token<'_> {
    fn is(self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, Refusal> {
    let mut tokens = Vec::new();
    let (mut rest, mut at) = (text, 0);
    while let Some(c) = rest.chars().next() {
        let part = |c: char| c.is_alphanumeric() || "_-*.?".contains(c);
        let length = match c {
            '(' | ')' => 1,
            '|' => return Err(aggregation(at)),
            _ if part(c) => rest.find(|c| !part(c)).unwrap_or(rest.len()),
            _ if c.is_whitespace() => {
                rest = rest.trim_start_matches(c);
                at = text.chars().count() - rest.chars().count();
                continue;
            }
            other => return Err(Refusal::new(at, format!("unexpected `{other}` in a condition"))),
        };
        let (word, after) = rest.split_at(length);
        tokens.push(Token { text: word, at });
        rest = after;
        at += word.chars().count();
    }
    Ok(tokens)
}

fn aggregation(at: usize) -> Refusal {
    Refusal::new(at, "aggregations in a condition are no longer Sigma").hint(
        "write a correlation that refers to this rule: `event_count`, `value_count` or `temporal`",
    )
}

struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    selections: &'a Selections,
    sizes: Vec<usize>,
    used: &'a mut BTreeSet<String>,
    depth: usize,
    size: usize,
}

impl<'a> Reader<'a> {
    fn whole(&mut self) -> Result<Expr, Refusal> {
        let expr = self.either()?;
        match self.peek() {
            None => Ok(expr),
            Some(token) if token.is("near") => Err(aggregation(token.at)),
            Some(token) if token.text == ")" => Err(Refusal::new(token.at, "`)` without its `(`")),
            Some(token) => {
                let what = format!("unexpected `{}` in a condition", token.text);
                Err(Refusal::new(token.at, what).hint("join with `and` or `or`"))
            }
        }
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.peek().is_some_and(|token| token.is(word));
        self.at += usize::from(is);
        is
    }

    fn end(&self) -> usize {
        self.tokens.last().map_or(0, |token| token.at + token.text.chars().count())
    }

    fn either(&mut self) -> Result<Expr, Refusal> {
        let mut parts = vec![self.both()?];
        while self.take("or") {
            parts.push(self.both()?);
        }
        Ok(any(parts))
    }

    fn both(&mut self) -> Result<Expr, Refusal> {
        let mut parts = vec![self.opposite()?];
        while self.take("and") {
            parts.push(self.opposite()?);
        }
        Ok(all_of(parts))
    }

    fn opposite(&mut self) -> Result<Expr, Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let at = self.peek().map_or(self.end(), |token| token.at);
            return Err(Refusal::new(at, format!("condition is nested deeper than {MAX_DEPTH}")));
        }
        let expr = if self.take("not") { self.opposite()?.not() } else { self.one()? };
        self.depth -= 1;
        Ok(expr)
    }

    fn one(&mut self) -> Result<Expr, Refusal> {
        let Some(token) = self.peek() else {
            return Err(Refusal::new(self.end(), "condition ends where a selection is needed"));
        };
        self.at += 1;
        match token.text {
            "(" => {
                let expr = self.either()?;
                if self.take(")") {
                    return Ok(expr);
                }
                Err(Refusal::new(token.at, "`(` without its `)`"))
            }
            ")" => Err(Refusal::new(token.at, "`)` where a selection is needed")),
            _ if self.peek().is_some_and(|next| next.is("of")) => self.quantified(token),
            word if ["and", "or", "of"].iter().any(|known| token.is(known)) => {
                Err(Refusal::new(token.at, format!("`{word}` where a selection is needed")))
            }
            name if name.contains('*') => {
                let hint = format!("write `1 of {name}` or `all of {name}`");
                Err(Refusal::new(token.at, format!("`{name}` names several selections")).hint(hint))
            }
            name => self.named(name, token.at),
        }
    }

    fn named(&mut self, name: &str, at: usize) -> Result<Expr, Refusal> {
        match self.selections.iter().position(|(known, _)| known == name) {
            Some(index) => self.put(index, at),
            None => {
                let refusal = Refusal::new(at, format!("no selection is called `{name}`"));
                let near = nearest(name, self.selections.iter().map(|(name, _)| name.as_str()));
                Err(match near {
                    Some(near) => refusal.hint(did_you_mean(near)),
                    None => refusal,
                })
            }
        }
    }

    /// `1 of X*`, `all of them`.
    fn quantified(&mut self, how: Token<'a>) -> Result<Expr, Refusal> {
        let every = how.is("all");
        if !every && !how.is("any") && how.text != "1" {
            let what = format!("`{} of` is not in Sigma", how.text);
            return Err(Refusal::new(how.at, what).hint("use `1 of`, `any of` or `all of`"));
        }
        self.at += 1;
        let Some(pattern) = self.peek() else {
            return Err(Refusal::new(self.end(), "condition ends where a pattern is needed")
                .hint("`1 of selection_*` or `1 of them`"));
        };
        self.at += 1;
        let them = pattern.is("them");
        let like = names(pattern.text);
        let meant = |name: &str| if them { !name.starts_with('_') } else { like.matches(name) };
        let names = self.selections.iter().enumerate().filter(|(_, (name, _))| meant(name));
        let indexes: Vec<usize> = names.map(|(index, _)| index).collect();
        if indexes.is_empty() {
            let what = format!("no selection is called like `{}`", pattern.text);
            return Err(Refusal::new(pattern.at, what));
        }
        let parts = indexes.into_iter().map(|index| self.put(index, pattern.at));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        Ok(if every { all_of(parts) } else { any(parts) })
    }

    fn put(&mut self, index: usize, at: usize) -> Result<Expr, Refusal> {
        self.size += self.sizes.get(index).copied().unwrap_or_default();
        match self.selections.get(index) {
            Some((name, expr)) if self.size <= MAX_SIZE => {
                self.used.insert(name.clone());
                Ok(expr.clone())
            }
            _ => Err(Refusal::new(at, format!("condition grows over {MAX_SIZE} tests"))),
        }
    }
}

/// A pattern of selection names, with `*`.
fn names(pattern: &str) -> Pattern {
    let literals = pattern.split('*').map(|text| Piece::Literal(text.to_owned()));
    let pieces = literals.flat_map(|literal| [Piece::Many, literal]).skip(1);
    Pattern::new(pieces, Case::Sensitive)
}

/// How many tests and values an expression contains.
fn size(expr: &Expr) -> usize {
    match expr {
        Expr::All(inner) | Expr::Any(inner) => 1 + inner.iter().map(size).sum::<usize>(),
        Expr::Not(inner) => 1 + size(inner),
        Expr::Test(test) => match &test.op {
            Op::Is(Match::Any(values)) => 1 + values.len(),
            _ => 1,
        },
        Expr::Each(each) => 1 + size(&each.body),
        Expr::Together(_) | Expr::Line(_) => 1,
    }
}
