//! The repository's structural rules, as checks: sizes, headings, directions, circles, purity.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{XtaskError, line_output, repository_root};
use crate::source_text::code_of;

mod architecture;
mod circles;
mod command_line;
mod crates;
mod imports;
mod known;
mod purity;
mod sizes;

use known::UntidyThing;
pub use purity::lints_fire;

/// Sources that use `Debug` for text that nobody is shown, or, for what tracing passes on as
/// `record_debug`, because there it writes what `Display` does.
const DEBUG_TEXT: [&str; 3] = [
    "crates/io/src/log/line.rs",
    "crates/rules/src/correlate/compile/assemble.rs",
    "xtask/src/tidy.rs",
];

/// Runs every check; with `update`, rewrites the list of known untidiness.
pub fn check_all(update: bool) -> Result<(), XtaskError> {
    let mut problems = Vec::new();
    let mut things = Vec::new();
    let mut codes: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for path in source_files() {
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.strip_prefix(repository_root()).unwrap_or(&path).display().to_string();
        problems.extend(check_source(&name, &text));
        if is_test(&name) {
            continue;
        }
        things.extend(sizes::too_long(&name, &text));
        things.extend(sizes::text_errors(&name, &text));
        if let Some((krate, file)) = name.split_once("/src/") {
            codes.entry(krate.to_owned()).or_default().push((file.to_owned(), code_of(&text)));
        }
    }
    things.extend(codes.iter().flat_map(|(krate, files)| circles_of(krate, files)));
    things.extend(command_line::unused_options()?);
    problems.extend(known::unknown(&things, update)?);
    problems.extend(architecture::missing_names()?);
    problems.extend(crates::wrong_directions()?);
    problems.extend(purity::impurities()?);
    problems.extend(find_machine_paths()?);
    if problems.is_empty() {
        println!("tidy");
        return Ok(());
    }
    Err(format!("{} things are untidy:\n{}", problems.len(), problems.join("\n")))
}

fn circles_of(krate: &str, files: &[(String, String)]) -> Vec<UntidyThing> {
    let circles = circles::circles_among(files).into_iter();
    let thing = |circle: circles::FileCircle| UntidyThing {
        key: format!("circle {krate} {}", circle.files.join(" ")),
        problem: format!(
            "{krate}/src: files import each other in a circle:\n    {}",
            circle.ties.join("\n    ")
        ),
    };
    circles.map(thing).collect()
}

/// Every file below a folder, in order.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .collect()
}

/// The Rust sources of the repository.
pub fn source_files() -> Vec<PathBuf> {
    let folders = ["crates", "xtask", "ci", "fuzz"].map(|name| repository_root().join(name));
    let all = folders.iter().flat_map(|folder| files_below(folder));
    let ours = |path: &PathBuf| !path.components().any(|part| part.as_os_str() == "target");
    all.filter(|path| path.extension().is_some_and(|kind| kind == "rs")).filter(ours).collect()
}

/// Whether a file is only compiled for tests and benchmarks.
pub fn is_test(name: &str) -> bool {
    ["/tests", "conformance", "/benches/", "/examples/", "fuzz/", "ci/"]
        .iter()
        .any(|part| name.contains(part))
}

/// The problems of one source file.
fn check_source(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    if !text.starts_with("//!") {
        problems.push(format!("{name}:1: does not begin with `//!`"));
    }
    for leftover in ["todo!(", "unimplemented!(", "dbg!(", concat!("FIX", "ME"), concat!("XX", "X")]
    {
        let itself = name.ends_with("tidy.rs");
        if code.contains(leftover) && !itself {
            problems.push(format!("{name}: has `{leftover}` left in it"));
        }
    }
    if text.contains(concat!("Display", "ErrorContext")) {
        problems
            .push(format!("{name}: shows the SDK's own text (hint: `aware_io::aws::describe`)"));
    }
    let shown = text.split("#[cfg(test)]").next().unwrap_or_default();
    if !is_test(name) && !DEBUG_TEXT.contains(&name) {
        let debug = shown.lines().enumerate().filter(|(_, line)| prints_debug(line));
        problems.extend(debug.map(|(at, _)| {
            format!("{name}:{}: formats with `Debug`, which no user may see", at + 1)
        }));
    }
    problems
}

/// Whether a line formats something with `Debug`.
fn prints_debug(line: &str) -> bool {
    let is_comment = line.trim_start().starts_with("//");
    !is_comment && [":?}", ":#?}"].iter().any(|format| line.contains(format))
}

/// Finds paths of a particular machine in the repository's files.
fn find_machine_paths() -> Result<Vec<String>, XtaskError> {
    let patterns = ["work", "root", "home"].map(|name| format!("/{name}/"));
    let mut problems = Vec::new();
    for name in line_output("git ls-files")?.lines().filter(|name| !name.ends_with(".lock")) {
        let Ok(text) = fs::read_to_string(repository_root().join(name)) else { continue };
        for (number, line) in text.lines().enumerate() {
            if patterns.iter().any(|pattern| line.contains(pattern.as_str())) {
                problems.push(format!("{name}:{}: has a path of a machine", number + 1));
            }
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_untidy() {
        assert_eq!(
            check_source("crates/core/src/a.rs", "fn f() {}\n"),
            ["crates/core/src/a.rs:1: does not begin with `//!`"]
        );
        assert_eq!(check_source("crates/io/src/a.rs", "//! D.\nfn f() { todo!() }\n").len(), 1);
        let debug = "//! D.\nfn f() { say(format!(\"{x:?}\")) }\n";
        assert_eq!(check_source("crates/io/src/a.rs", debug).len(), 1);
        assert!(check_source("crates/io/src/a.rs", &debug.replace(":?", "")).is_empty());
    }
}
