//! `aware rules explain`: why a rule matches an event or not.

use std::io::{self, Write};

use aware_core::source::identify_value;
use aware_core::text::terminal::{Paint, safe};
use aware_io::rules::{SelectorError, load};
use aware_rules::explain::{Step, explain};
use aware_rules::rule::Rule;
use serde_json::Value;

use crate::args::RulesExplainArgs;
use crate::exit::{Exit, Failure};

/// Runs the command.
pub(super) fn main(args: &RulesExplainArgs) -> Result<Exit, Failure> {
    let rules = candidates(args)?;
    let mut out = io::stdout().lock();
    let paint = crate::render::screen::screen(false).paint();
    let mut matched = false;
    for record in crate::logs::records(&args.event)? {
        let event: Value = serde_json::from_str(&record)
            .map_err(|error| Failure::Usage(format!("{}: {error}", args.event)))?;
        let source = identify_value(&event);
        for rule in &rules {
            if !rule.is_for(source) {
                let line =
                    format!("{} is not for {} records", rule.about.id, source.display_name());
                writeln!(out, "{}", paint.bold(&safe(&line)))?;
                continue;
            }
            let step = explain(&rule.expr, source, &event, &record);
            matched |= step.holds;
            let verdict = if step.holds { "matches" } else { "does not match" };
            let line = format!("{} {verdict} {}", rule.about.id, name_of(&event));
            writeln!(out, "{}", paint.bold(&safe(&line)))?;
            write(&mut out, &step, 1, paint)?;
        }
    }
    Ok(if matched { Exit::Done } else { Exit::Findings })
}

/// The rule with the given id among all loaded rules, on or off; or every rule of a file.
fn candidates(args: &RulesExplainArgs) -> Result<Vec<Rule>, Failure> {
    let is_file = std::path::Path::new(&args.rule).exists();
    let loaded = if is_file {
        load(&super::loading::only(&[args.rule.clone().into()], args.rules.config.as_deref())?)
    } else {
        super::loading::loaded(&args.rules)?
    };
    if let Some(problem) = loaded.problems.first().filter(|_| is_file) {
        return Err(Failure::Usage(problem.to_string()));
    }
    let all = loaded.rules.events().iter().chain(&loaded.off);
    let wanted = |rule: &&Rule| is_file || rule.about.id == args.rule;
    let rules: Vec<Rule> = all.filter(wanted).cloned().collect();
    if rules.is_empty() {
        let problem = loaded.named(&args.rule).err();
        let problem = problem.unwrap_or_else(|| SelectorError::NotOneRule(args.rule.clone()));
        return Err(Failure::Usage(problem.to_string()));
    }
    Ok(rules)
}

fn name_of(event: &Value) -> String {
    let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or("?").to_owned();
    format!("{} {}", text("eventName"), text("eventID"))
}

fn write(out: &mut dyn Write, step: &Step, depth: usize, paint: Paint) -> io::Result<()> {
    let mark = if step.holds { "✓" } else { "✗" };
    let found = step.found.as_deref().map(|found| format!("   found: {found}")).unwrap_or_default();
    let line = format!("{}{mark} {}", "  ".repeat(depth), safe(&step.asks));
    writeln!(out, "{line}{}", paint.dim(&safe(&found)))?;
    step.parts.iter().try_for_each(|part| write(out, part, depth + 1, paint))
}
