//! Comparisons and their values.

use super::ast::{Operator, Value};
use super::cursor::Cursor;
use super::regex;
use crate::problem::Problem;

/// Reads a comparison and its value; reads nothing if no comparison comes next.
pub(super) fn comparison(cursor: &mut Cursor) -> Result<Option<(Operator, Value)>, Problem> {
    let Some(operator) = operator(cursor)? else { return Ok(None) };
    cursor.blanks();
    let start = cursor.at();
    let value = value(cursor)?;
    let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
    if ordered && !matches!(value, Value::Number(_)) {
        let problem = cursor.problem(start, format!("`{operator}` needs a number"));
        return Err(match &value {
            Value::Quoted(text) if is_number(text) => problem.hint("without quotes"),
            _ => problem.hint("texts and wildcards compare with `=` and `!=`"),
        });
    }
    Ok(Some((operator, value)))
}

fn operator(cursor: &mut Cursor) -> Result<Option<Operator>, Problem> {
    const OPERATORS: [(&str, Operator); 6] = [
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("=", Operator::Equal),
        ("<", Operator::Less),
        (">", Operator::Greater),
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
        let at = cursor.at();
        if cursor.take(text) {
            return Err(cursor.problem(at, format!("unknown comparison `{text}`")).hint(hint));
        }
    }
    Ok(OPERATORS.into_iter().find(|(text, _)| cursor.take(text)).map(|(_, operator)| operator))
}

fn value(cursor: &mut Cursor) -> Result<Value, Problem> {
    let start = cursor.at();
    let value = match cursor.peek() {
        Some('"') => Value::Quoted(cursor.quoted()?),
        Some('%') => Value::Regex(regex::read(cursor)?),
        Some('\'') => {
            return Err(cursor.unexpected("a value").hint("write texts in double quotes"));
        }
        _ => bare(cursor)?,
    };
    match cursor.peek() {
        None | Some(')' | '}' | ']' | ',' | '&' | '|') => Ok(value),
        Some(c) if c.is_whitespace() => Ok(value),
        Some(c) => Err(cursor
            .problem(cursor.at(), format!("`{}` in a value", c.escape_debug()))
            .hint(match cursor.at() - start {
                0 => "write texts in double quotes",
                _ => "texts with such characters need double quotes",
            })),
    }
}

/// A value without quotes. AWS's documentation requires quotes around everything but letters,
/// digits and `_`, yet its own patterns have `kms.amazonaws.com` and `123.123.*` without.
fn bare(cursor: &mut Cursor) -> Result<Value, Problem> {
    let text = cursor.take_while(|c| c.is_ascii_alphanumeric() || "_.*:/@+-".contains(c));
    if text.is_empty() {
        let next = cursor.peek().filter(|c| !matches!(c, '&' | '|' | ')' | '}' | ']' | ','));
        let problem = cursor.unexpected("a value");
        return Err(match next {
            Some(_) => problem.hint("texts with such characters need double quotes"),
            None => problem,
        });
    }
    Ok(if is_number(&text) { Value::Number(text) } else { Value::Bare(text) })
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
