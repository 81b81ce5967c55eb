//! What ARCHITECTURE.md names exists: each file and folder, and each function in its step's file.

use std::fs;
use std::path::Path;

use crate::run::{XtaskError, repository_root};

/// The page.
const PAGE: &str = "ARCHITECTURE.md";

/// What the page names that does not exist.
///
/// # Errors
/// When the page cannot be read.
pub(super) fn missing_names() -> Result<Vec<String>, XtaskError> {
    let root = repository_root();
    let text = fs::read_to_string(root.join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    let read = |path: &str| {
        let places = [root.join(path), root.join("crates").join(path)];
        places.into_iter().find(|place| place.exists()).map(|place| read_or_empty(&place))
    };
    Ok(missing_in(&text, &read))
}

/// A folder reads as an empty text.
fn read_or_empty(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The same of a page's text; `read` gives the text of a file, if there is one.
fn missing_in(page: &str, read: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut missing = Vec::new();
    for (number, line) in page.lines().enumerate() {
        let place = format!("{PAGE}:{}", number + 1);
        let names: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        let mut files = String::new();
        for path in names.iter().copied().filter(|name| is_path(name)) {
            match read(path) {
                Some(text) => files.push_str(&text),
                None => missing.push(format!("{place}: `{path}` does not exist")),
            }
        }
        // A step's row: its functions are those of the files that it names.
        let is_step = line.trim_start_matches('|').trim_start().starts_with(char::is_numeric);
        let functions =
            names.iter().filter(|name| is_step && line.starts_with('|') && is_function(name));
        for function in functions.filter(|name| !files.contains(&format!("fn {name}"))) {
            missing.push(format!("{place}: no `fn {function}` in the files that it names"));
        }
    }
    missing
}

/// `io/src/log.rs`, `rules/src/engine/`; not `rules/x/`, which stands for any.
fn is_path(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let is_any = name.split('/').any(|part| matches!(part, "x" | "x.rs" | "x.yml" | "x.md"));
    name.contains('/') && name.chars().all(is_plain) && !is_any
}

/// `walk_records`.
fn is_function(name: &str) -> bool {
    name.contains('_') && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_do_not_exist_are_told_with_their_lines() {
        let read = |path: &str| (path == "io/src/a.rs").then(|| "fn read_all() {}".to_owned());
        let page = "| 1 | `io/src/a.rs` | `read_all` reads |\n\
            | 2 | `io/src/a.rs` | `read_none` reads |\n\
            `io/src/b.rs` and `rules/x/` and `free_words`\n";
        assert_eq!(
            missing_in(page, &read),
            [
                "ARCHITECTURE.md:2: no `fn read_none` in the files that it names",
                "ARCHITECTURE.md:3: `io/src/b.rs` does not exist"
            ]
        );
    }
}
