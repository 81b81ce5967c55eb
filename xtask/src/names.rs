//! Measures names and sizes, and prints them next to the anchors' figures.
//!
//! How it counts. Files: every `.rs` below `crates` and `xtask/src`, except `tests`, `benches`,
//! `examples`, `tests.rs` and `conformance.rs`; code marked `#[cfg(test)]` is left out. A function
//! is each `fn` with a name, methods and those that a foreign trait prescribes (`fmt`, `next`)
//! included, as they are for the anchors. Its name is one word if nothing but its ends has an
//! underscore. A type is each `struct`, `enum`, `union`, `trait` and `type`, associated types
//! included; its name is one word if it has at most one capital letter. A type's name is shared
//! when a type in another file has it, too. Lines of a function go from its `fn` to its closing
//! brace; lines of a file end where its first test begins. An example is a block of code in the
//! documentation of a crate's items that runs as a test: no `text`, `ignore`, `console` or `json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::run::{XtaskError, repository_root};
use crate::source_text::{code_of, items_of};
use crate::tidy;

const TYPE_KEYWORDS: [&str; 5] = ["struct", "enum", "union", "trait", "type"];

/// The figures of the design page: ripgrep, nextest, cloudtrail-rs, rsigma, alertmanager, vector,
/// ruff.
const ANCHORS: [(&str, [&str; 7]); 6] = [
    (
        "function, median / longest",
        ["4 / 220", "9 / 984", "7 / 268", "9 / 2055", "7 / 1805", "7 / 694", "8 / 1945"],
    ),
    (
        "file, median / longest",
        [
            "173 / 7997",
            "210 / 3206",
            "102 / 2878",
            "183 / 4293",
            "141 / 1837",
            "120 / 2051",
            "129 / 12560",
        ],
    ),
    ("functions named by one word", ["33 %", "31 %", "34 %", "27 %", "5 %", "39 %", "30 %"]),
    ("types named by one word", ["36 %", "11 %", "37 %", "17 %", "–", "31 %", "18 %"]),
    ("types whose name another file has too", ["22 %", "9 %", "10 %", "12 %", "–", "33 %", "24 %"]),
    ("examples in the docs of functions", ["38", "16", "0", "148", "–", "–", "–"]),
];

/// What was counted.
#[derive(Debug, Default)]
struct NameCounts {
    functions: Vec<(String, usize)>,
    types: BTreeMap<String, Vec<String>>,
    files: Vec<usize>,
    examples: usize,
}

/// Prints the table.
pub fn main() -> Result<(), XtaskError> {
    let mut counts = NameCounts::default();
    for path in tidy::source_files() {
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.strip_prefix(repository_root()).unwrap_or(&path).display().to_string();
        if (name.starts_with("crates/") || name.starts_with("xtask/src")) && !tidy::is_test(&name) {
            counts.add_file(&name, &text);
        }
    }
    println!("{}", counts.table());
    Ok(())
}

impl NameCounts {
    fn add_file(&mut self, name: &str, text: &str) {
        let code = code_of(text);
        let before_tests = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        self.files.push(before_tests.lines().count());
        self.examples += examples_in(text);
        for item in items_of(&code) {
            if item.keyword == "fn" {
                self.functions.push((item.name, item.lines));
            } else if TYPE_KEYWORDS.contains(&item.keyword.as_str()) {
                self.types.entry(item.name).or_default().push(name.to_owned());
            }
        }
    }

    fn table(&self) -> String {
        let mut lines = vec![
            "| | ours | ripgrep | nextest | cloudtrail-rs | rsigma | alertmanager | vector | ruff |"
                .to_owned(),
            format!("|---{}|", "|---".repeat(8)),
        ];
        for ((label, anchors), ours) in ANCHORS.iter().zip(self.figures()) {
            lines.push(format!("| {label} | **{ours}** | {} |", anchors.join(" | ")));
        }
        lines.join("\n")
    }

    fn figures(&self) -> [String; 6] {
        let types: usize = self.types.values().map(Vec::len).sum();
        let of_types = |holds: &dyn Fn(&str, &[String]) -> bool| -> usize {
            self.types.iter().filter(|(name, files)| holds(name, files)).map(|(_, f)| f.len()).sum()
        };
        let plain = self.functions.iter().filter(|(name, _)| is_one_word_function(name)).count();
        let shared = |_: &str, files: &[String]| files.iter().collect::<BTreeSet<_>>().len() > 1;
        [
            spread(self.functions.iter().map(|(_, lines)| *lines).collect()),
            spread(self.files.clone()),
            share(plain, self.functions.len()),
            share(of_types(&|name, _| is_one_word_type(name)), types),
            share(of_types(&shared), types),
            self.examples.to_string(),
        ]
    }
}

fn is_one_word_function(name: &str) -> bool {
    !name.trim_matches('_').contains('_')
}

fn is_one_word_type(name: &str) -> bool {
    name.chars().filter(char::is_ascii_uppercase).count() <= 1
}

fn share(part: usize, whole: usize) -> String {
    format!("{} %", (part * 100 + whole / 2).checked_div(whole).unwrap_or_default())
}

/// Median and greatest.
fn spread(mut values: Vec<usize>) -> String {
    values.sort_unstable();
    let median = values.get(values.len() / 2).copied().unwrap_or_default();
    format!("{median} / {}", values.last().copied().unwrap_or_default())
}

/// Blocks of code in documentation that run as tests.
fn examples_in(text: &str) -> usize {
    let mut open = false;
    let mut count = 0;
    for line in text.lines() {
        let line = line.trim_start();
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let Some(fence) = doc.and_then(|doc| doc.trim().strip_prefix("```")) else { continue };
        let runs = ["", "rust", "no_run", "should_panic", "compile_fail"].contains(&fence);
        count += usize::from(!open && runs);
        open = !open;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_by_their_words() {
        let mut counts = NameCounts::default();
        counts.add_file("a.rs", "struct Found;\nfn of() {}\nfn case_for() {\n}\n/// ```\n/// a();\n/// ```\nfn _x() {}\n");
        counts.add_file(
            "b.rs",
            "enum Found {}\nstruct RecordFilter;\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n",
        );
        assert_eq!(counts.figures(), ["1 / 2", "8 / 8", "67 %", "67 %", "67 %", "1"]);
        assert!(counts.table().contains("| types named by one word | **67 %** | 36 % |"));
    }

    #[test]
    fn only_examples_that_run_count() {
        assert_eq!(
            examples_in("/// ```text\n/// a\n/// ```\n//! ```no_run\n//! b();\n//! ```\n"),
            1
        );
    }
}
