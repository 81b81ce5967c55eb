//! Finds who may pass every role or create every service-linked role.

use aware_core::event::is_account_id;

use super::check::LintCheck;
use super::checks::actions as check;
use super::look::StatementChecker;
use super::policy_type::PolicyType;
use super::view::{ElementList, PlacedText, StatementView, is_every_action};
use crate::policy::{ConditionTest, action_within, resource_within};

/// What has already been reported about a statement, so that it is not reported twice.
#[derive(Clone, Debug, Default)]
pub(super) struct ReportedPatterns {
    /// Patterns about which something worse has been reported than that they allow much.
    pub(super) patterns: Vec<String>,
    pub(super) not_action: bool,
    pub(super) not_resource: bool,
}

/// An action to look for in every pattern.
struct RoleCheck {
    action: &'static str,
    /// The condition key that narrows it.
    key: &'static str,
    /// A resource of the action that nobody names by chance.
    unlikely: &'static str,
    on_star: &'static LintCheck,
    by_pattern: &'static LintCheck,
    not_action: &'static LintCheck,
    not_resource: &'static LintCheck,
}

static WANTED: [RoleCheck; 2] = [
    RoleCheck {
        action: "iam:PassRole",
        key: "iam:PassedToService",
        unlikely: "role/q7x-nobody-has-it",
        on_star: &check::PASS_ROLE_ON_STAR,
        by_pattern: &check::PASS_ROLE_BY_PATTERN,
        not_action: &check::PASS_ROLE_NOT_ACTION,
        not_resource: &check::PASS_ROLE_NOT_RESOURCE,
    },
    RoleCheck {
        action: "iam:CreateServiceLinkedRole",
        key: "iam:AWSServiceName",
        unlikely: "role/aws-service-role/q7x.amazonaws.com/q7x",
        on_star: &check::LINKED_ROLE_ON_STAR,
        by_pattern: &check::LINKED_ROLE_BY_PATTERN,
        not_action: &check::LINKED_ROLE_NOT_ACTION,
        not_resource: &check::LINKED_ROLE_NOT_RESOURCE,
    },
];

impl StatementChecker<'_, '_> {
    /// Looks for the two actions. Another check reports full administration, which includes them.
    pub(super) fn check_roles(&mut self) -> ReportedPatterns {
        let mut told = ReportedPatterns::default();
        let statement = self.statement;
        if !self.is_allow() || !self.is_type(PolicyType::Identity) {
            return told;
        }
        for wanted in &WANTED {
            let Some((place, is_pattern)) = self.allowing_pattern(wanted) else { continue };
            if is_narrowed(statement, wanted.key) {
                told.patterns.push(place.text.clone());
                continue;
            }
            self.report_role(wanted, &place, is_pattern, &mut told);
        }
        told
    }

    fn report_role(
        &mut self,
        wanted: &RoleCheck,
        place: &PlacedText,
        is_pattern: bool,
        told: &mut ReportedPatterns,
    ) {
        let statement = self.statement;
        let Some(resources) = &statement.resources else { return };
        let by_not_action = place.text == "NotAction";
        let action = wanted.action;
        let (check, at, what) = if resources.is_negated {
            told.not_resource = true;
            let what = format!("`NotResource` allows `{action}` on every other role");
            (wanted.not_resource, &resources.name, what)
        } else if !is_every_role(resources, wanted.unlikely) {
            return;
        } else if by_not_action {
            told.not_action = true;
            let what = format!(
                "`NotAction` allows `{action}` on every role, and all else that it does not name"
            );
            (wanted.not_action, place, what)
        } else if is_pattern {
            let what = format!("`{}` allows `{action}` on every role", place.text);
            (wanted.by_pattern, place, what)
        } else {
            (wanted.on_star, place, format!("`{action}` is allowed on every role"))
        };
        told.patterns.push(place.text.clone());
        self.findings.report_at(check, at, what);
    }

    /// The pattern that allows an action, and whether it is more than the action's name.
    fn allowing_pattern(&self, wanted: &RoleCheck) -> Option<(PlacedText, bool)> {
        let list = self.statement.actions.as_ref()?;
        if list.is_negated {
            let is_named = list.items.iter().any(|leaf| action_within(wanted.action, &leaf.text));
            return (!is_named).then(|| (list.name.clone(), true));
        }
        let by = list.items.iter().find(|leaf| action_within(wanted.action, &leaf.text))?;
        if is_every_action(&by.text) {
            return None;
        }
        Some((by.clone(), by.text.contains(['*', '?'])))
    }
}

/// Whether a resource matches a role that nobody names by chance.
fn is_every_role(resources: &ElementList, unlikely: &str) -> bool {
    resources.items.iter().any(|leaf| {
        let account = leaf.text.split(':').nth(4).unwrap_or_default();
        let known = is_account_id(account);
        let account = if known { account } else { "111122223333" };
        let partition = leaf.text.split(':').nth(1).filter(|it| it.starts_with("aws"));
        let partition = partition.unwrap_or("aws");
        resource_within(&format!("arn:{partition}:iam::{account}:{unlikely}"), &leaf.text)
    })
}

/// Whether a condition narrows the service: by a key with a value other than `*`.
fn is_narrowed(statement: &StatementView, key: &str) -> bool {
    statement.lines_of(key).any(|line| {
        let operator = line.operator.test.as_str();
        let is_positive =
            matches!(line.operator.test, ConditionTest::StringEquals | ConditionTest::StringLike)
                || operator == "StringEqualsIgnoreCase";
        let says = line.values.iter().all(|value| !value.text.trim_matches('*').is_empty());
        is_positive && !line.operator.if_exists && !line.values.is_empty() && says
    })
}
