//! `aware lint`: finds errors and risks in policies.

use std::io::{self, Write};

use aware_core::text::json::visible_json;
use aware_core::text::terminal::terminal_safe;
use aware_iam::lint::{LintFinding, LintReport, LintSeverity, lint_policies};
use serde_json::{Value, json};

use super::catalogue;
use crate::args::{LintArgs, TextOrJson};
use crate::exit::{CommandExit, CommandFailure};
use crate::logs::{display_name, read_text};

/// One file, with what was found in it or why it cannot be read.
struct LintedFile<'a> {
    file: &'a str,
    found: Result<LintReport, String>,
}

/// Runs the command.
pub(crate) fn run_lint(args: &LintArgs) -> Result<CommandExit, CommandFailure> {
    let files: Vec<LintedFile<'_>> =
        args.policies.iter().map(|file| lint_file(file, args)).collect();
    let mut out = io::stdout().lock();
    match args.format {
        TextOrJson::Text => write_lines(&mut out, &files)?,
        TextOrJson::Json => {
            let all: Vec<Value> = files.iter().flat_map(lint_objects).collect();
            writeln!(out, "{}", visible_json(&format!("{:#}", Value::Array(all))))?;
        }
    }
    Ok(lint_exit(&files, args.fail_on))
}

fn lint_file<'a>(file: &'a str, args: &LintArgs) -> LintedFile<'a> {
    let text = read_text(file).map_err(|failure| failure.to_string());
    let found = text.map(|text| lint_policies(catalogue::current_catalogue(), &text, args.of));
    LintedFile { file, found }
}

fn lint_exit(files: &[LintedFile<'_>], fail_on: LintSeverity) -> CommandExit {
    let is_readable = |one: &LintedFile<'_>| one.found.as_ref().is_ok_and(LintReport::is_readable);
    let mut lints = files.iter().flat_map(|one| one.found.iter().flat_map(|found| &found.lints));
    if !files.iter().all(is_readable) {
        CommandExit::Usage
    } else if lints.any(|lint| lint.severity >= fail_on) {
        CommandExit::Findings
    } else {
        CommandExit::Done
    }
}

fn write_lines(out: &mut dyn Write, files: &[LintedFile<'_>]) -> io::Result<()> {
    let mut all: Vec<&LintFinding> = Vec::new();
    let mut policies = 0;
    for one in files {
        match &one.found {
            Ok(found) => {
                policies += found.policies;
                for lint in &found.lints {
                    let (file, line, column) = (display_name(one.file), lint.line, lint.column);
                    writeln!(out, "{}", terminal_safe(&format!("{file}:{line}:{column}: {lint}")))?;
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
        named(count(LintSeverity::Error), "error", "errors"),
        count(LintSeverity::Security),
        named(count(LintSeverity::Warning), "warning", "warnings"),
        named(count(LintSeverity::Note), "note", "notes")
    )
}

fn lint_objects(one: &LintedFile<'_>) -> Vec<Value> {
    let with_file = |lint: &LintFinding| {
        json!({
            "file": one.file, "severity": lint.severity, "code": lint.code, "path": lint.path,
            "line": lint.line, "column": lint.column, "what": lint.what, "hint": lint.hint,
        })
    };
    match &one.found {
        Ok(found) => found.lints.iter().map(with_file).collect(),
        Err(problem) => vec![json!({
            "file": one.file, "severity": LintSeverity::Error, "code": "unreadable", "what": problem,
        })],
    }
}
