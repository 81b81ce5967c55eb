//! Describes a check: its name, severity, sentence and fix, with an example that it reports and one
//! that it accepts.

use super::policy_type::PolicyType;
use super::severity::LintSeverity;

/// One check of [`super::lint_policies`].
#[derive(Debug)]
pub struct LintCheck {
    /// A stable name, `unknown-action`.
    pub id: &'static str,
    /// The severity of its findings.
    pub severity: LintSeverity,
    /// The issue codes of IAM Access Analyzer's policy validation for the same problem; empty for a
    /// check of our own.
    pub analyzer: &'static [&'static str],
    /// What it reports, as a sentence.
    pub finds: &'static str,
    /// How to fix it, as hints word it.
    pub fix: &'static str,
    /// The policy type of the examples, if it cannot be told from them.
    pub of: Option<PolicyType>,
    /// A policy that it reports; or a statement, or a part of one.
    pub bad: &'static str,
    /// One that it accepts.
    pub good: &'static str,
}

/// An example as a complete policy: a statement is wrapped in a policy, and `…6200…` in it is
/// replaced by that many characters of resources.
pub fn whole_example(example: &str) -> String {
    let filled = match example.split_once('…').and_then(|(before, rest)| {
        let (count, after) = rest.split_once('…')?;
        Some((before, count.parse::<usize>().ok()?, after))
    }) {
        Some((before, count, after)) => {
            let each = |n: usize| format!("\"arn:aws:s3:::receipts-{n:04}/*\"");
            let list: Vec<String> = (0..count.div_ceil(31)).map(each).collect();
            format!("{before}{}{after}", list.join(","))
        }
        None => example.to_owned(),
    };
    let start = filled.trim_start();
    let is_policy = ["{\"Version", "{\"Statement", "{\"Id", "{ ", "["].iter();
    if is_policy.clone().any(|beginning| start.starts_with(beginning)) || !start.starts_with('{') {
        return filled;
    }
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{filled}]}}")
}

/// Declares checks as statics, and their list `CHECKS`.
macro_rules! checks {
    ($(
        $name:ident $id:literal $severity:ident [$($code:literal)*] $(of $of:ident)?
        $finds:literal
        fix $fix:literal
        bad $bad:literal
        good $good:literal
    )*) => {
        $(pub(in crate::lint) static $name: $crate::lint::LintCheck = $crate::lint::LintCheck {
            id: $id,
            severity: $crate::lint::LintSeverity::$severity,
            analyzer: &[$($code),*],
            finds: $finds,
            fix: $fix,
            of: checks!(@of $($of)?),
            bad: $bad,
            good: $good,
        };)*
        pub(super) static CHECKS: &[&$crate::lint::LintCheck] = &[$(&$name),*];
    };
    (@of) => { None };
    (@of $of:ident) => { Some($crate::lint::PolicyType::$of) };
}
pub(super) use checks;
