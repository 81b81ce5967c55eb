//! `aware rules match`: tests a pattern on an event.

use std::io::{self, Write};

use aware_core::source::cloudtrail;
use aware_rules::ir::RuleExpr;
use aware_rules::{cloudwatch, eventbridge, oracle};
use serde_json::Value;

use crate::args::RulesMatchArgs;
use crate::exit::{CommandExit, CommandFailure};

/// Runs the command. An event that is not JSON is treated as a line of text.
pub(super) fn run_match(args: &RulesMatchArgs) -> Result<CommandExit, CommandFailure> {
    let text = crate::logs::read_text(&args.event)?;
    let line = text.trim_end_matches(['\n', '\r']);
    let event = serde_json::from_str::<Value>(line);
    let matched = match (&args.pattern, &args.event_pattern) {
        (Some(pattern), _) => {
            let expr = cloudwatch::compile_pattern("pattern", pattern).map_err(pattern_failure)?;
            oracle::event_matches(&expr, cloudtrail::ID, &event.unwrap_or(Value::Null), line)
        }
        (None, Some(file)) => {
            let name = file.display().to_string();
            let pattern = crate::logs::read_text(&name)?;
            let event = event.map_err(|error| {
                CommandFailure::Usage(format!("{}: not JSON: {error}", args.event))
            })?;
            let (expr, event) = compile_for_event(&name, &pattern, &event)?;
            oracle::event_matches(&expr, cloudtrail::ID, event, line)
        }
        (None, None) => return Err(CommandFailure::Usage("no pattern given".to_owned())),
    };
    writeln!(io::stdout(), "{}", if matched { "matches" } else { "does not match" })?;
    Ok(if matched { CommandExit::Done } else { CommandExit::Findings })
}

/// A pattern, compiled for the event's form: a bare CloudTrail record, or an EventBridge event as
/// it is.
fn compile_for_event<'e>(
    name: &str,
    pattern: &str,
    event: &'e Value,
) -> Result<(RuleExpr, &'e Value), CommandFailure> {
    let is_record =
        |value: &Value| ["eventSource", "eventName"].iter().all(|name| value.get(name).is_some());
    let detail = event.get("detail").filter(|detail| is_record(detail));
    let record = detail.or_else(|| is_record(event).then_some(event));
    let for_record = record.map(|record| {
        let expr = eventbridge::compile_for_record(name, pattern)?;
        Ok::<_, aware_rules::problem::RuleMistake>((expr, record))
    });
    match (for_record, detail) {
        (Some(Ok(aimed)), _) => Ok(aimed),
        (Some(Err(problem)), None) => Err(pattern_failure(problem)),
        // The envelope may hold what the record lacks, such as `id`.
        _ => Ok((eventbridge::compile_pattern(name, pattern).map_err(pattern_failure)?, event)),
    }
}

fn pattern_failure(problem: aware_rules::problem::RuleMistake) -> CommandFailure {
    CommandFailure::Usage(problem.to_string())
}
