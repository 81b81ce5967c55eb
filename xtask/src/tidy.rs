//! The rules of the house, as checks: sizes, headings, directions, what pure crates may not do.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Problem, output, root};

/// The longest file and function, in lines, tests not counted.
const MAX_FILE: usize = 400;
const MAX_FUNCTION: usize = 60;
/// Crates that do no input or output.
const PURE: [&str; 3] = ["aware-core", "aware-rules", "aware-iam"];
/// What a pure crate's sources may not name.
const IMPURE: [&str; 9] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "SystemTime",
    "std::time::Instant",
    "Timestamp::now",
    "println!",
    "eprintln!",
];
/// Sources that format with `Debug` what nobody is shown.
const DEBUG_TEXT: [&str; 2] =
    ["crates/rules/src/correlate/compile/assemble.rs", "xtask/src/tidy.rs"];
/// What a pure crate may not depend on, by the beginning of its name.
const WORLDLY: [&str; 7] = ["tokio", "reqwest", "hyper", "aws-", "rusqlite", "axum", "rustls"];
/// Which crates a crate may import.
const DIRECTION: [(&str, &[&str]); 5] = [
    ("core", &[]),
    ("rules", &["aware-core"]),
    ("iam", &["aware-core"]),
    ("io", &["aware-core", "aware-rules", "aware-iam"]),
    ("cli", &["aware-core", "aware-rules", "aware-iam", "aware-io"]),
];

/// Runs every check.
pub fn main() -> Result<(), Problem> {
    let mut problems = Vec::new();
    for path in sources() {
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        problems.extend(source(&name, &text));
    }
    problems.extend(directions()?);
    problems.extend(trees()?);
    problems.extend(machine_paths()?);
    if problems.is_empty() {
        println!("tidy");
        return Ok(());
    }
    Err(format!("{} things are untidy:\n{}", problems.len(), problems.join("\n")))
}

/// Every file below a folder, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

fn sources() -> Vec<PathBuf> {
    let folders = ["crates", "xtask", "ci", "fuzz"].map(|name| root().join(name));
    let all = folders.iter().flat_map(|folder| files(folder));
    let ours = |path: &PathBuf| !path.components().any(|part| part.as_os_str() == "target");
    all.filter(|path| path.extension().is_some_and(|kind| kind == "rs")).filter(ours).collect()
}

/// What is untidy in one source file.
fn source(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    if !text.starts_with("//!") {
        problems.push(format!("{name}:1: does not begin with `//!`"));
    }
    let is_test = name.contains("/tests") || name.contains("conformance");
    if code.lines().count() > MAX_FILE && !is_test {
        problems.push(format!("{name}: has {} lines, over {MAX_FILE}", code.lines().count()));
    }
    if !is_test {
        problems.extend(long_functions(name, code));
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
    if !is_test && !DEBUG_TEXT.contains(&name) {
        let debug = shown.lines().enumerate().filter(|(_, line)| prints_debug(line));
        problems.extend(debug.map(|(at, _)| {
            format!("{name}:{}: formats with `Debug`, which no user may see", at + 1)
        }));
    }
    let pure = PURE.iter().any(|krate| {
        name.starts_with(&format!("crates/{}/src", krate.trim_start_matches("aware-")))
    });
    let impure = IMPURE.iter().filter(|word| pure && !is_test && code.contains(**word));
    problems.extend(impure.map(|word| format!("{name}: is of a pure crate and names `{word}`")));
    problems
}

/// Whether a line formats something by its `Debug`.
fn prints_debug(line: &str) -> bool {
    let is_comment = line.trim_start().starts_with("//");
    !is_comment && [":?}", ":#?}"].iter().any(|format| line.contains(format))
}

/// Functions over the limit. A function ends at the brace in its own column.
fn long_functions(name: &str, code: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut opened = false;
    for (number, line) in code.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let head = line
            .trim_start()
            .trim_start_matches("pub")
            .trim_start_matches("(crate)")
            .trim_start_matches("(super)");
        let head = head.trim_start().trim_start_matches("async ");
        if open.is_none() && head.starts_with("fn ") {
            open = Some((number, indent));
            opened = false;
        }
        let Some((start, column)) = &open else { continue };
        let bodiless = !opened && line.trim_end().ends_with(';');
        opened |= line.trim_end().ends_with('{');
        let ends = indent == *column && line.trim() == "}" || bodiless;
        if ends {
            let lines = number - start + 1;
            if lines > MAX_FUNCTION {
                problems.push(format!(
                    "{name}:{}: function of {lines} lines, over {MAX_FUNCTION}",
                    start + 1
                ));
            }
            open = None;
        }
    }
    problems
}

fn directions() -> Result<Vec<String>, Problem> {
    let mut problems = Vec::new();
    for (krate, allowed) in DIRECTION {
        let path = root().join("crates").join(krate).join("Cargo.toml");
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let used = text
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .filter(|word| word.starts_with("aware-"));
        let wrong = used.filter(|used| !allowed.contains(used));
        problems
            .extend(wrong.map(|used| format!("crates/{krate}/Cargo.toml: may not import {used}")));
    }
    Ok(problems)
}

fn trees() -> Result<Vec<String>, Problem> {
    let mut problems = Vec::new();
    for krate in PURE {
        let tree =
            output(&format!("cargo tree --locked --package {krate} --edges normal --prefix none"))?;
        let worldly = tree.lines().filter(|line| WORLDLY.iter().any(|name| line.starts_with(name)));
        problems.extend(worldly.map(|line| format!("{krate} is pure and depends on {line}")));
    }
    Ok(problems)
}

/// Paths of somebody's machine in files of the repository.
fn machine_paths() -> Result<Vec<String>, Problem> {
    let patterns = ["work", "root", "home"].map(|name| format!("/{name}/"));
    let mut problems = Vec::new();
    for name in output("git ls-files")?.lines().filter(|name| !name.ends_with(".lock")) {
        let Ok(text) = fs::read_to_string(root().join(name)) else { continue };
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
        let long = format!("//! Doc.\nfn f() {{\n{}}}\n", "    g();\n".repeat(70));
        assert_eq!(
            source("crates/io/src/a.rs", &long),
            ["crates/io/src/a.rs:2: function of 72 lines, over 60"]
        );
        assert_eq!(
            source("crates/core/src/a.rs", "fn f() {}\n"),
            ["crates/core/src/a.rs:1: does not begin with `//!`"]
        );
        let impure = "//! Doc.\nuse std::fs;\n";
        assert_eq!(source("crates/core/src/a.rs", impure).len(), 1);
        assert!(source("crates/io/src/a.rs", impure).is_empty());
        assert_eq!(source("crates/io/src/a.rs", "//! D.\nfn f() { todo!() }\n").len(), 1);
        let debug = "//! D.\nfn f() { say(format!(\"{x:?}\")) }\n";
        assert_eq!(source("crates/io/src/a.rs", debug).len(), 1);
        assert!(source("crates/io/src/a.rs", &debug.replace(":?", "")).is_empty());
    }
}
