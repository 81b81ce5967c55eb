//! What a check is: its name, severity, sentence and fix, with an example for and against it.

use super::policy_type::PolicyType;
use super::severity::Severity;

/// One check of [`super::lint`].
#[derive(Debug)]
pub struct Check {
    /// A stable name, `unknown-action`.
    pub id: &'static str,
    /// How bad what it finds is.
    pub severity: Severity,
    /// The issue codes of IAM Access Analyzer's policy validation for the same matter; none for a
    /// check of our own.
    pub analyzer: &'static [&'static str],
    /// What it finds, as a sentence.
    pub finds: &'static str,
    /// How to mend it, as it stands in hints.
    pub fix: &'static str,
    /// The type of policy of the examples, where it cannot be told from them.
    pub of: Option<PolicyType>,
    /// A policy in which it finds something; or a statement, or a part of one.
    pub bad: &'static str,
    /// One in which it finds nothing.
    pub good: &'static str,
}

/// An example as a whole policy: a statement has a policy put around it, and `…6200…` in it stands
/// for so many characters of resources.
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

/// Declares checks as statics, and the list `CHECKS` of them.
macro_rules! checks {
    ($(
        $name:ident $id:literal $severity:ident [$($code:literal)*] $(of $of:ident)?
        $finds:literal
        fix $fix:literal
        bad $bad:literal
        good $good:literal
    )*) => {
        $(pub(in crate::lint) static $name: $crate::lint::Check = $crate::lint::Check {
            id: $id,
            severity: $crate::lint::Severity::$severity,
            analyzer: &[$($code),*],
            finds: $finds,
            fix: $fix,
            of: checks!(@of $($of)?),
            bad: $bad,
            good: $good,
        };)*
        pub(super) static CHECKS: &[&$crate::lint::Check] = &[$(&$name),*];
    };
    (@of) => { None };
    (@of $of:ident) => { Some($crate::lint::PolicyType::$of) };
}
pub(super) use checks;
