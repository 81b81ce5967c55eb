//! `aware rules explain`: why a rule matches an event or not.

use std::io::{self, Write};
use std::sync::Arc;

use aware_core::enrichment::Enrichment;
use aware_core::source::identify_value;
use aware_core::text::terminal::{TerminalPaint, terminal_safe};
use aware_io::rules::{SelectorError, load_rules};
use aware_rules::explain::{ExplainedCondition, explain_condition};
use aware_rules::ir::RecordSource;
use aware_rules::rule::CompiledRule;
use serde_json::Value;

use crate::args::RulesExplainArgs;
use crate::exit::{CommandExit, CommandFailure};

/// Runs the command.
pub(super) fn run_rules_explain(args: &RulesExplainArgs) -> Result<CommandExit, CommandFailure> {
    let (rules, known) = candidate_rules(args)?;
    let mut out = io::stdout().lock();
    let paint = crate::render::screen::stdout_screen(false).to_paint();
    let mut matched = false;
    for record in crate::logs::read_records(&args.event)? {
        let event: Value = serde_json::from_str(&record)
            .map_err(|error| CommandFailure::Usage(format!("{}: {error}", args.event)))?;
        let source = identify_value(&event);
        let of = RecordSource { id: source, known: &known };
        for rule in &rules {
            if !rule.is_for(source) {
                let line =
                    format!("{} is not for {} records", rule.about.id, source.display_name());
                writeln!(out, "{}", paint.bold(&terminal_safe(&line)))?;
                continue;
            }
            let step = explain_condition(&rule.expr, of, &event, &record);
            matched |= step.holds;
            let verdict = if step.holds { "matches" } else { "does not match" };
            let line = format!("{} {verdict} {}", rule.about.id, event_name(&event));
            writeln!(out, "{}", paint.bold(&terminal_safe(&line)))?;
            write_step(&mut out, &step, 1, paint)?;
        }
    }
    Ok(if matched { CommandExit::Done } else { CommandExit::Findings })
}

/// The rule with the given id among all loaded rules, on or off; or every rule of a file.
fn candidate_rules(
    args: &RulesExplainArgs,
) -> Result<(Vec<CompiledRule>, Arc<Enrichment>), CommandFailure> {
    let is_file = std::path::Path::new(&args.rule).exists();
    let loaded = if is_file {
        load_rules(&super::loading::request_for_only(
            &[args.rule.clone().into()],
            args.rules.config.as_deref(),
        )?)
    } else {
        super::loading::load_with_options(&args.rules)?
    };
    if let Some(problem) = loaded.problems.first().filter(|_| is_file) {
        return Err(CommandFailure::Usage(problem.to_string()));
    }
    let all = loaded.rules.event_rules().iter().chain(&loaded.off);
    let wanted = |rule: &&CompiledRule| is_file || rule.about.id == args.rule;
    let rules: Vec<CompiledRule> = all.filter(wanted).cloned().collect();
    if rules.is_empty() {
        let problem = loaded.select_rules(&args.rule).err();
        let problem = problem.unwrap_or_else(|| SelectorError::NotOneRule(args.rule.clone()));
        return Err(CommandFailure::Usage(problem.to_string()));
    }
    Ok((rules, Arc::clone(loaded.rules.enrichment())))
}

fn event_name(event: &Value) -> String {
    let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or("?").to_owned();
    format!("{} {}", text("eventName"), text("eventID"))
}

fn write_step(
    out: &mut dyn Write,
    step: &ExplainedCondition,
    depth: usize,
    paint: TerminalPaint,
) -> io::Result<()> {
    let mark = if step.holds { "✓" } else { "✗" };
    let found = step.found.as_deref().map(|found| format!("   found: {found}")).unwrap_or_default();
    let line = format!("{}{mark} {}", "  ".repeat(depth), terminal_safe(&step.asks));
    writeln!(out, "{line}{}", paint.faint(&terminal_safe(&found)))?;
    step.parts.iter().try_for_each(|part| write_step(out, part, depth + 1, paint))
}
