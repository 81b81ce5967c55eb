//! Every subcommand and every long flag of `aware` is used by a test or by an example in the docs.
//!
//! They are read from `docs/reference/command-line.md`, which is generated from the program and
//! compared with it by `cargo xtask generate --check`. A flag counts as used if a page or a test
//! file that runs its subcommand contains it.

use std::collections::BTreeSet;
use std::fs;

use super::known::UntidyThing;
use crate::run::{XtaskError, line_output, repository_root};

const REFERENCE: &str = "docs/reference/command-line.md";

/// Subcommands and flags that nothing uses.
pub(super) fn unused_options() -> Result<Vec<UntidyThing>, XtaskError> {
    let read = |name: &str| fs::read_to_string(repository_root().join(name)).unwrap_or_default();
    let listed = line_output("git ls-files")?;
    let users = listed.lines().filter(|name| is_user(name)).map(|name| usage_of(name, &read(name)));
    let users: Vec<String> = users.collect();
    let commands = options_of(&read(REFERENCE));
    if commands.is_empty() {
        return Err(format!("{REFERENCE}: holds no command (hint: `cargo xtask generate`)"));
    }
    Ok(unused_among(&commands, &users))
}

/// Tests of the program, and pages whose commands run as tests.
fn is_user(name: &str) -> bool {
    let is_test = name.starts_with("crates/cli/tests/") && name.ends_with(".rs");
    let is_page = name.ends_with(".md") && !name.starts_with("docs/reference/");
    let is_deployment = name.starts_with("deploy/tests/") && name.ends_with(".py");
    let is_help = name.starts_with("crates/cli/src/args") && name.ends_with(".rs");
    is_test || is_page || is_deployment || is_help
}

/// The text of a file that may run commands; of the program's sources, only the examples in the
/// help: `  $ aware …` or `  aware …`.
fn usage_of(name: &str, text: &str) -> String {
    if !name.starts_with("crates/cli/src/") {
        return text.to_owned();
    }
    let examples = text.lines().filter(|line| {
        let line = line.trim_start().trim_start_matches("$ ");
        line.starts_with("aware ")
    });
    examples.collect::<Vec<_>>().join("\n")
}

/// Each command by its words after `aware`, with its long flags.
fn options_of(reference: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut commands: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in reference.lines() {
        let heading = line.trim_start_matches('#').trim();
        if line.starts_with('#') && heading.starts_with("`aware") {
            let words = heading.trim_matches('`').trim_start_matches("aware").trim();
            commands.push((words.to_owned(), BTreeSet::new()));
        } else if let Some((_, flags)) = commands.last_mut()
            && let Some(flag) = long_flag(line)
        {
            flags.insert(flag);
        }
    }
    commands
}

/// The long flag in the first line of an option's text: `  -o, --output <FILE>`.
fn long_flag(line: &str) -> Option<String> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    if !(2..=6).contains(&indent) || !text.starts_with('-') {
        return None;
    }
    let at = text.find("--")?;
    let flag = text.get(at + 2..)?.split(|letter: char| !is_flag_letter(letter)).next()?;
    let is_common = ["help", "version", ""].contains(&flag);
    (!is_common).then(|| flag.to_owned())
}

fn is_flag_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-'
}

fn unused_among(commands: &[(String, BTreeSet<String>)], users: &[String]) -> Vec<UntidyThing> {
    let mut things = Vec::new();
    for (command, flags) in commands.iter().filter(|(command, _)| !command.is_empty()) {
        let of_command: Vec<&String> = users.iter().filter(|text| runs(text, command)).collect();
        if of_command.is_empty() {
            things.push(untidy(command, &format!("`aware {command}` is in no test or example")));
        }
        for flag in flags {
            if !of_command.iter().any(|text| has_flag(text, flag)) {
                let whole = format!("{command} --{flag}");
                things.push(untidy(&whole, &format!("`aware {whole}` is in no test or example")));
            }
        }
    }
    things
}

fn untidy(key: &str, problem: &str) -> UntidyThing {
    UntidyThing { key: format!("command-line {key}"), problem: problem.to_owned() }
}

/// Whether a text runs a command: its words one after another, as words of a line or of a list.
fn runs(text: &str, command: &str) -> bool {
    let words: Vec<&str> = command.split(' ').collect();
    let listed = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    text.contains(&listed)
        || text.contains(&format!("aware {command}"))
        || text.contains(&format!("\"{command} "))
        || text.contains(&format!("\"{command}\""))
}

fn has_flag(text: &str, flag: &str) -> bool {
    let whole = format!("--{flag}");
    text.match_indices(&whole).any(|(at, _)| {
        let behind = text.get(at + whole.len()..).and_then(|rest| rest.chars().next());
        !behind.is_some_and(is_flag_letter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "## `aware`\n\nOptions:\n  -h, --help\n### `aware scan`\n\nOptions:\n      --since <TIME>\n          Only --later ones\n  -o, --output <FILE>\n### `aware rules list`\n";

    #[test]
    fn commands_and_flags_of_the_reference() {
        let commands = options_of(PAGE);
        assert_eq!(commands[1].0, "scan");
        assert_eq!(commands[1].1.iter().collect::<Vec<_>>(), ["output", "since"]);
        assert_eq!(commands[2], ("rules list".to_owned(), BTreeSet::new()));
    }

    #[test]
    fn what_nothing_runs_is_named() {
        let users = ["run([\"scan\", \"--since-when\", \"--output\", \"x\"])".to_owned()];
        let keys: Vec<_> =
            unused_among(&options_of(PAGE), &users).into_iter().map(|thing| thing.key).collect();
        assert_eq!(keys, ["command-line scan --since", "command-line rules list"]);
        let page = ["$ aware rules list\n$ aware scan --since=1d -o x --output y".to_owned()];
        assert_eq!(unused_among(&options_of(PAGE), &page), []);
    }
}
