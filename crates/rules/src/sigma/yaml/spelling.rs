//! Numbers and booleans as spelt in a file.

use crate::tree::{PatternPlace, YamlNode, YamlValue};

/// Records the spelling of numbers and booleans.
pub(super) fn spell(node: &mut YamlNode, lines: &[&str]) {
    match &mut node.value {
        YamlValue::Bool(_) | YamlValue::Whole(_) | YamlValue::Float(_) => {
            node.spelling = spelling_at(&node.value, node.written, lines).map(Into::into);
        }
        YamlValue::List(items) => items.iter_mut().for_each(|item| spell(item, lines)),
        YamlValue::Map(entries) => entries.iter_mut().for_each(|(_, node)| spell(node, lines)),
        YamlValue::Null | YamlValue::Text(_) => {}
    }
}

/// The text at a position, if it spells the value.
fn spelling_at<'t>(
    value: &YamlValue,
    (line, column): PatternPlace,
    lines: &[&'t str],
) -> Option<&'t str> {
    let line = lines.get(usize::try_from(line).ok()?.checked_sub(1)?)?;
    let before = usize::try_from(column).ok()?.checked_sub(1)?;
    let (at, _) = line.char_indices().nth(before)?;
    let rest = line.get(at..)?;
    let ends = |c: char| c.is_whitespace() || ",]}".contains(c);
    let text = rest.get(..rest.find(ends).unwrap_or(rest.len()))?;
    let is = match value {
        YamlValue::Bool(value) => text.eq_ignore_ascii_case(if *value { "true" } else { "false" }),
        YamlValue::Whole(number) => parse_whole(text) == Some(*number),
        YamlValue::Float(number) => text.parse() == Ok(*number),
        _ => false,
    };
    is.then_some(text)
}

/// A whole number as YAML 1.2 writes it.
fn parse_whole(text: &str) -> Option<i128> {
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
