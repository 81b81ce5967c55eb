//! Lowers patterns to conditions.

use super::ast::{
    FilterOperator, FilterPattern, FilterValue, LineField, LogicTree, SelectorCondition,
    SelectorTest, TermNeed, TextTerm,
};
use crate::ir::{
    self, LeafMatch, LeafTypes, LetterCase, LineTest, NumberComparison, PathReach, PatternPiece,
    RuleExpr, TestOperation, WordPattern, WordTest,
};

/// The condition that a pattern expresses.
pub(super) fn lower_pattern(pattern: &FilterPattern) -> RuleExpr {
    match pattern {
        FilterPattern::Terms(terms) => lower_terms(terms),
        FilterPattern::Regex(regex) => RuleExpr::Line(LineTest::Regex(regex.compiled.clone())),
        FilterPattern::Json(tree) => lower_tree(tree),
        FilterPattern::Fields(fields) => RuleExpr::Line(LineTest::Words(lower_fields(fields))),
    }
}

/// Optional terms count only if the pattern has no others; a blank phrase on its own is the
/// documented way to match everything.
fn lower_terms(terms: &[TextTerm]) -> RuleExpr {
    let has = |term: &TextTerm| RuleExpr::Line(LineTest::Contains(term.text.clone()));
    match terms {
        [] => return RuleExpr::All(Vec::new()),
        [TextTerm { need: TermNeed::Required, text }] if text.trim().is_empty() => {
            return RuleExpr::All(Vec::new());
        }
        _ => {}
    }
    if terms.iter().all(|term| term.need == TermNeed::Optional) {
        return RuleExpr::Any(terms.iter().map(has).collect());
    }
    let wanted = terms.iter().filter_map(|term| match term.need {
        TermNeed::Required => Some(has(term)),
        TermNeed::Excluded => Some(has(term).negated()),
        TermNeed::Optional => None,
    });
    RuleExpr::All(wanted.collect())
}

fn lower_tree(tree: &LogicTree<SelectorCondition>) -> RuleExpr {
    match tree {
        LogicTree::All(inner) => RuleExpr::All(inner.iter().map(lower_tree).collect()),
        LogicTree::Any(inner) => RuleExpr::Any(inner.iter().map(lower_tree).collect()),
        LogicTree::Leaf(condition) => lower_condition(condition),
    }
}

/// `!=` needs a leaf that differs: a missing field, an object or a list does not count.
fn lower_condition(condition: &SelectorCondition) -> RuleExpr {
    let field = ir::EventField { path: condition.selector.clone(), reach: PathReach::Exact };
    let op = match &condition.ask {
        SelectorTest::NotExists => {
            return RuleExpr::from_test(field, TestOperation::Exists).negated();
        }
        SelectorTest::Null => TestOperation::Is(LeafMatch::Null),
        SelectorTest::Bool(value) => TestOperation::Is(LeafMatch::Bool(*value)),
        SelectorTest::Compare(FilterOperator::NotEqual, value) => TestOperation::Is(
            LeafMatch::Not(Box::new(lower_comparison(FilterOperator::Equal, value))),
        ),
        SelectorTest::Compare(operator, value) => {
            TestOperation::Is(lower_comparison(*operator, value))
        }
    };
    RuleExpr::from_test(field, op)
}

/// The last field takes the rest of the line, unless `...` already takes any number of fields: so
/// `[w1=ERROR, w2]` matches lines of any length, and `[w1=ERROR]` only the line `ERROR`.
fn lower_fields(fields: &[LineField]) -> Vec<WordPattern> {
    let Some((last, before)) = fields.split_last() else { return vec![WordPattern::Rest] };
    let mut words: Vec<WordPattern> = before.iter().map(lower_field).collect();
    words.push(match lower_field(last) {
        WordPattern::One(test) if !before.contains(&LineField::Rest) => WordPattern::Tail(test),
        other => other,
    });
    words
}

fn lower_field(field: &LineField) -> WordPattern {
    match field {
        LineField::Rest => WordPattern::Rest,
        LineField::Plain(_) => WordPattern::One(None),
        LineField::Tested { test, .. } => WordPattern::One(Some(lower_word_test(test))),
    }
}

fn lower_word_test(tree: &LogicTree<(FilterOperator, FilterValue)>) -> WordTest {
    match tree {
        LogicTree::All(inner) => WordTest::All(inner.iter().map(lower_word_test).collect()),
        LogicTree::Any(inner) => WordTest::Any(inner.iter().map(lower_word_test).collect()),
        LogicTree::Leaf((FilterOperator::NotEqual, value)) => {
            WordTest::Not(Box::new(WordTest::Is(lower_comparison(FilterOperator::Equal, value))))
        }
        LogicTree::Leaf((operator, value)) => WordTest::Is(lower_comparison(*operator, value)),
    }
}

/// Matching is case-sensitive; texts compare with strings and numbers with numbers, except that
/// unquoted wildcards also match numbers: `= 4*`.
fn lower_comparison(operator: FilterOperator, value: &FilterValue) -> LeafMatch {
    match value {
        FilterValue::Number(text) => {
            // Whatever reads as a number also parses as one in Rust, at worst as infinity.
            let number = text.parse().unwrap_or(f64::NAN);
            LeafMatch::Number(lower_operator(operator), number, LeafTypes::Strict)
        }
        FilterValue::Bare(text) | FilterValue::Quoted(text) if is_only_stars(text) => {
            LeafMatch::Anything
        }
        FilterValue::Bare(text) if text.contains('*') => {
            LeafMatch::Text(glob_pattern(text), LeafTypes::Scalars)
        }
        FilterValue::Bare(text) | FilterValue::Quoted(text) => {
            LeafMatch::Text(glob_pattern(text), LeafTypes::Strict)
        }
        FilterValue::Regex(regex) => LeafMatch::Regex(regex.compiled.clone(), LeafTypes::Strict),
    }
}

fn lower_operator(operator: FilterOperator) -> NumberComparison {
    match operator {
        FilterOperator::Equal | FilterOperator::NotEqual => NumberComparison::Equal,
        FilterOperator::Less => NumberComparison::Less,
        FilterOperator::LessOrEqual => NumberComparison::LessOrEqual,
        FilterOperator::Greater => NumberComparison::Greater,
        FilterOperator::GreaterOrEqual => NumberComparison::GreaterOrEqual,
    }
}

/// `= *` accepts any value: this is how CDK's `FilterPattern.exists` is written.
fn is_only_stars(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '*')
}

fn glob_pattern(text: &str) -> ir::TextPattern {
    let pieces = text.chars().map(|c| match c {
        '*' => PatternPiece::Many,
        c => PatternPiece::Literal(c.to_string()),
    });
    ir::TextPattern::from_pieces(pieces, LetterCase::Sensitive)
}
