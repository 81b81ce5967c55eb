//! Finds what is wrong with a policy, with the place of each problem.
//!
//! The checks are those of IAM Access Analyzer's policy validation that need no call to AWS, and
//! some of our own; [`all_checks`] lists them.

mod actions;
mod arns;
mod budget;
mod check;
mod checks;
mod findings;
mod fit;
mod global;
mod judge;
mod keys;
mod limits;
mod look;
mod operators;
mod outcome;
mod policy_type;
mod principals;
mod public;
mod read;
mod read_condition;
mod reader;
mod redundant;
mod reference;
mod roles;
mod severity;
mod tree;
mod trust;
mod values;
mod variables;
mod view;
mod whole;

use crate::catalogue::Catalogue;
use crate::policy::MAX_POLICIES_BYTES;
pub use crate::region::{is_region as is_known_region, near_region as nearest_region};
use budget::LookupBudget;
pub use check::{LintCheck, whole_example};
pub use checks::all_checks;
use checks::shape::{JSON_SYNTAX, TOO_LONG};
use findings::FindingCollector;
use judge::check_policy;
pub use outcome::{LintFinding, LintReport};
pub use policy_type::PolicyType;
pub use reference::render_reference;
pub use severity::LintSeverity;
use tree::JsonFault;

/// Checks the policies of a text: one, a list, or several one after another.
///
/// `given` is their type. If it is `None`, each policy's own content tells whether it is
/// identity-based, resource-based or a trust policy. Control policies look like the first two, so
/// their type must be given.
///
/// ```
/// use aware_iam::catalogue::Catalogue;
/// use aware_iam::lint::lint_policies;
///
/// let text = r#"{"Version": "2012-10-17",
///   "Statement": {"Effect": "Allow", "Action": "s3:GetObjct", "Resource": "arn:aws:s3:::b/*"}}"#;
/// let report = lint_policies(Catalogue::built_in(), text, None);
/// let lint = &report.lints[0];
/// assert_eq!((lint.code, lint.line), ("unknown-action", 2));
/// assert!(lint.hint.contains("s3:GetObject"), "{lint}");
/// ```
pub fn lint_policies(catalogue: &Catalogue, text: &str, given: Option<PolicyType>) -> LintReport {
    let text = text.trim_start_matches('\u{feff}');
    let mut findings = FindingCollector::new(text);
    if text.len() > MAX_POLICIES_BYTES {
        let what = format!("a text of {} bytes is too long for a policy", text.len());
        findings.add_finding(&TOO_LONG, "", 0, what, None);
        return LintReport { lints: findings.lints, policies: 0 };
    }
    let documents = match read::read_documents(text, given, &mut findings) {
        Ok(documents) => documents,
        Err(JsonFault { line, column, what }) => {
            findings.add_finding(
                &JSON_SYNTAX,
                "",
                0,
                what,
                Some(crate::policy::json_hint(text).to_owned()),
            );
            if let Some(lint) = findings.lints.last_mut() {
                (lint.line, lint.column) = (line, column);
            }
            return LintReport { lints: findings.lints, policies: 0 };
        }
    };
    let mut budget = LookupBudget::new();
    for document in &documents {
        check_policy(catalogue, document, &mut budget, &mut findings);
    }
    LintReport { lints: findings.finish_report(), policies: documents.len() }
}
