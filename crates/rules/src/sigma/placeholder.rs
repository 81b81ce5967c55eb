//! `%placeholders%`: names in values that each site fills in, using the modifier `expand`.

use std::collections::BTreeMap;

/// The values of each placeholder, by its name without the percent signs. A value may contain
/// wildcards, like any value of a rule.
pub type PlaceholderValues = BTreeMap<String, Vec<String>>;

/// Maximum number of values that one value may expand to.
const MAX_EXPANDED: usize = 10_000;

/// Why a value can't be expanded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExpandError {
    /// An unknown placeholder: its name, and where it begins in the value, in characters.
    Unknown(String, usize),
    /// Too many values.
    TooMany,
}

/// Replaces every placeholder in a text with each of its values, in every combination. `change` is
/// applied to each value before insertion.
pub(super) fn expand_placeholders(
    text: &str,
    values: &PlaceholderValues,
    change: impl Fn(&str) -> String,
) -> Result<Vec<String>, ExpandError> {
    let mut expanded = vec![String::new()];
    let mut offset = 0;
    for part in split_placeholders(text) {
        match part {
            PlaceholderPart::Text(text) => {
                offset += text.chars().count();
                let text = text.replace("\\%", "%");
                expanded.iter_mut().for_each(|so_far| so_far.push_str(&text));
            }
            PlaceholderPart::Name(name) => {
                let unknown = || ExpandError::Unknown(name.to_owned(), offset);
                let each = values.get(name).ok_or_else(unknown)?;
                if expanded.len().saturating_mul(each.len()) > MAX_EXPANDED {
                    return Err(ExpandError::TooMany);
                }
                let join = |so_far: &String| {
                    let so_far = so_far.clone();
                    let change = &change;
                    each.iter().map(move |value| format!("{so_far}{}", change(value)))
                };
                expanded = expanded.iter().flat_map(join).collect();
                offset += name.chars().count() + 2;
            }
        }
    }
    Ok(expanded)
}

enum PlaceholderPart<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// Splits a text into placeholders and the texts between them. A percent sign after a backslash, or
/// without a counterpart, is text.
fn split_placeholders(text: &str) -> Vec<PlaceholderPart<'_>> {
    let mut parts = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find('%')).map(|at| at + from) {
        let (before, tail) = rest.split_at(at);
        let name = tail.strip_prefix('%').and_then(|tail| tail.split_once('%'));
        match name.filter(|(name, _)| is_name(name) && !before.ends_with('\\')) {
            Some((name, after)) => {
                parts.extend([PlaceholderPart::Text(before), PlaceholderPart::Name(name)]);
                (rest, from) = (after, 0);
            }
            None => from = at + 1,
        }
    }
    parts.push(PlaceholderPart::Text(rest));
    parts
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination() {
        let values = PlaceholderValues::from([
            ("a".to_owned(), vec!["1".to_owned(), "2".to_owned()]),
            ("b".to_owned(), vec!["x".to_owned(), "y".to_owned()]),
            ("none".to_owned(), vec![]),
            ("many".to_owned(), vec![String::new(); 101]),
        ]);
        let expand = |text| expand_placeholders(text, &values, str::to_owned);
        assert_eq!(expand("plain"), Ok(vec!["plain".to_owned()]));
        assert_eq!(expand("<%a%/%b%>").unwrap(), ["<1/x>", "<1/y>", "<2/x>", "<2/y>"]);
        assert_eq!(expand("100%").unwrap(), ["100%"]);
        assert_eq!(expand("5% of %a%").unwrap(), ["5% of 1", "5% of 2"]);
        assert_eq!(expand("\\%a%").unwrap(), ["%a%"]);
        assert_eq!(expand("%none%").unwrap(), Vec::<String>::new());
        assert_eq!(expand("é%c%"), Err(ExpandError::Unknown("c".to_owned(), 1)));
        assert_eq!(expand("%many%%many%"), Err(ExpandError::TooMany));
    }
}
