//! `aware rules match`: a pattern on an event.

use aware_rules::{cloudwatch, eventbridge, oracle};
use serde_json::Value;

use crate::args::RulesMatchArgs;
use crate::exit::{Exit, Failure};

/// Runs the command. An event that is no JSON is a line of text.
pub(super) fn main(args: &RulesMatchArgs) -> Result<Exit, Failure> {
    let wrong = |problem: aware_rules::problem::Problem| Failure::Usage(problem.to_string());
    let expr = match (&args.pattern, &args.event_pattern) {
        (Some(pattern), _) => cloudwatch::compile("pattern", pattern).map_err(wrong)?,
        (None, Some(file)) => {
            let name = file.display().to_string();
            eventbridge::compile(&name, &crate::logs::text(&name)?).map_err(wrong)?
        }
        (None, None) => return Err(Failure::Usage("no pattern is given".to_owned())),
    };
    let text = crate::logs::text(&args.event)?;
    let line = text.trim_end_matches(['\n', '\r']);
    let event = match serde_json::from_str::<Value>(line) {
        Ok(event) => event,
        Err(error) if args.event_pattern.is_some() => {
            return Err(Failure::Usage(format!("{}: is no JSON: {error}", args.event)));
        }
        Err(_) => Value::Null,
    };
    let matched = oracle::matches(&expr, &event, line);
    Ok(if matched { Exit::Done } else { Exit::Findings })
}
