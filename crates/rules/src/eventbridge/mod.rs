//! EventBridge event patterns.
//!
//! A pattern is JSON in the shape of the event: objects lead to fields, and a field's list names
//! the values that it may have. [`compile`] reads a pattern as EventBridge does and refuses what
//! EventBridge refuses; [`compile_for_record`] takes the same pattern and aims it at a bare
//! CloudTrail record, without the envelope that EventBridge puts around it.
//!
//! The language: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html>.

mod json;
mod lower;
mod pattern;
mod record;
mod value;
mod wildcard;

use crate::ir::Expr;
use crate::problem::Problem;

/// Compiles an event pattern for the events that it was written for.
///
/// `file` names the text in the problem.
///
/// # Errors
/// What EventBridge would refuse, with the line and column of the mistake.
pub fn compile(file: &str, text: &str) -> Result<Expr, Problem> {
    let branches = read(text).map_err(|problem| in_file(file, problem))?;
    Ok(lower::expr(&branches))
}

/// Compiles an event pattern for bare CloudTrail records.
///
/// A pattern for EventBridge's envelope (`source`, `detail-type`, `detail`, `account`, `region`)
/// is turned into one for the record: what stands below `detail` is the record's, and the others
/// become tests of `eventSource`, `eventType`, `recipientAccountId` and `awsRegion`. A pattern
/// without any of these names is one for the record already.
///
/// # Errors
/// What EventBridge would refuse, and what no CloudTrail record can tell, each with its place.
pub fn compile_for_record(file: &str, text: &str) -> Result<Expr, Problem> {
    let branches = read(text).and_then(record::unwrap);
    let branches = branches.map_err(|problem| in_file(file, problem))?;
    Ok(lower::expr(&branches))
}

fn read(text: &str) -> Result<Vec<pattern::Branch>, Problem> {
    pattern::branches(&json::parse(text)?)
}

/// The readers below know places but no file.
fn in_file(file: &str, problem: Problem) -> Problem {
    Problem { file: file.to_owned(), ..problem }
}
