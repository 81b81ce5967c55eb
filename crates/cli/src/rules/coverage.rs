//! `aware rules coverage`: what is known of attacks, and which rule detects it.

use std::io::{self, Write};

use aware_core::text::terminal::terminal_safe;
use aware_rules::coverage::{CoverageList, CoverageRow, CoverageState, LoadedRule, summarize_rows};
use serde_json::json;

use crate::args::RulesCoverageArgs;
use crate::exit::{CommandExit, CommandFailure};

/// Runs the command.
pub(super) fn run_coverage(args: &RulesCoverageArgs) -> Result<CommandExit, CommandFailure> {
    let loaded = super::loading::load_with_options(&args.rules)?;
    let rules: Vec<LoadedRule<'_>> = loaded.all_rules().collect();
    let mut out = io::stdout().lock();
    for list in CoverageList::ALL {
        let rows = list.rows(&rules);
        if args.json {
            rows.iter().try_for_each(|row| writeln!(out, "{}", row_json(list, row)))?;
            continue;
        }
        writeln!(out, "{}\n  {}", list.title(), summarize_rows(list, &rows))?;
        if !args.missing {
            continue;
        }
        for row in rows.iter().filter(|row| row.state == CoverageState::None) {
            let name = if row.name.is_empty() { String::new() } else { format!("  {}", row.name) };
            writeln!(out, "  {}{name}\n      {}", terminal_safe(&row.id), row.why_not)?;
        }
    }
    Ok(if loaded.problems.is_empty() { CommandExit::Done } else { CommandExit::Usage })
}

fn row_json(list: CoverageList, row: &CoverageRow) -> serde_json::Value {
    json!({
        "list": list.title(), "id": row.id, "name": row.name, "tactics": row.tactics,
        "reportedBy": row.state.as_str(), "rules": row.rules, "whyNot": row.why_not,
    })
}
