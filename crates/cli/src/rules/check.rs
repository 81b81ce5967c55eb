//! `aware rules check`: every mistake, and what is worth knowing.

use std::io::{self, Write};

use aware_core::text::terminal::safe;
use aware_io::rules::{Loaded, load};
use aware_rules::engine::Engine;
use jiff::{SignedDuration, Timestamp};

use crate::args::RulesCheckArgs;
use crate::exit::{Exit, Failure};

/// Runs the command.
pub(super) fn main(args: &RulesCheckArgs) -> Result<Exit, Failure> {
    let loaded = load(&super::only(&args.paths, args.config.as_deref())?);
    let mut out = io::stdout().lock();
    for problem in &loaded.problems {
        writeln!(out, "error: {}", safe(&problem.to_string()))?;
    }
    for note in loaded.notes.iter().chain(&loaded.warnings).chain(&notes(&loaded, args.ending)) {
        writeln!(out, "note: {}", safe(note))?;
    }
    let (rules, correlations) = (
        loaded.rules.events().len() + loaded.off.len(),
        loaded.rules.correlations().correlations().len(),
    );
    let (suppressions, problems) = (loaded.rules.suppressions().len(), loaded.problems.len());
    writeln!(
        out,
        "{rules} rules, {correlations} correlations and {suppressions} suppressions understood, {problems} problems"
    )?;
    Ok(if problems == 0 { Exit::Done } else { Exit::Usage })
}

/// Rules that run on every record, and suppressions that end soon or have ended.
fn notes(loaded: &Loaded, ending: u16) -> Vec<String> {
    let engine = Engine::new(loaded.rules.events().to_vec());
    let unindexed = engine.unindexed().map(|rule| {
        format!(
            "{}:{}: `{}` runs on every record: nothing that it asks for can be looked up (hint: ask for an eventName as well)",
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
    unindexed.chain(ending).collect()
}
