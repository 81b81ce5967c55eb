//! `aware rules check`: every error, and what else is worth knowing.

use std::io::{self, Write};

use aware_core::source::cloudtrail;
use aware_core::text::terminal::terminal_safe;
use aware_io::rules::{LoadedRules, load_rules};
use aware_rules::engine::RuleEngine;
use jiff::{SignedDuration, Timestamp};

use super::names;
use crate::args::RulesCheckArgs;
use crate::config::count_of;
use crate::exit::{CommandExit, CommandFailure};

/// Runs the command.
pub(super) fn run_check(args: &RulesCheckArgs) -> Result<CommandExit, CommandFailure> {
    let loaded =
        load_rules(&super::loading::request_for_paths(&args.paths, args.config.as_deref())?);
    let mut out = io::stdout().lock();
    for problem in &loaded.problems {
        writeln!(out, "error: {}", terminal_safe(&problem.to_string()))?;
    }
    if !args.quiet {
        let notes = check_notes(&loaded, args.ending);
        let told = loaded.notes.iter().chain(&loaded.warnings);
        for note in told.chain(&notes).chain(&loaded.left_out.describe_lines()) {
            writeln!(out, "note: {}", terminal_safe(note))?;
        }
        write_summary(&mut out, &loaded)?;
    }
    Ok(if loaded.problems.is_empty() { CommandExit::Done } else { CommandExit::Usage })
}

fn write_summary(out: &mut dyn Write, loaded: &LoadedRules) -> io::Result<()> {
    writeln!(
        out,
        "{}, {} and {} checked, {}",
        count_of(loaded.rules.event_rules().len() + loaded.off.len(), "rule"),
        count_of(loaded.rules.correlations().correlations().len(), "correlation"),
        count_of(loaded.rules.suppressions().len(), "suppression"),
        count_of(loaded.problems.len(), "problem")
    )
}

/// Notes about misspelt names of calls, rules that run on every record, and suppressions that
/// expire soon or have expired.
fn check_notes(loaded: &LoadedRules, ending: u16) -> Vec<String> {
    let all = loaded.rules.event_rules().iter().chain(&loaded.off);
    let misspelt = all.flat_map(|rule| {
        let note = |what| format!("{}:{}: `{}` {what}", rule.file, rule.line, rule.about.name);
        names::misspelt_calls(&rule.expr).into_iter().map(note)
    });
    let engine = RuleEngine::compile_rules(loaded.rules.event_rules().to_vec(), cloudtrail::ID);
    let unindexed = engine.unindexed_rules().map(|rule| {
        format!(
            "{}:{}: `{}` runs on every record, since none of its conditions can be indexed (hint: also require an eventName)",
            rule.file, rule.line, rule.about.id
        )
    });
    let now = Timestamp::now();
    let soon = now.checked_add(SignedDuration::from_hours(24 * i64::from(ending))).unwrap_or(now);
    let ending = loaded.rules.suppressions().iter().filter(|one| one.until <= soon).map(|one| {
        let how = if one.until <= now { "has ended" } else { "ends soon" };
        format!(
            "{}:{}: suppression `{}` of {} {how}: {}",
            one.file, one.line, one.name, one.owner, one.until
        )
    });
    misspelt.chain(unindexed).chain(ending).collect()
}
