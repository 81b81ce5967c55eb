//! `aware rules match`: tests a pattern on an event.

use std::io::{self, Write};

use aware_core::source::cloudtrail;
use aware_rules::ir::Expr;
use aware_rules::{cloudwatch, eventbridge, oracle};
use serde_json::Value;

use crate::args::RulesMatchArgs;
use crate::exit::{Exit, Failure};

/// Runs the command. An event that is not JSON is treated as a line of text.
pub(super) fn main(args: &RulesMatchArgs) -> Result<Exit, Failure> {
    let text = crate::logs::text(&args.event)?;
    let line = text.trim_end_matches(['\n', '\r']);
    let event = serde_json::from_str::<Value>(line);
    let matched = match (&args.pattern, &args.event_pattern) {
        (Some(pattern), _) => {
            let expr = cloudwatch::compile("pattern", pattern).map_err(wrong)?;
            oracle::matches(&expr, cloudtrail::ID, &event.unwrap_or(Value::Null), line)
        }
        (None, Some(file)) => {
            let name = file.display().to_string();
            let pattern = crate::logs::text(&name)?;
            let event = event
                .map_err(|error| Failure::Usage(format!("{}: not JSON: {error}", args.event)))?;
            let (expr, event) = aimed(&name, &pattern, &event)?;
            oracle::matches(&expr, cloudtrail::ID, event, line)
        }
        (None, None) => return Err(Failure::Usage("no pattern given".to_owned())),
    };
    writeln!(io::stdout(), "{}", if matched { "matches" } else { "does not match" })?;
    Ok(if matched { Exit::Done } else { Exit::Findings })
}

/// A pattern, compiled for the event's form: a bare CloudTrail record, or an EventBridge event as
/// it is.
fn aimed<'e>(name: &str, pattern: &str, event: &'e Value) -> Result<(Expr, &'e Value), Failure> {
    let is_record =
        |value: &Value| ["eventSource", "eventName"].iter().all(|name| value.get(name).is_some());
    let detail = event.get("detail").filter(|detail| is_record(detail));
    let record = detail.or_else(|| is_record(event).then_some(event));
    let for_record = record.map(|record| {
        let expr = eventbridge::compile_for_record(name, pattern)?;
        Ok::<_, aware_rules::problem::Problem>((expr, record))
    });
    match (for_record, detail) {
        (Some(Ok(aimed)), _) => Ok(aimed),
        (Some(Err(problem)), None) => Err(wrong(problem)),
        // The envelope may hold what the record lacks, such as `id`.
        _ => Ok((eventbridge::compile(name, pattern).map_err(wrong)?, event)),
    }
}

fn wrong(problem: aware_rules::problem::Problem) -> Failure {
    Failure::Usage(problem.to_string())
}
