//! Comparisons and their values.

use super::ast::{FilterOperator, FilterValue};
use super::cursor::PatternCursor;
use super::regex;
use crate::problem::RuleMistake;

/// Reads a comparison and its value; reads nothing if no comparison comes next.
pub(super) fn read_comparison(
    cursor: &mut PatternCursor,
) -> Result<Option<(FilterOperator, FilterValue)>, RuleMistake> {
    let Some(operator) = read_operator(cursor)? else { return Ok(None) };
    cursor.skip_blanks();
    let start = cursor.position();
    let value = read_value(cursor)?;
    let ordered = !matches!(operator, FilterOperator::Equal | FilterOperator::NotEqual);
    if ordered && !matches!(value, FilterValue::Number(_)) {
        let problem = cursor.problem_at(start, format!("`{operator}` needs a number"));
        return Err(match &value {
            FilterValue::Quoted(text) if is_number(text) => problem.with_hint("without quotes"),
            _ => problem.with_hint("texts and wildcards compare with `=` and `!=`"),
        });
    }
    Ok(Some((operator, value)))
}

fn read_operator(cursor: &mut PatternCursor) -> Result<Option<FilterOperator>, RuleMistake> {
    const OPERATORS: [(&str, FilterOperator); 6] = [
        ("!=", FilterOperator::NotEqual),
        ("<=", FilterOperator::LessOrEqual),
        (">=", FilterOperator::GreaterOrEqual),
        ("=", FilterOperator::Equal),
        ("<", FilterOperator::Less),
        (">", FilterOperator::Greater),
    ];
    const INVENTED: [(&str, &str); 7] = [
        ("==", "one `=`"),
        ("=~", "`= %…%` is a regular expression"),
        ("=>", "`>=`"),
        ("=<", "`<=`"),
        ("<>", "`!=`"),
        ("!==", "`!=`"),
        ("~", "`= %…%` is a regular expression"),
    ];
    for (text, hint) in INVENTED {
        let at = cursor.position();
        if cursor.take_text(text) {
            return Err(cursor
                .problem_at(at, format!("unknown comparison `{text}`"))
                .with_hint(hint));
        }
    }
    Ok(OPERATORS.into_iter().find(|(text, _)| cursor.take_text(text)).map(|(_, operator)| operator))
}

fn read_value(cursor: &mut PatternCursor) -> Result<FilterValue, RuleMistake> {
    let start = cursor.position();
    let value = match cursor.peek_char() {
        Some('"') => FilterValue::Quoted(cursor.read_quoted()?),
        Some('%') => FilterValue::Regex(regex::read_regex(cursor)?),
        Some('\'') => {
            return Err(cursor
                .unexpected_here("a value")
                .with_hint("write texts in double quotes"));
        }
        _ => read_bare_value(cursor)?,
    };
    match cursor.peek_char() {
        None | Some(')' | '}' | ']' | ',' | '&' | '|') => Ok(value),
        Some(c) if c.is_whitespace() => Ok(value),
        Some(c) => Err(cursor
            .problem_at(cursor.position(), format!("`{}` in a value", c.escape_debug()))
            .with_hint(match cursor.position() - start {
                0 => "write texts in double quotes",
                _ => "texts with such characters need double quotes",
            })),
    }
}

/// A value without quotes. AWS's documentation requires quotes around everything but letters,
/// digits and `_`, yet its own patterns have `kms.amazonaws.com` and `123.123.*` without.
fn read_bare_value(cursor: &mut PatternCursor) -> Result<FilterValue, RuleMistake> {
    let text = cursor.take_chars_while(|c| c.is_ascii_alphanumeric() || "_.*:/@+-".contains(c));
    if text.is_empty() {
        let next = cursor.peek_char().filter(|c| !matches!(c, '&' | '|' | ')' | '}' | ']' | ','));
        let problem = cursor.unexpected_here("a value");
        return Err(match next {
            Some(_) => problem.with_hint("texts with such characters need double quotes"),
            None => problem,
        });
    }
    Ok(if is_number(&text) { FilterValue::Number(text) } else { FilterValue::Bare(text) })
}

/// A number: a sign, digits, a fraction and an exponent, of which only the digits are required.
fn is_number(text: &str) -> bool {
    let unsigned = |text: &str| text.strip_prefix(['+', '-']).unwrap_or(text).to_owned();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = unsigned(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (text.as_str(), None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole) && fraction.is_none_or(digits) && exponent.as_deref().is_none_or(digits)
}
