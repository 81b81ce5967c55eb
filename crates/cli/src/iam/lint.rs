//! `aware lint`: what is wrong with policies that AWS takes all the same.

use std::io::{self, Write};

use aware_core::text::log::visible_json;
use aware_core::text::terminal::safe;
use aware_iam::lint::{Lint, Severity, lint};
use aware_iam::policy::Policy;
use serde_json::{Value, json};

use super::catalogue;
use crate::args::{LintArgs, TextOrJson};
use crate::exit::{Exit, Failure};
use crate::logs::{shown, text};

/// One policy's file, and what was found in it or why it cannot be read.
struct Looked<'a> {
    file: &'a str,
    found: Result<Vec<Lint>, String>,
}

/// Runs the command.
pub(crate) fn main(args: &LintArgs) -> Result<Exit, Failure> {
    let looked: Vec<Looked<'_>> = args.policies.iter().map(|file| look(file)).collect();
    let mut out = io::stdout().lock();
    match args.format {
        TextOrJson::Text => lines(&mut out, &looked)?,
        TextOrJson::Json => {
            let all: Vec<Value> = looked.iter().flat_map(objects).collect();
            writeln!(out, "{}", visible_json(&format!("{:#}", Value::Array(all))))?;
        }
    }
    Ok(exit(&looked))
}

fn look(file: &str) -> Looked<'_> {
    let read = || {
        let text = text(file).map_err(|failure| failure.to_string())?;
        let file = shown(file);
        Policy::parse(&text).map_err(|problem| format!("{file}: {problem}"))
    };
    let found = read().map(|policy| lint(catalogue::in_use(), &policy));
    Looked { file, found }
}

fn exit(looked: &[Looked<'_>]) -> Exit {
    let is_error = |lint: &Lint| lint.severity == Severity::Error;
    if looked.iter().any(|one| one.found.is_err()) {
        Exit::Usage
    } else if looked.iter().flat_map(|one| one.found.iter().flatten()).any(is_error) {
        Exit::Findings
    } else {
        Exit::Done
    }
}

fn lines(out: &mut dyn Write, looked: &[Looked<'_>]) -> io::Result<()> {
    let mut counts = [0_usize; 3];
    let mut unreadable = 0;
    for one in looked {
        match &one.found {
            Ok(lints) => {
                for lint in lints {
                    let [notes, warnings, errors] = &mut counts;
                    *match lint.severity {
                        Severity::Note => notes,
                        Severity::Warning => warnings,
                        Severity::Error => errors,
                    } += 1;
                    writeln!(out, "{}", safe(&format!("{}: {lint}", shown(one.file))))?;
                }
            }
            Err(problem) => {
                unreadable += 1;
                aware_io::log::error(problem, &[]);
            }
        }
    }
    let [notes, warnings, errors] = counts;
    let policies = looked.len() - unreadable;
    let count =
        |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    writeln!(
        out,
        "{}: {}, {}, {}",
        count(policies, "policy", "policies"),
        count(errors, "error", "errors"),
        count(warnings, "warning", "warnings"),
        count(notes, "note", "notes")
    )
}

fn objects(looked: &Looked<'_>) -> Vec<Value> {
    let with_file = |lint: &Lint| {
        json!({
            "file": looked.file, "severity": lint.severity, "code": lint.code,
            "path": lint.path, "what": lint.what, "hint": lint.hint,
        })
    };
    match &looked.found {
        Ok(lints) => lints.iter().map(with_file).collect(),
        Err(problem) => vec![json!({
            "file": looked.file, "severity": Severity::Error, "code": "unreadable", "what": problem,
        })],
    }
}
