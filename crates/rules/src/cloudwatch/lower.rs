//! Lowers patterns to conditions.

use super::ast::{Ask, Condition, Field, Need, Operator, Pattern, Term, Tree, Value};
use crate::ir::{
    self, Case, Comparison, Expr, Line, Match, Op, Piece, Reach, Types, Word, WordTest,
};

/// The condition that a pattern expresses.
pub(super) fn expr(pattern: &Pattern) -> Expr {
    match pattern {
        Pattern::Terms(terms) => text(terms),
        Pattern::Regex(regex) => Expr::Line(Line::Regex(regex.compiled.clone())),
        Pattern::Json(tree) => json(tree),
        Pattern::Fields(fields) => Expr::Line(Line::Words(words(fields))),
    }
}

/// Optional terms count only if the pattern has no others; a blank phrase on its own is the
/// documented way to match everything.
fn text(terms: &[Term]) -> Expr {
    let has = |term: &Term| Expr::Line(Line::Contains(term.text.clone()));
    match terms {
        [] => return Expr::All(Vec::new()),
        [Term { need: Need::Required, text }] if text.trim().is_empty() => {
            return Expr::All(Vec::new());
        }
        _ => {}
    }
    if terms.iter().all(|term| term.need == Need::Optional) {
        return Expr::Any(terms.iter().map(has).collect());
    }
    let wanted = terms.iter().filter_map(|term| match term.need {
        Need::Required => Some(has(term)),
        Need::Excluded => Some(has(term).not()),
        Need::Optional => None,
    });
    Expr::All(wanted.collect())
}

fn json(tree: &Tree<Condition>) -> Expr {
    match tree {
        Tree::All(inner) => Expr::All(inner.iter().map(json).collect()),
        Tree::Any(inner) => Expr::Any(inner.iter().map(json).collect()),
        Tree::Leaf(condition) => leaf(condition),
    }
}

/// `!=` needs a leaf that differs: a missing field, an object or a list does not count.
fn leaf(condition: &Condition) -> Expr {
    let field = ir::Field { path: condition.selector.clone(), reach: Reach::Exact };
    let op = match &condition.ask {
        Ask::NotExists => return Expr::test(field, Op::Exists).not(),
        Ask::Null => Op::Is(Match::Null),
        Ask::Bool(value) => Op::Is(Match::Bool(*value)),
        Ask::Compare(Operator::NotEqual, value) => {
            Op::Is(Match::Not(Box::new(compare(Operator::Equal, value))))
        }
        Ask::Compare(operator, value) => Op::Is(compare(*operator, value)),
    };
    Expr::test(field, op)
}

/// The last field takes the rest of the line, unless `...` already takes any number of fields: so
/// `[w1=ERROR, w2]` matches lines of any length, and `[w1=ERROR]` only the line `ERROR`.
fn words(fields: &[Field]) -> Vec<Word> {
    let Some((last, before)) = fields.split_last() else { return vec![Word::Rest] };
    let mut words: Vec<Word> = before.iter().map(word).collect();
    words.push(match word(last) {
        Word::One(test) if !before.contains(&Field::Rest) => Word::Tail(test),
        other => other,
    });
    words
}

fn word(field: &Field) -> Word {
    match field {
        Field::Rest => Word::Rest,
        Field::Plain(_) => Word::One(None),
        Field::Tested { test, .. } => Word::One(Some(word_test(test))),
    }
}

fn word_test(tree: &Tree<(Operator, Value)>) -> WordTest {
    match tree {
        Tree::All(inner) => WordTest::All(inner.iter().map(word_test).collect()),
        Tree::Any(inner) => WordTest::Any(inner.iter().map(word_test).collect()),
        Tree::Leaf((Operator::NotEqual, value)) => {
            WordTest::Not(Box::new(WordTest::Is(compare(Operator::Equal, value))))
        }
        Tree::Leaf((operator, value)) => WordTest::Is(compare(*operator, value)),
    }
}

/// Matching is case-sensitive; texts compare with strings and numbers with numbers, except that
/// unquoted wildcards also match numbers: `= 4*`.
fn compare(operator: Operator, value: &Value) -> Match {
    match value {
        Value::Number(text) => {
            // Whatever reads as a number also parses as one in Rust, at worst as infinity.
            let number = text.parse().unwrap_or(f64::NAN);
            Match::Number(comparison(operator), number, Types::Strict)
        }
        Value::Bare(text) | Value::Quoted(text) if only_stars(text) => Match::Anything,
        Value::Bare(text) if text.contains('*') => Match::Text(glob(text), Types::Scalars),
        Value::Bare(text) | Value::Quoted(text) => Match::Text(glob(text), Types::Strict),
        Value::Regex(regex) => Match::Regex(regex.compiled.clone(), Types::Strict),
    }
}

fn comparison(operator: Operator) -> Comparison {
    match operator {
        Operator::Equal | Operator::NotEqual => Comparison::Equal,
        Operator::Less => Comparison::Less,
        Operator::LessOrEqual => Comparison::LessOrEqual,
        Operator::Greater => Comparison::Greater,
        Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
}

/// `= *` accepts any value: this is how CDK's `FilterPattern.exists` is written.
fn only_stars(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '*')
}

fn glob(text: &str) -> ir::Pattern {
    let pieces = text.chars().map(|c| match c {
        '*' => Piece::Many,
        c => Piece::Literal(c.to_string()),
    });
    ir::Pattern::new(pieces, Case::Sensitive)
}
