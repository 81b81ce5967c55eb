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

use aware_core::source::cloudtrail;

use crate::ir::{Derived, Expr};
use crate::problem::Problem;

/// Compiles an event pattern for the events that it was written for.
///
/// `file` names the text in the problem.
///
/// # Errors
/// What EventBridge would refuse, with the line and column of the mistake.
pub fn compile(file: &str, text: &str) -> Result<Expr, Problem> {
    let branches = read(text).and_then(|branches| {
        branches.iter().try_for_each(no_derived_in_detail)?;
        known(branches)
    });
    Ok(lower::expr(&branches.map_err(|problem| in_file(file, problem))?))
}

/// Compiles an event pattern for bare CloudTrail records.
///
/// A pattern for EventBridge's envelope (`source`, `detail-type`, `detail`, `account`, `region`)
/// is turned into one for the record: what stands below `detail` is the record's, and the others
/// become tests of `eventSource`, `eventType`, `recipientAccountId` and `awsRegion`. A pattern
/// without any of these names is one for the record already. The fields that the program makes,
/// such as `aware.outcome`, stand beside the record's own: below `detail`, where there is one.
///
/// # Errors
/// What EventBridge would refuse, and what no CloudTrail record can tell, each with its place.
pub fn compile_for_record(file: &str, text: &str) -> Result<Expr, Problem> {
    let branches = read(text).and_then(record::unwrap).and_then(known);
    let branches = branches.map_err(|problem| in_file(file, problem))?;
    Ok(lower::expr(&branches))
}

fn read(text: &str) -> Result<Vec<pattern::Branch>, Problem> {
    pattern::branches(&json::parse(text)?)
}

/// Refuses fields that the program would have to make and does not.
fn known(branches: Vec<pattern::Branch>) -> Result<Vec<pattern::Branch>, Problem> {
    for wanted in branches.iter().flat_map(|branch| &branch.fields) {
        if let Some(name) = Derived::unknown(Some(cloudtrail::ID), &lower::field(wanted)) {
            let names: Vec<&str> = Derived::names(Some(cloudtrail::ID)).collect();
            let problem = json::problem(wanted.at, format!("unknown field `{name}`"));
            return Err(problem.hint(format!("one of {}", names.join(", "))));
        }
    }
    Ok(branches)
}

/// In an envelope the program does not look for the record that its own fields are made of.
fn no_derived_in_detail(branch: &pattern::Branch) -> Result<(), Problem> {
    let is_derived = |path: &[String]| matches!(path, [detail, object, ..] if detail == "detail" && object == Derived::OBJECT);
    match branch.fields.iter().find(|wanted| is_derived(&wanted.path)) {
        None => Ok(()),
        Some(wanted) => {
            let what = format!("`{}` is made of a CloudTrail record", wanted.path.join("."));
            Err(json::problem(wanted.at, what).hint("try the pattern on a record"))
        }
    }
}

/// The readers below know places but no file.
fn in_file(file: &str, problem: Problem) -> Problem {
    Problem { file: file.to_owned(), ..problem }
}
