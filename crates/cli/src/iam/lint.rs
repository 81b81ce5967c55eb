//! `aware lint`: finds errors and risks in policies.

use std::io::{self, Write};

use aware_core::text::log::visible_json;
use aware_core::text::terminal::safe;
use aware_iam::lint::{Lint, Linted, Severity, lint};
use serde_json::{Value, json};

use super::catalogue;
use crate::args::{LintArgs, TextOrJson};
use crate::exit::{Exit, Failure};
use crate::logs::{shown, text};

/// One file, with what was found in it or why it cannot be read.
struct LintedFile<'a> {
    file: &'a str,
    found: Result<Linted, String>,
}

/// Runs the command.
pub(crate) fn main(args: &LintArgs) -> Result<Exit, Failure> {
    let files: Vec<LintedFile<'_>> =
        args.policies.iter().map(|file| lint_file(file, args)).collect();
    let mut out = io::stdout().lock();
    match args.format {
        TextOrJson::Text => lines(&mut out, &files)?,
        TextOrJson::Json => {
            let all: Vec<Value> = files.iter().flat_map(objects).collect();
            writeln!(out, "{}", visible_json(&format!("{:#}", Value::Array(all))))?;
        }
    }
    Ok(exit(&files, args.fail_on))
}

fn lint_file<'a>(file: &'a str, args: &LintArgs) -> LintedFile<'a> {
    let text = text(file).map_err(|failure| failure.to_string());
    let found = text.map(|text| lint(catalogue::in_use(), &text, args.of));
    LintedFile { file, found }
}

fn exit(files: &[LintedFile<'_>], fail_on: Severity) -> Exit {
    let is_readable = |one: &LintedFile<'_>| one.found.as_ref().is_ok_and(Linted::is_readable);
    let mut lints = files.iter().flat_map(|one| one.found.iter().flat_map(|found| &found.lints));
    if !files.iter().all(is_readable) {
        Exit::Usage
    } else if lints.any(|lint| lint.severity >= fail_on) {
        Exit::Findings
    } else {
        Exit::Done
    }
}

fn lines(out: &mut dyn Write, files: &[LintedFile<'_>]) -> io::Result<()> {
    let mut all: Vec<&Lint> = Vec::new();
    let mut policies = 0;
    for one in files {
        match &one.found {
            Ok(found) => {
                policies += found.policies;
                for lint in &found.lints {
                    let (file, line, column) = (shown(one.file), lint.line, lint.column);
                    writeln!(out, "{}", safe(&format!("{file}:{line}:{column}: {lint}")))?;
                }
                all.extend(&found.lints);
            }
            Err(problem) => tracing::error!("{problem}"),
        }
    }
    let count = |severity| all.iter().filter(|lint| lint.severity == severity).count();
    let named =
        |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    writeln!(
        out,
        "{}: {}, {} security, {}, {}",
        named(policies, "policy", "policies"),
        named(count(Severity::Error), "error", "errors"),
        count(Severity::Security),
        named(count(Severity::Warning), "warning", "warnings"),
        named(count(Severity::Note), "note", "notes")
    )
}

fn objects(one: &LintedFile<'_>) -> Vec<Value> {
    let with_file = |lint: &Lint| {
        json!({
            "file": one.file, "severity": lint.severity, "code": lint.code, "path": lint.path,
            "line": lint.line, "column": lint.column, "what": lint.what, "hint": lint.hint,
        })
    };
    match &one.found {
        Ok(found) => found.lints.iter().map(with_file).collect(),
        Err(problem) => vec![json!({
            "file": one.file, "severity": Severity::Error, "code": "unreadable", "what": problem,
        })],
    }
}
