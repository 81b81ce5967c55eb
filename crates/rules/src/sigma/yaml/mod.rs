//! YAML, read as a [`crate::tree`].
//!
//! YAML 1.2: `yes` and `on` are text, as are timestamps, numbers with leading zeros (account ids)
//! and numbers with underscores. Anchors and merges are followed within a budget; duplicate keys
//! are mistakes. A document with a mistake is reported on its own; after a syntax error the rest of
//! the file can't be read.

mod spelling;
mod visit;

use std::collections::HashSet;

use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Error, MessageFormatter, Options, UserMessageFormatter};

use crate::problem::RuleMistake;
use crate::tree::{YamlNode, YamlValue};
use spelling::spell;
use visit::place_of;

/// The largest file, in bytes.
pub(super) const MAX_FILE: usize = 1 << 20;
/// Maximum nesting of lists and maps.
const MAX_DEPTH: usize = 32;
/// Maximum number of documents in a file.
const MAX_DOCUMENTS: usize = 10_000;
/// Maximum number of values in a file.
const MAX_VALUES: usize = 500_000;
/// Maximum number of values that anchors may repeat.
const MAX_REPEATED: usize = 20_000;

/// Reads a file: its documents, and what is wrong with it. Empty documents are left out.
pub(crate) fn read_yaml(file: &str, text: &str) -> (Vec<YamlNode>, Vec<RuleMistake>) {
    if text.len() > MAX_FILE {
        let what = format!("file of {} bytes, over the limit of {MAX_FILE}", text.len());
        return (Vec::new(), vec![RuleMistake::new(file, (0, 0), what)]);
    }
    let whole = serde_saphyr::from_str_multiple_with_options::<YamlNode, Vec<YamlNode>>(
        text,
        yaml_options(),
    );
    let (mut documents, mut problems) = match whole {
        Ok(documents) => (documents, Vec::new()),
        Err(_) => read_one_by_one(file, text),
    };
    documents.retain(|document| {
        let before = problems.len();
        report_duplicates(file, document, &mut problems);
        problems.len() == before
    });
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    documents.iter_mut().for_each(|document| spell(document, &lines));
    (documents, problems)
}

/// Finds keys that a map has twice, each with its own position; the parser would stop at the first.
fn report_duplicates(file: &str, node: &YamlNode, problems: &mut Vec<RuleMistake>) {
    match &node.value {
        YamlValue::List(items) => {
            items.iter().for_each(|item| report_duplicates(file, item, problems))
        }
        YamlValue::Map(entries) => {
            let mut seen = HashSet::with_capacity(entries.len());
            for (key, value) in entries {
                if !seen.insert(key.text.as_str()) {
                    let what = format!("key `{}` is repeated", key.text);
                    problems.push(RuleMistake::new(file, key.place, what));
                }
                report_duplicates(file, value, problems);
            }
        }
        _ => {}
    }
}

/// Reads the documents one by one, so that a mistake in one does not affect the others.
fn read_one_by_one(file: &str, text: &str) -> (Vec<YamlNode>, Vec<RuleMistake>) {
    let mut reader = text.as_bytes();
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for document in serde_saphyr::read_with_options::<_, YamlNode>(&mut reader, yaml_options()) {
        match document {
            Ok(document) => documents.push(document),
            Err(error) => problems.push(problem_from_error(file, &error)),
        }
    }
    (documents, problems)
}

fn yaml_options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_documents: MAX_DOCUMENTS,
            max_nodes: MAX_VALUES,
            max_events: 4 * MAX_VALUES,
            max_total_scalar_bytes: 16 * MAX_FILE,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPEATED },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

fn problem_from_error(file: &str, error: &Error) -> RuleMistake {
    let error = error.without_snippet();
    let message = UserMessageFormatter.format_message(error);
    let what = message.lines().next().unwrap_or_default().trim_end_matches('.');
    let place = error.location().map_or((0, 0), place_of);
    RuleMistake::new(file, place, lower_first(what))
}

/// Lower-cases the first letter, unless it begins an abbreviation.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::YamlKey;

    fn show(text: &str) -> String {
        let (documents, problems) = read_yaml("x.yml", text);
        let mut out = String::new();
        for document in &documents {
            out.push_str(&render(document));
            out.push('\n');
        }
        for problem in problems {
            out.push_str(&format!("{problem}\n"));
        }
        out
    }

    fn render(node: &YamlNode) -> String {
        let (line, column) = node.place;
        let value = match &node.value {
            YamlValue::List(items) => {
                format!("[{}]", items.iter().map(render).collect::<Vec<_>>().join(", "))
            }
            YamlValue::Map(entries) => {
                let entry = |(key, node): &(YamlKey, YamlNode)| {
                    format!("{}@{}:{}={}", key.text, key.place.0, key.place.1, render(node))
                };
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            scalar => format!("{scalar:?}"),
        };
        let value = match &node.spelling {
            Some(spelling) => format!("{value}`{spelling}`"),
            None => value,
        };
        format!("{value}@{line}:{column}")
    }

    /// Each text with what is read from it.
    fn read_all(texts: &[&str]) -> String {
        texts.iter().map(|text| format!("{text:?}\n{}\n", show(text))).collect()
    }

    #[test]
    fn everything_has_its_place() {
        insta::assert_snapshot!(read_all(&[
            "a: 1\nb:\n  - x\n  - 'y|all': yes\n    c: [~, 1.5, 0o17]\n",
            "a: |\n  hello\n  there\nb: &x [on]\nc: *x\n",
            "\u{feff}a: 1\r\nb: 2\r\n",
            "one: &o {a: 1, b: 2}\ntwo: {<<: *o, b: 3}\n",
        ]));
    }

    /// YAML 1.2 without its surprises: an account id keeps its zero, a date is text.
    #[test]
    fn what_is_text_and_what_is_not() {
        insta::assert_snapshot!(read_all(&[
            "[yes, on, True, 012345678901, 1_000, 2026-01-31, '1', !!str 1, ~, 1e3, -7]",
            "a: 2.10 # b\né: [0x1F, 0o17, +1, 1.0e+3,-0]\nb: &n 1.50\nc: [*n, .5, 5.]\n",
        ]));
        for nothing in ["", "# only\n", "---\n---\n", "\u{feff}"] {
            assert_eq!(show(nothing), "", "{nothing:?}");
        }
    }

    #[test]
    fn a_mistake_in_one_document_leaves_the_others() {
        insta::assert_snapshot!(read_all(&[
            "a: 1\na: 2\n---\nb: 3\n",
            "a: 1\n---\nb: [\n---\nc: 3\n",
            "a: *none\n---\nb: 1\n",
            "~: 1\n---\n[a]: 1\n---\nb: .inf\n---\nc: 'x\n",
            "a:\n\t- b\n",
            "a: b: c\n",
        ]));
    }

    #[test]
    fn limits() {
        let rows = |name: &str, of: &str| format!("{name}: &{name} [{}]\n", [of; 9].join(","));
        let bomb = [("a", "x"), ("b", "*a"), ("c", "*b"), ("d", "*c"), ("e", "*d"), ("f", "*e")];
        let bomb: String = bomb.iter().map(|(name, of)| rows(name, of)).collect();
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        let long = "# long\n".repeat(200_000);
        insta::assert_snapshot!([bomb, deep, long].map(|text| show(&text)).concat());
    }
}
