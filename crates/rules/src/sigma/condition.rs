//! Conditions: `selection and not 1 of filter_*`.

use std::collections::BTreeSet;

use aware_core::near::{did_you_mean, nearest};

use super::context::FileContext;
use super::value::{flatten_all, flatten_any};
use crate::ir::{LeafMatch, LetterCase, PatternPiece, RuleExpr, TestOperation, TextPattern};
use crate::tree::PatternPlace;

/// Maximum nesting of parentheses and `not`.
const MAX_DEPTH: usize = 64;
/// Maximum size of one condition, in tests, once its selections are inserted.
const MAX_SIZE: usize = 100_000;

/// The selections of a rule, by name, in order.
pub(super) type Selections = Vec<(String, RuleExpr)>;

/// Reads a condition and inserts its selections; their names are added to `used`.
pub(super) fn read_condition(
    context: &mut FileContext<'_>,
    selections: &Selections,
    (text, place): (&str, PatternPlace),
    used: &mut BTreeSet<String>,
) -> Option<RuleExpr> {
    let sizes = selections.iter().map(|(_, expr)| expression_size(expr)).collect();
    let mut reader =
        ConditionReader { tokens: Vec::new(), at: 0, selections, sizes, used, depth: 0, size: 0 };
    let whole = split_tokens(text).and_then(|tokens| {
        reader.tokens = tokens;
        reader.read_whole()
    });
    match whole {
        Ok(expr) => Some(expr),
        Err(ConditionRefusal { at, what, hint }) => {
            let place = context.place_inside(place, at);
            match hint {
                Some(hint) => context.refuse_with_hint(place, what, hint),
                None => context.refuse_at(place, what),
            }
        }
    }
}

/// Why a condition is refused, and at which character.
struct ConditionRefusal {
    at: usize,
    what: String,
    hint: Option<String>,
}

impl ConditionRefusal {
    fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), hint: None }
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A word or a parenthesis, and the character at which it begins.
#[derive(Clone, Copy)]
struct ConditionToken<'a> {
    text: &'a str,
    at: usize,
}

impl ConditionToken<'_> {
    fn is_word(self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

fn split_tokens(text: &str) -> Result<Vec<ConditionToken<'_>>, ConditionRefusal> {
    let mut tokens = Vec::new();
    let (mut rest, mut at) = (text, 0);
    while let Some(c) = rest.chars().next() {
        let part = |c: char| c.is_alphanumeric() || "_-*.?".contains(c);
        let length = match c {
            '(' | ')' => 1,
            '|' => return Err(refuse_aggregation(at)),
            _ if part(c) => rest.find(|c| !part(c)).unwrap_or(rest.len()),
            _ if c.is_whitespace() => {
                rest = rest.trim_start_matches(c);
                at = text.chars().count() - rest.chars().count();
                continue;
            }
            other => {
                return Err(ConditionRefusal::new(
                    at,
                    format!("unexpected `{other}` in a condition"),
                ));
            }
        };
        let (word, after) = rest.split_at(length);
        tokens.push(ConditionToken { text: word, at });
        rest = after;
        at += word.chars().count();
    }
    Ok(tokens)
}

fn refuse_aggregation(at: usize) -> ConditionRefusal {
    ConditionRefusal::new(at, "aggregations in a condition are no longer Sigma").with_hint(
        "write a correlation that refers to this rule: `event_count`, `value_count` or `temporal`",
    )
}

struct ConditionReader<'a> {
    tokens: Vec<ConditionToken<'a>>,
    at: usize,
    selections: &'a Selections,
    sizes: Vec<usize>,
    used: &'a mut BTreeSet<String>,
    depth: usize,
    size: usize,
}

impl<'a> ConditionReader<'a> {
    fn read_whole(&mut self) -> Result<RuleExpr, ConditionRefusal> {
        let expr = self.read_or()?;
        match self.peek_token() {
            None => Ok(expr),
            Some(token) if token.is_word("near") => Err(refuse_aggregation(token.at)),
            Some(token) if token.text == ")" => {
                Err(ConditionRefusal::new(token.at, "`)` without its `(`"))
            }
            Some(token) => {
                let what = format!("unexpected `{}` in a condition", token.text);
                Err(ConditionRefusal::new(token.at, what).with_hint("join with `and` or `or`"))
            }
        }
    }

    fn peek_token(&self) -> Option<ConditionToken<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.peek_token().is_some_and(|token| token.is_word(word));
        self.at += usize::from(is);
        is
    }

    fn end_position(&self) -> usize {
        self.tokens.last().map_or(0, |token| token.at + token.text.chars().count())
    }

    fn read_or(&mut self) -> Result<RuleExpr, ConditionRefusal> {
        let mut parts = vec![self.read_and()?];
        while self.take_word("or") {
            parts.push(self.read_and()?);
        }
        Ok(flatten_any(parts))
    }

    fn read_and(&mut self) -> Result<RuleExpr, ConditionRefusal> {
        let mut parts = vec![self.read_not()?];
        while self.take_word("and") {
            parts.push(self.read_not()?);
        }
        Ok(flatten_all(parts))
    }

    fn read_not(&mut self) -> Result<RuleExpr, ConditionRefusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let at = self.peek_token().map_or(self.end_position(), |token| token.at);
            return Err(ConditionRefusal::new(
                at,
                format!("condition is nested deeper than {MAX_DEPTH}"),
            ));
        }
        let expr =
            if self.take_word("not") { self.read_not()?.negated() } else { self.read_operand()? };
        self.depth -= 1;
        Ok(expr)
    }

    fn read_operand(&mut self) -> Result<RuleExpr, ConditionRefusal> {
        let Some(token) = self.peek_token() else {
            return Err(ConditionRefusal::new(
                self.end_position(),
                "condition ends where a selection is needed",
            ));
        };
        self.at += 1;
        match token.text {
            "(" => {
                let expr = self.read_or()?;
                if self.take_word(")") {
                    return Ok(expr);
                }
                Err(ConditionRefusal::new(token.at, "`(` without its `)`"))
            }
            ")" => Err(ConditionRefusal::new(token.at, "`)` where a selection is needed")),
            _ if self.peek_token().is_some_and(|next| next.is_word("of")) => {
                self.read_quantified(token)
            }
            word if ["and", "or", "of"].iter().any(|known| token.is_word(known)) => Err(
                ConditionRefusal::new(token.at, format!("`{word}` where a selection is needed")),
            ),
            name if name.contains('*') => {
                let hint = format!("write `1 of {name}` or `all of {name}`");
                Err(ConditionRefusal::new(token.at, format!("`{name}` names several selections"))
                    .with_hint(hint))
            }
            name => self.read_selection(name, token.at),
        }
    }

    fn read_selection(&mut self, name: &str, at: usize) -> Result<RuleExpr, ConditionRefusal> {
        match self.selections.iter().position(|(known, _)| known == name) {
            Some(index) => self.insert_selection(index, at),
            None => {
                let refusal = ConditionRefusal::new(at, format!("no selection is called `{name}`"));
                let near = nearest(name, self.selections.iter().map(|(name, _)| name.as_str()));
                Err(match near {
                    Some(near) => refusal.with_hint(did_you_mean(near)),
                    None => refusal,
                })
            }
        }
    }

    /// `1 of X*`, `all of them`.
    fn read_quantified(&mut self, how: ConditionToken<'a>) -> Result<RuleExpr, ConditionRefusal> {
        let every = how.is_word("all");
        if !every && !how.is_word("any") && how.text != "1" {
            let what = format!("`{} of` is not in Sigma", how.text);
            return Err(
                ConditionRefusal::new(how.at, what).with_hint("use `1 of`, `any of` or `all of`")
            );
        }
        self.at += 1;
        let Some(pattern) = self.peek_token() else {
            return Err(ConditionRefusal::new(
                self.end_position(),
                "condition ends where a pattern is needed",
            )
            .with_hint("`1 of selection_*` or `1 of them`"));
        };
        self.at += 1;
        let them = pattern.is_word("them");
        let like = name_pattern(pattern.text);
        let meant =
            |name: &str| if them { !name.starts_with('_') } else { like.matches_text(name) };
        let names = self.selections.iter().enumerate().filter(|(_, (name, _))| meant(name));
        let indexes: Vec<usize> = names.map(|(index, _)| index).collect();
        if indexes.is_empty() {
            let what = format!("no selection is called like `{}`", pattern.text);
            return Err(ConditionRefusal::new(pattern.at, what));
        }
        let parts = indexes.into_iter().map(|index| self.insert_selection(index, pattern.at));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        Ok(if every { flatten_all(parts) } else { flatten_any(parts) })
    }

    fn insert_selection(&mut self, index: usize, at: usize) -> Result<RuleExpr, ConditionRefusal> {
        self.size += self.sizes.get(index).copied().unwrap_or_default();
        match self.selections.get(index) {
            Some((name, expr)) if self.size <= MAX_SIZE => {
                self.used.insert(name.clone());
                Ok(expr.clone())
            }
            _ => Err(ConditionRefusal::new(at, format!("condition grows over {MAX_SIZE} tests"))),
        }
    }
}

/// A pattern of selection names, with `*`.
fn name_pattern(pattern: &str) -> TextPattern {
    let literals = pattern.split('*').map(|text| PatternPiece::Literal(text.to_owned()));
    let pieces = literals.flat_map(|literal| [PatternPiece::Many, literal]).skip(1);
    TextPattern::from_pieces(pieces, LetterCase::Sensitive)
}

/// How many tests and values an expression contains.
fn expression_size(expr: &RuleExpr) -> usize {
    match expr {
        RuleExpr::All(inner) | RuleExpr::Any(inner) => {
            1 + inner.iter().map(expression_size).sum::<usize>()
        }
        RuleExpr::Not(inner) => 1 + expression_size(inner),
        RuleExpr::Test(test) => match &test.op {
            TestOperation::Is(LeafMatch::Any(values)) => 1 + values.len(),
            _ => 1,
        },
        RuleExpr::Each(each) => 1 + expression_size(&each.body),
        RuleExpr::Together(_) | RuleExpr::Line(_) => 1,
    }
}
