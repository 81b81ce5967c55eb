//! Patterns for plain text: terms, phrases, or one regular expression.

use super::ast::{FilterPattern, TermNeed, TextTerm};
use super::cursor::PatternCursor;
use super::regex;
use crate::problem::RuleMistake;

/// Reads a pattern to its end.
pub(super) fn read_text_pattern(cursor: &mut PatternCursor) -> Result<FilterPattern, RuleMistake> {
    if cursor.peek_char() == Some('%') {
        return read_lone_regex(cursor);
    }
    let mut terms = Vec::new();
    loop {
        cursor.skip_blanks();
        let need = match cursor.peek_char() {
            None => return Ok(FilterPattern::Terms(terms)),
            Some('-') => TermNeed::Excluded,
            Some('?') => TermNeed::Optional,
            Some(_) => TermNeed::Required,
        };
        if need != TermNeed::Required {
            cursor.next_char();
            cursor.skip_blanks();
        }
        let text = read_term(cursor)?;
        terms.push(TextTerm { need, text });
    }
}

fn read_lone_regex(cursor: &mut PatternCursor) -> Result<FilterPattern, RuleMistake> {
    let regex = regex::read_regex(cursor)?;
    cursor.skip_blanks();
    if cursor.peek_char().is_some() {
        return Err(cursor
            .unexpected_here("the pattern's end")
            .with_hint("a regular expression is a text pattern on its own; `|` in it means or"));
    }
    Ok(FilterPattern::Regex(regex))
}

fn read_term(cursor: &mut PatternCursor) -> Result<String, RuleMistake> {
    let text = match cursor.peek_char() {
        Some('"') => cursor.read_quoted()?,
        _ => cursor.take_chars_while(|c| c.is_ascii_alphanumeric() || c == '_'),
    };
    let Some(next) = cursor.peek_char().filter(|c| !c.is_whitespace()) else {
        // A pattern that consists only of `""` matches everything; `-` and `?` do not.
        return Ok(text);
    };
    Err(cursor
        .problem_at(cursor.position(), format!("`{}` in a term", next.escape_debug()))
        .with_hint(match next {
            '*' => "a term is found anywhere in the text, even inside words; leave the `*` out",
            '%' => "a regular expression is a text pattern on its own",
            '&' | '|' => "terms side by side must all be there; `?one ?other` is either",
            _ => "terms with characters other than letters, digits and `_` need double quotes",
        }))
}
