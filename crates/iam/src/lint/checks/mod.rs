//! The table of checks, by subject.

pub(super) mod actions;
pub(super) mod arns;
pub(super) mod conditions;
pub(super) mod kinds;
pub(super) mod principals;
pub(super) mod shape;
pub(super) mod values;
pub(super) mod variables;

use super::check::LintCheck;

/// A group of checks: its title and its checks.
pub(super) static GROUPS: [(&str, &[&LintCheck]); 8] = [
    ("The shape of a policy", shape::CHECKS),
    ("Actions", actions::CHECKS),
    ("Resources and their ARNs", arns::CHECKS),
    ("Condition operators and keys", conditions::CHECKS),
    ("Condition values", values::CHECKS),
    ("Policy variables", variables::CHECKS),
    ("Principals and trust", principals::CHECKS),
    ("What a type of policy may contain", kinds::CHECKS),
];

/// Every check, in the order of the reference.
pub fn all_checks() -> impl Iterator<Item = &'static LintCheck> {
    GROUPS.iter().flat_map(|(_, checks)| checks.iter().copied())
}
