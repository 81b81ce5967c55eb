//! A statement in a line.

use aware_iam::policy::Statement;

/// `s3:GetObject, s3:PutObject on arn:aws:s3:::b/*`.
pub(super) fn statement_brief(statement: &Statement) -> String {
    let resources = statement.resources.as_ref().map(|clause| clause.patterns());
    let list = |list: &[String]| list.join(", ");
    let on = resources.map(|names| format!(" on {}", list(names))).unwrap_or_default();
    format!("{}{on}", list(statement.actions.patterns()))
}
