//! Numbers and booleans as spelt in a file.

use crate::tree::{Node, Place, Value};

/// Records the spelling of numbers and booleans.
pub(super) fn spell(node: &mut Node, lines: &[&str]) {
    match &mut node.value {
        Value::Bool(_) | Value::Whole(_) | Value::Float(_) => {
            node.spelling = spelling(&node.value, node.written, lines).map(Into::into);
        }
        Value::List(items) => items.iter_mut().for_each(|item| spell(item, lines)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, node)| spell(node, lines)),
        Value::Null | Value::Text(_) => {}
    }
}

/// The text at a position, if it spells the value.
fn spelling<'t>(value: &Value, (line, column): Place, lines: &[&'t str]) -> Option<&'t str> {
    let line = lines.get(usize::try_from(line).ok()?.checked_sub(1)?)?;
    let before = usize::try_from(column).ok()?.checked_sub(1)?;
    let (at, _) = line.char_indices().nth(before)?;
    let rest = line.get(at..)?;
    let ends = |c: char| c.is_whitespace() || ",]}".contains(c);
    let text = rest.get(..rest.find(ends).unwrap_or(rest.len()))?;
    let is = match value {
        Value::Bool(value) => text.eq_ignore_ascii_case(if *value { "true" } else { "false" }),
        Value::Whole(number) => whole(text) == Some(*number),
        Value::Float(number) => text.parse() == Ok(*number),
        _ => false,
    };
    is.then_some(text)
}

/// A whole number as YAML 1.2 writes it.
fn whole(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.split_at_checked(2) {
        Some(("0x", digits)) => (16, digits),
        Some(("0o", digits)) => (8, digits),
        Some(("0b", digits)) => (2, digits),
        _ => (10, digits),
    };
    i128::from_str_radix(digits, radix).ok().map(|number| sign * number)
}
