//! Selectors: the field of a JSON event that a condition tests.

use aware_core::source::cloudtrail;

use super::ast::plain;
use super::cursor::Cursor;
use crate::ir::{Derived, Field, Reach, Step};
use crate::problem::Problem;

/// Maximum number of selectors with a wildcard in one pattern.
const MAX_WILDCARDS: usize = 3;

/// Reads a selector, starting at its `$`.
pub(super) fn read(cursor: &mut Cursor) -> Result<Vec<Step>, Problem> {
    let start = cursor.at();
    if !cursor.take("$") {
        return Err(no_selector(cursor));
    }
    let mut steps = Vec::new();
    let mut wildcard = false;
    loop {
        let at = cursor.at();
        let step = match cursor.peek() {
            Some('.') => member(cursor)?,
            Some('[') => item(cursor)?,
            _ => break,
        };
        if matches!(step, Step::EachItem | Step::EachMember) {
            if wildcard {
                return Err(cursor.problem(at, "second wildcard in one selector"));
            }
            wildcard = true;
        }
        steps.push(step);
    }
    if steps.is_empty() {
        return Err(cursor.problem(start, "selector without a field").hint("`$.eventName`"));
    }
    let field = Field { path: steps.clone(), reach: Reach::Exact };
    if let Some(name) = Derived::unknown(Some(cloudtrail::ID), &field) {
        let names: Vec<&str> = Derived::names(Some(cloudtrail::ID)).collect();
        let hint = format!("one of {}", names.join(", "));
        return Err(cursor.problem(start, format!("unknown field `{name}`")).hint(hint));
    }
    cursor.wildcards += usize::from(wildcard);
    if cursor.wildcards > MAX_WILDCARDS {
        let what = format!("over {MAX_WILDCARDS} selectors with a wildcard in one pattern");
        return Err(cursor.problem(start, what));
    }
    Ok(steps)
}

fn no_selector(cursor: &Cursor) -> Problem {
    let problem = cursor.unexpected("a selector");
    match cursor.peek() {
        Some('!') => problem.hint("there is no negation, only `!=`"),
        Some('"') => {
            problem.hint("fields are written `$.name`; an EventBridge pattern is another language")
        }
        Some(c) if plain(c) => problem.hint("fields are written `$.name`"),
        _ => problem,
    }
}

/// `.name`, `.*` or `.['any name']`.
fn member(cursor: &mut Cursor) -> Result<Step, Problem> {
    cursor.next();
    if cursor.take("*") {
        return Ok(Step::EachMember);
    }
    if cursor.peek() == Some('[') {
        return named(cursor);
    }
    let name = cursor.take_while(plain);
    match cursor.peek() {
        _ if name.is_empty() => Err(cursor.unexpected("a field's name")),
        Some(c) if c.is_ascii_graphic() && !".[=!<>(){}&|,~".contains(c) || !c.is_ascii() => {
            let what = format!("`{}` in a field's name", c.escape_debug());
            Err(cursor.problem(cursor.at(), what).hint("such names are written `.['name']`"))
        }
        _ => Ok(Step::Key(name)),
    }
}

fn named(cursor: &mut Cursor) -> Result<Step, Problem> {
    let start = cursor.at();
    cursor.next();
    if !cursor.take("'") {
        return Err(cursor
            .unexpected("`'` and a name")
            .hint("`$.['cluster.name']`, or `$.list[0]`"));
    }
    let name = cursor.take_while(|c| c != '\'');
    if !cursor.take("']") {
        return Err(cursor.problem(start, "name without a closing `']`"));
    }
    if name.is_empty() {
        return Err(cursor.problem(start, "empty name"));
    }
    Ok(Step::Key(name))
}

/// `[0]` or `[*]`.
fn item(cursor: &mut Cursor) -> Result<Step, Problem> {
    cursor.next();
    if cursor.take("*]") {
        return Ok(Step::EachItem);
    }
    let start = cursor.at();
    let digits = cursor.take_while(|c| c.is_ascii_digit());
    if digits.is_empty() {
        let problem = cursor.unexpected("a number or `*`");
        return Err(match cursor.peek() {
            Some('\'' | '"') => problem.hint("a name behind a dot: `.['name']`"),
            _ => problem.hint("lists are counted from 0"),
        });
    }
    let index = digits.parse().map_err(|_| cursor.problem(start, "index out of range"))?;
    if cursor.take("]") { Ok(Step::Index(index)) } else { Err(cursor.unexpected("`]`")) }
}
