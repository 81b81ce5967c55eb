//! Finds who may pass every role or create every service-linked role.

use aware_core::event::is_account_id;

use super::check::Check;
use super::checks::actions as check;
use super::look::Look;
use super::policy_type::PolicyType;
use super::view::{Leaf, List, View, is_every_action};
use crate::policy::{Test, action_within, resource_within};

/// What has already been reported about a statement, so that it is not reported twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Patterns about which something worse has been reported than that they allow much.
    pub(super) patterns: Vec<String>,
    pub(super) not_action: bool,
    pub(super) not_resource: bool,
}

/// An action to look for in every pattern.
struct Wanted {
    action: &'static str,
    /// The condition key that narrows it.
    key: &'static str,
    /// A resource of the action that nobody names by chance.
    unlikely: &'static str,
    on_star: &'static Check,
    by_pattern: &'static Check,
    not_action: &'static Check,
    not_resource: &'static Check,
}

static WANTED: [Wanted; 2] = [
    Wanted {
        action: "iam:PassRole",
        key: "iam:PassedToService",
        unlikely: "role/q7x-nobody-has-it",
        on_star: &check::PASS_ROLE_ON_STAR,
        by_pattern: &check::PASS_ROLE_BY_PATTERN,
        not_action: &check::PASS_ROLE_NOT_ACTION,
        not_resource: &check::PASS_ROLE_NOT_RESOURCE,
    },
    Wanted {
        action: "iam:CreateServiceLinkedRole",
        key: "iam:AWSServiceName",
        unlikely: "role/aws-service-role/q7x.amazonaws.com/q7x",
        on_star: &check::LINKED_ROLE_ON_STAR,
        by_pattern: &check::LINKED_ROLE_BY_PATTERN,
        not_action: &check::LINKED_ROLE_NOT_ACTION,
        not_resource: &check::LINKED_ROLE_NOT_RESOURCE,
    },
];

impl Look<'_, '_> {
    /// Looks for the two actions. Another check reports full administration, which includes them.
    pub(super) fn roles(&mut self) -> Told {
        let mut told = Told::default();
        let statement = self.statement;
        if !self.is_allow() || !self.is(PolicyType::Identity) {
            return told;
        }
        for wanted in &WANTED {
            let Some((place, is_pattern)) = self.by_what(wanted) else { continue };
            if is_narrowed(statement, wanted.key) {
                told.patterns.push(place.text.clone());
                continue;
            }
            self.role(wanted, &place, is_pattern, &mut told);
        }
        told
    }

    fn role(&mut self, wanted: &Wanted, place: &Leaf, is_pattern: bool, told: &mut Told) {
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
        self.findings.at(check, at, what);
    }

    /// The pattern that allows an action, and whether it is more than the action's name.
    fn by_what(&self, wanted: &Wanted) -> Option<(Leaf, bool)> {
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
fn is_every_role(resources: &List, unlikely: &str) -> bool {
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
fn is_narrowed(statement: &View, key: &str) -> bool {
    statement.lines_of(key).any(|line| {
        let operator = line.operator.test.as_str();
        let is_positive = matches!(line.operator.test, Test::StringEquals | Test::StringLike)
            || operator == "StringEqualsIgnoreCase";
        let says = line.values.iter().all(|value| !value.text.trim_matches('*').is_empty());
        is_positive && !line.operator.if_exists && !line.values.is_empty() && says
    })
}
