//! Patterns for JSON events: `{ $.field = "value" && … }`.

use super::ast::{Ask, Condition, Pattern};
use super::cursor::Cursor;
use super::{selector, value};
use crate::problem::Problem;

/// Reads a pattern from its `{` to its `}`.
pub(super) fn read(cursor: &mut Cursor) -> Result<Pattern, Problem> {
    cursor.next();
    let tree = cursor.tree(&mut condition)?;
    cursor.blanks();
    if cursor.take("}") {
        Ok(Pattern::Json(tree))
    } else {
        Err(cursor.no_joint("`&&`, `||` or `}`"))
    }
}

fn condition(cursor: &mut Cursor) -> Result<Condition, Problem> {
    let selector = selector::read(cursor)?;
    cursor.blanks();
    let ask = match value::comparison(cursor)? {
        Some((operator, value)) => Ask::Compare(operator, value),
        None => words(cursor)?,
    };
    Ok(Condition { selector, ask })
}

/// `IS NULL`, `IS TRUE`, `IS FALSE` and `NOT EXISTS`: the tests written in words.
fn words(cursor: &mut Cursor) -> Result<Ask, Problem> {
    let start = cursor.at();
    let first = word(cursor);
    if !matches!(first.as_str(), "IS" | "NOT") {
        cursor.rewind(start);
        return Err(unknown(cursor, &first));
    }
    cursor.blanks();
    let second = word(cursor);
    Ok(match (first.as_str(), second.as_str()) {
        ("IS", "NULL") => Ask::Null,
        ("IS", "TRUE") => Ask::Bool(true),
        ("IS", "FALSE") => Ask::Bool(false),
        ("NOT", "EXISTS") => Ask::NotExists,
        ("IS", "NOT") => {
            return Err(cursor
                .problem(start, "`IS NOT` does not exist")
                .hint("`= *` asks for any value, `!=` for another one"));
        }
        ("IS", _) => {
            return Err(cursor
                .problem(start, format!("unknown comparison `IS {second}`"))
                .hint("`IS NULL`, `IS TRUE` or `IS FALSE`, in capitals"));
        }
        _ => {
            return Err(cursor
                .problem(start, format!("unknown comparison `NOT {second}`"))
                .hint("`NOT EXISTS`, in capitals"));
        }
    })
}

fn word(cursor: &mut Cursor) -> String {
    cursor.take_while(|c| c.is_ascii_alphabetic())
}

fn unknown(cursor: &Cursor, word: &str) -> Problem {
    if word.is_empty() {
        return cursor.unexpected("a comparison").hint("=, !=, <, <=, >, >=, IS or NOT EXISTS");
    }
    cursor.problem(cursor.at(), format!("unknown comparison `{word}`")).hint(
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
