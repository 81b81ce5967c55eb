//! Patterns for JSON events: `{ $.field = "value" && … }`.

use super::ast::{FilterPattern, SelectorCondition, SelectorTest};
use super::cursor::PatternCursor;
use super::{selector, value};
use crate::problem::RuleMistake;

/// Reads a pattern from its `{` to its `}`.
pub(super) fn read_json_pattern(cursor: &mut PatternCursor) -> Result<FilterPattern, RuleMistake> {
    cursor.next_char();
    let tree = cursor.read_tree(&mut read_condition)?;
    cursor.skip_blanks();
    if cursor.take_text("}") {
        Ok(FilterPattern::Json(tree))
    } else {
        Err(cursor.missing_joint("`&&`, `||` or `}`"))
    }
}

fn read_condition(cursor: &mut PatternCursor) -> Result<SelectorCondition, RuleMistake> {
    let selector = selector::read_selector(cursor)?;
    cursor.skip_blanks();
    let ask = match value::read_comparison(cursor)? {
        Some((operator, value)) => SelectorTest::Compare(operator, value),
        None => read_word_test(cursor)?,
    };
    Ok(SelectorCondition { selector, ask })
}

/// `IS NULL`, `IS TRUE`, `IS FALSE` and `NOT EXISTS`: the tests written in words.
fn read_word_test(cursor: &mut PatternCursor) -> Result<SelectorTest, RuleMistake> {
    let start = cursor.position();
    let first = read_word(cursor);
    if !matches!(first.as_str(), "IS" | "NOT") {
        cursor.rewind_to(start);
        return Err(unknown_comparison(cursor, &first));
    }
    cursor.skip_blanks();
    let second = read_word(cursor);
    Ok(match (first.as_str(), second.as_str()) {
        ("IS", "NULL") => SelectorTest::Null,
        ("IS", "TRUE") => SelectorTest::Bool(true),
        ("IS", "FALSE") => SelectorTest::Bool(false),
        ("NOT", "EXISTS") => SelectorTest::NotExists,
        ("IS", "NOT") => {
            return Err(cursor
                .problem_at(start, "`IS NOT` does not exist")
                .with_hint("`= *` asks for any value, `!=` for another one"));
        }
        ("IS", _) => {
            return Err(cursor
                .problem_at(start, format!("unknown comparison `IS {second}`"))
                .with_hint("`IS NULL`, `IS TRUE` or `IS FALSE`, in capitals"));
        }
        _ => {
            return Err(cursor
                .problem_at(start, format!("unknown comparison `NOT {second}`"))
                .with_hint("`NOT EXISTS`, in capitals"));
        }
    })
}

fn read_word(cursor: &mut PatternCursor) -> String {
    cursor.take_chars_while(|c| c.is_ascii_alphabetic())
}

fn unknown_comparison(cursor: &PatternCursor, word: &str) -> RuleMistake {
    if word.is_empty() {
        return cursor
            .unexpected_here("a comparison")
            .with_hint("=, !=, <, <=, >, >=, IS or NOT EXISTS");
    }
    cursor.problem_at(cursor.position(), format!("unknown comparison `{word}`")).with_hint(
        match word.to_ascii_lowercase().as_str() {
            "exists" => "`= *` asks for any value; only `NOT EXISTS` is said in words",
            "is" | "not" => "words are written in capitals",
            "like" | "matches" | "contains" | "startswith" | "endswith" => {
                "`= \"*text*\"` has wildcards, `= %…%` is a regular expression"
            }
            "in" => "join several `=` with `||`",
            _ => "=, !=, <, <=, >, >=, IS or NOT EXISTS",
        },
    )
}
