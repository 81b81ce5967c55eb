//! Files and functions that are too long, and errors that are only text.

use super::known::UntidyThing;
use crate::source_text::{code_of, items_of};

/// The longest file and function, in lines, not counting tests.
const MAX_FILE: usize = 350;
const MAX_FUNCTION: usize = 50;
/// Crates of adapters: their errors are types.
const ADAPTERS: [&str; 2] = ["crates/io/src/", "crates/deploy/src/"];

/// What is too long in a file.
pub(super) fn too_long(name: &str, text: &str) -> Vec<UntidyThing> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut things = Vec::new();
    let lines = code.lines().count();
    if lines > MAX_FILE {
        things.push(UntidyThing {
            key: format!("file {name}"),
            problem: format!("{name}: has {lines} lines, over {MAX_FILE}"),
        });
    }
    let functions = items_of(&code_of(text)).into_iter().filter(|item| item.keyword == "fn");
    for function in functions.filter(|item| item.lines > MAX_FUNCTION) {
        things.push(UntidyThing {
            key: format!("function {name} {}", function.name),
            problem: format!(
                "{name}:{}: function `{}` of {} lines, over {MAX_FUNCTION}",
                function.line, function.name, function.lines
            ),
        });
    }
    things
}

/// Functions of an adapter whose error is a `String`.
pub(super) fn text_errors(name: &str, text: &str) -> Vec<UntidyThing> {
    if !ADAPTERS.iter().any(|folder| name.starts_with(folder)) {
        return Vec::new();
    }
    let code = code_of(text);
    let functions = items_of(&code).into_iter().filter(|item| item.keyword == "fn");
    functions
        .filter(|item| has_text_error(code.get(item.signature.clone()).unwrap_or_default()))
        .map(|item| UntidyThing {
            key: format!("text-error {name} {}", item.name),
            problem: format!(
                "{name}:{}: the error of `{}` is a `String` (hint: make it a type)",
                item.line, item.name
            ),
        })
        .collect()
}

/// Whether the error of a `Result` in a signature is a `String`.
fn has_text_error(signature: &str) -> bool {
    let words: String = signature.split_whitespace().collect();
    let words = words.replace("->", "");
    words.split("Result<").skip(1).any(|rest| error_argument(rest) == Some("String"))
}

/// The second of a `Result`'s arguments, whose list begins here.
fn error_argument(arguments: &str) -> Option<&str> {
    let (mut depth, mut begin) = (0_u32, None);
    for (at, letter) in arguments.char_indices() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            '>' if depth == 0 => return arguments.get(begin?..at),
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => begin = Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_and_functions() {
        let long = format!("fn f() {{\n{}}}\n", "    g();\n".repeat(49));
        assert_eq!(
            too_long("a.rs", &long),
            [UntidyThing {
                key: "function a.rs f".to_owned(),
                problem: "a.rs:1: function `f` of 51 lines, over 50".to_owned(),
            }]
        );
        let file = "fn f() {}\n".repeat(351);
        assert_eq!(too_long("a.rs", &file)[0].key, "file a.rs");
        assert_eq!(too_long("a.rs", &format!("#[cfg(test)]\nmod tests {{\n{file}}}\n")), []);
    }

    #[test]
    fn errors_that_are_text() {
        let text = "fn a() -> Result<Vec<u8>, String> {}\nfn b(\n    c: D,\n) -> Result<\n    Map<A, B>, String\n> {}\n\
                    fn e() -> Result<String, Error> { let x: Result<(), String> = f(); }\n";
        let map = "fn g() -> Result<Map<A, String>, Error> {}\n";
        assert_eq!(text_errors("crates/io/src/a.rs", map), []);
        let found = text_errors("crates/io/src/a.rs", text);
        let keys: Vec<_> = found.iter().map(|thing| thing.key.as_str()).collect();
        assert_eq!(keys, ["text-error crates/io/src/a.rs a", "text-error crates/io/src/a.rs b"]);
        assert_eq!(text_errors("crates/cli/src/a.rs", text), []);
    }
}
