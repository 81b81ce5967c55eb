//! EventBridge event patterns.
//!
//! A pattern is JSON in the shape of the event: objects lead to fields, and a field's list contains
//! the values that it may have. [`compile_pattern`] reads a pattern as EventBridge does and refuses
//! what EventBridge refuses; [`compile_for_record`] takes the same pattern and applies it to a bare
//! CloudTrail record, without the envelope that EventBridge puts around it.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html>.

mod json;
mod lower;
mod number;
mod pattern;
mod record;
mod value;
mod wildcard;

use aware_core::source::cloudtrail;

use crate::ir::{DerivedField, RuleExpr};
use crate::problem::RuleMistake;

/// Compiles an event pattern for the events it was written for.
///
/// `file` names the text in problems.
///
/// # Errors
/// Whatever EventBridge would refuse, with the line and column of the mistake.
pub fn compile_pattern(file: &str, text: &str) -> Result<RuleExpr, RuleMistake> {
    let branches = read_branches(text).and_then(|branches| {
        branches.iter().try_for_each(refuse_derived_in_detail)?;
        check_known(branches)
    });
    Ok(lower::lower_branches(&branches.map_err(|problem| with_file(file, problem))?))
}

/// Compiles an event pattern for bare CloudTrail records.
///
/// A pattern for EventBridge's envelope (`source`, `detail-type`, `detail`, `account`, `region`) is
/// turned into one for the record: fields below `detail` are the record's, and the others become
/// tests of `eventSource`, `eventType`, `recipientAccountId` and `awsRegion`. A pattern without any
/// of these names is already one for the record. The program's derived fields, such as
/// `aware.outcome`, are siblings of the record's own fields: below `detail`, if there is one.
///
/// ```
/// use aware_core::source::cloudtrail;
/// use aware_rules::{eventbridge, oracle};
///
/// let pattern = r#"{"source": ["aws.iam"], "detail": {"eventName": [{"prefix": "Delete"}]}}"#;
/// let expr = eventbridge::compile_for_record("pattern.json", pattern)?;
/// let record = serde_json::json!({"eventSource": "iam.amazonaws.com", "eventName": "DeleteUser"});
/// assert!(oracle::event_matches(&expr, cloudtrail::ID, &record, ""));
/// # Ok::<(), aware_rules::problem::RuleMistake>(())
/// ```
///
/// # Errors
/// Whatever EventBridge would refuse, and whatever no CloudTrail record can answer, each with its
/// position.
pub fn compile_for_record(file: &str, text: &str) -> Result<RuleExpr, RuleMistake> {
    let branches = read_branches(text).and_then(record::unwrap_envelope).and_then(check_known);
    let branches = branches.map_err(|problem| with_file(file, problem))?;
    Ok(lower::lower_branches(&branches))
}

fn read_branches(text: &str) -> Result<Vec<pattern::PatternBranch>, RuleMistake> {
    pattern::read_branches(&json::parse_json(text)?)
}

/// Refuses fields that look derived but do not exist.
fn check_known(
    branches: Vec<pattern::PatternBranch>,
) -> Result<Vec<pattern::PatternBranch>, RuleMistake> {
    for wanted in branches.iter().flat_map(|branch| &branch.fields) {
        if let Some(name) =
            DerivedField::unknown_name(Some(cloudtrail::ID), &lower::field_of(wanted))
        {
            let names: Vec<&str> = DerivedField::all_names(Some(cloudtrail::ID)).collect();
            let problem = json::problem_at(wanted.at, format!("unknown field `{name}`"));
            return Err(problem.with_hint(format!("one of {}", names.join(", "))));
        }
    }
    Ok(branches)
}

/// The program does not search an envelope for the record from which its fields are derived.
fn refuse_derived_in_detail(branch: &pattern::PatternBranch) -> Result<(), RuleMistake> {
    let is_derived = |path: &[String]| matches!(path, [detail, object, ..] if detail == "detail" && object == DerivedField::OBJECT);
    match branch.fields.iter().find(|wanted| is_derived(&wanted.path)) {
        None => Ok(()),
        Some(wanted) => {
            let what = format!("`{}` is derived from a CloudTrail record", wanted.path.join("."));
            Err(json::problem_at(wanted.at, what).with_hint("try the pattern on a record"))
        }
    }
}

/// The readers below know positions but not the file.
fn with_file(file: &str, problem: RuleMistake) -> RuleMistake {
    RuleMistake { file: file.to_owned(), ..problem }
}
