//! `aware rules check`: every error, and what else is worth knowing.

use aware_core::source::cloudtrail;
use std::io::{self, Write};

use aware_core::text::terminal::safe;
use aware_io::rules::{Loaded, load};
use aware_rules::engine::Engine;
use jiff::{SignedDuration, Timestamp};

use super::names;
use crate::args::RulesCheckArgs;
use crate::config::count;
use crate::exit::{Exit, Failure};

/// Runs the command.
pub(super) fn main(args: &RulesCheckArgs) -> Result<Exit, Failure> {
    let loaded = load(&super::loading::besides(&args.paths, args.config.as_deref())?);
    let mut out = io::stdout().lock();
    for problem in &loaded.problems {
        writeln!(out, "error: {}", safe(&problem.to_string()))?;
    }
    if !args.quiet {
        let notes = notes(&loaded, args.ending);
        let told = loaded.notes.iter().chain(&loaded.warnings);
        for note in told.chain(&notes).chain(&loaded.left_out.lines()) {
            writeln!(out, "note: {}", safe(note))?;
        }
        summary(&mut out, &loaded)?;
    }
    Ok(if loaded.problems.is_empty() { Exit::Done } else { Exit::Usage })
}

fn summary(out: &mut dyn Write, loaded: &Loaded) -> io::Result<()> {
    writeln!(
        out,
        "{}, {} and {} checked, {}",
        count(loaded.rules.events().len() + loaded.off.len(), "rule"),
        count(loaded.rules.correlations().correlations().len(), "correlation"),
        count(loaded.rules.suppressions().len(), "suppression"),
        count(loaded.problems.len(), "problem")
    )
}

/// Notes about misspelt names of calls, rules that run on every record, and suppressions that
/// expire soon or have expired.
fn notes(loaded: &Loaded, ending: u16) -> Vec<String> {
    let all = loaded.rules.events().iter().chain(&loaded.off);
    let misspelt = all.flat_map(|rule| {
        let note = |what| format!("{}:{}: `{}` {what}", rule.file, rule.line, rule.about.name);
        names::doubts(&rule.expr).into_iter().map(note)
    });
    let engine = Engine::new(loaded.rules.events().to_vec(), cloudtrail::ID);
    let unindexed = engine.unindexed().map(|rule| {
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
