//! Selectors: the field of a JSON event that a condition tests.

use aware_core::source::cloudtrail;

use super::ast::is_plain_name_char;
use super::cursor::PatternCursor;
use crate::ir::{DerivedField, EventField, PathReach, PathStep};
use crate::problem::RuleMistake;

/// Maximum number of selectors with a wildcard in one pattern.
const MAX_WILDCARDS: usize = 3;

/// Reads a selector, starting at its `$`.
pub(super) fn read_selector(cursor: &mut PatternCursor) -> Result<Vec<PathStep>, RuleMistake> {
    let start = cursor.position();
    if !cursor.take_text("$") {
        return Err(missing_selector(cursor));
    }
    let mut steps = Vec::new();
    let mut wildcard = false;
    loop {
        let at = cursor.position();
        let step = match cursor.peek_char() {
            Some('.') => read_member(cursor)?,
            Some('[') => read_item(cursor)?,
            _ => break,
        };
        if matches!(step, PathStep::EachItem | PathStep::EachMember) {
            if wildcard {
                return Err(cursor.problem_at(at, "second wildcard in one selector"));
            }
            wildcard = true;
        }
        steps.push(step);
    }
    if steps.is_empty() {
        return Err(cursor
            .problem_at(start, "selector without a field")
            .with_hint("`$.eventName`"));
    }
    let field = EventField { path: steps.clone(), reach: PathReach::Exact };
    if let Some(name) = DerivedField::unknown_name(Some(cloudtrail::ID), &field) {
        let names: Vec<&str> = DerivedField::all_names(Some(cloudtrail::ID)).collect();
        let hint = format!("one of {}", names.join(", "));
        return Err(cursor.problem_at(start, format!("unknown field `{name}`")).with_hint(hint));
    }
    cursor.wildcards += usize::from(wildcard);
    if cursor.wildcards > MAX_WILDCARDS {
        let what = format!("over {MAX_WILDCARDS} selectors with a wildcard in one pattern");
        return Err(cursor.problem_at(start, what));
    }
    Ok(steps)
}

fn missing_selector(cursor: &PatternCursor) -> RuleMistake {
    let problem = cursor.unexpected_here("a selector");
    match cursor.peek_char() {
        Some('!') => problem.with_hint("there is no negation, only `!=`"),
        Some('"') => problem
            .with_hint("fields are written `$.name`; an EventBridge pattern is another language"),
        Some(c) if is_plain_name_char(c) => problem.with_hint("fields are written `$.name`"),
        _ => problem,
    }
}

/// `.name`, `.*` or `.['any name']`.
fn read_member(cursor: &mut PatternCursor) -> Result<PathStep, RuleMistake> {
    cursor.next_char();
    if cursor.take_text("*") {
        return Ok(PathStep::EachMember);
    }
    if cursor.peek_char() == Some('[') {
        return read_quoted_member(cursor);
    }
    let name = cursor.take_chars_while(is_plain_name_char);
    match cursor.peek_char() {
        _ if name.is_empty() => Err(cursor.unexpected_here("a field's name")),
        Some(c) if c.is_ascii_graphic() && !".[=!<>(){}&|,~".contains(c) || !c.is_ascii() => {
            let what = format!("`{}` in a field's name", c.escape_debug());
            Err(cursor
                .problem_at(cursor.position(), what)
                .with_hint("such names are written `.['name']`"))
        }
        _ => Ok(PathStep::Key(name)),
    }
}

fn read_quoted_member(cursor: &mut PatternCursor) -> Result<PathStep, RuleMistake> {
    let start = cursor.position();
    cursor.next_char();
    if !cursor.take_text("'") {
        return Err(cursor
            .unexpected_here("`'` and a name")
            .with_hint("`$.['cluster.name']`, or `$.list[0]`"));
    }
    let name = cursor.take_chars_while(|c| c != '\'');
    if !cursor.take_text("']") {
        return Err(cursor.problem_at(start, "name without a closing `']`"));
    }
    if name.is_empty() {
        return Err(cursor.problem_at(start, "empty name"));
    }
    Ok(PathStep::Key(name))
}

/// `[0]` or `[*]`.
fn read_item(cursor: &mut PatternCursor) -> Result<PathStep, RuleMistake> {
    cursor.next_char();
    if cursor.take_text("*]") {
        return Ok(PathStep::EachItem);
    }
    let start = cursor.position();
    let digits = cursor.take_chars_while(|c| c.is_ascii_digit());
    if digits.is_empty() {
        let problem = cursor.unexpected_here("a number or `*`");
        return Err(match cursor.peek_char() {
            Some('\'' | '"') => problem.with_hint("a name behind a dot: `.['name']`"),
            _ => problem.with_hint("lists are counted from 0"),
        });
    }
    let index = digits.parse().map_err(|_| cursor.problem_at(start, "index out of range"))?;
    if cursor.take_text("]") {
        Ok(PathStep::Index(index))
    } else {
        Err(cursor.unexpected_here("`]`"))
    }
}
