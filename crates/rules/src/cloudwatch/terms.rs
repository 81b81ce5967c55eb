//! Patterns for plain text: terms, phrases, or one regular expression.

use super::ast::{Need, Pattern, Term};
use super::cursor::Cursor;
use super::regex;
use crate::problem::Problem;

/// Reads a pattern to its end.
pub(super) fn read(cursor: &mut Cursor) -> Result<Pattern, Problem> {
    if cursor.peek() == Some('%') {
        return alone(cursor);
    }
    let mut terms = Vec::new();
    loop {
        cursor.blanks();
        let need = match cursor.peek() {
            None => return Ok(Pattern::Terms(terms)),
            Some('-') => Need::Excluded,
            Some('?') => Need::Optional,
            Some(_) => Need::Required,
        };
        if need != Need::Required {
            cursor.next();
            cursor.blanks();
        }
        let text = term(cursor)?;
        terms.push(Term { need, text });
    }
}

fn alone(cursor: &mut Cursor) -> Result<Pattern, Problem> {
    let regex = regex::read(cursor)?;
    cursor.blanks();
    if cursor.peek().is_some() {
        return Err(cursor
            .unexpected("the pattern's end")
            .hint("a regular expression is a text pattern on its own; `|` in it means or"));
    }
    Ok(Pattern::Regex(regex))
}

fn term(cursor: &mut Cursor) -> Result<String, Problem> {
    let text = match cursor.peek() {
        Some('"') => cursor.quoted()?,
        _ => cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '_'),
    };
    let Some(next) = cursor.peek().filter(|c| !c.is_whitespace()) else {
        // A pattern that consists only of `""` matches everything; `-` and `?` do not.
        return Ok(text);
    };
    Err(cursor.problem(cursor.at(), format!("`{}` in a term", next.escape_debug())).hint(
        match next {
            '*' => "a term is found anywhere in the text, even inside words; leave the `*` out",
            '%' => "a regular expression is a text pattern on its own",
            '&' | '|' => "terms side by side must all be there; `?one ?other` is either",
            _ => "terms with characters other than letters, digits and `_` need double quotes",
        },
    ))
}
