//! Judges whether what policies allow was used.

use std::collections::{BTreeMap, BTreeSet};

use super::expand::{describe_all_but, expand_all_but, expand_pattern};
use super::logged::{NOT_LOGGED, is_data_event, is_seldom};
use super::report::{PermissionUse, PolicyPermission, UsageReport};
use super::seen::{ActionCalls, PolicyUsage};
use crate::action;
use crate::call::PERMISSIONLESS;
use crate::catalogue::{ActionEntry, Catalogue};
use crate::policy::{PatternClause, Statement, StatementEffect, action_within};

impl PolicyUsage {
    /// Judges every action that the policies allow, each once.
    pub fn build_report(&self, catalogue: &Catalogue) -> UsageReport {
        let mut permissions: BTreeMap<String, PolicyPermission> = BTreeMap::new();
        let mut unmatched = BTreeSet::new();
        for (pattern, found) in self.allowed_patterns(catalogue) {
            if found.is_empty() {
                unmatched.insert(pattern.clone());
            }
            for entry in found {
                let name = entry.full_name();
                permissions.entry(name).or_insert_with(|| self.judge_action(&entry, &pattern));
            }
        }
        let elsewhere = self.calls.iter().filter(|(_, calls)| calls.elsewhere.is_some());
        UsageReport {
            window: self.window,
            days: self.window_days(),
            from_elsewhere: elsewhere
                .map(|(name, _)| action::canonical_action(catalogue, name))
                .collect(),
            permissions: permissions.into_values().collect(),
            unmatched: unmatched.into_iter().collect(),
            unmapped: self.unmapped.clone(),
        }
    }

    fn statements_with(&self, effect: StatementEffect) -> impl Iterator<Item = &Statement> {
        let all = self.policies.iter().flat_map(|named| &named.policy.statements);
        all.filter(move |one| one.effect == effect && one.principals.is_none())
    }

    /// Every pattern of every `Allow`, with the actions that it matches.
    fn allowed_patterns<'s>(
        &'s self,
        catalogue: &'s Catalogue,
    ) -> impl Iterator<Item = (String, Vec<ActionEntry>)> + 's {
        self.statements_with(StatementEffect::Allow).flat_map(move |statement| {
            match &statement.actions {
                PatternClause::Is(patterns) => {
                    let one =
                        |pattern: &String| (pattern.clone(), expand_pattern(catalogue, pattern));
                    patterns.iter().map(one).collect()
                }
                PatternClause::Not(patterns) => {
                    vec![(describe_all_but(patterns), expand_all_but(catalogue, patterns))]
                }
            }
        })
    }

    fn judge_action(&self, entry: &ActionEntry, pattern: &str) -> PolicyPermission {
        let action = entry.full_name();
        let calls = self.calls.get(&action.to_ascii_lowercase()).copied().unwrap_or_default();
        let (usage, note) = match calls {
            ActionCalls { allowed: Some(_), .. } => (PermissionUse::Used, None),
            ActionCalls { perhaps: Some(_), .. } => (
                PermissionUse::Unknown,
                Some("another policy may have allowed the successful calls"),
            ),
            _ if self.is_denied(&action) => {
                (PermissionUse::Unused, Some("denied by these policies themselves"))
            }
            _ => self.judge_unseen(entry, &action),
        };
        let is_pattern = pattern.contains(['*', '?', ' ']);
        PolicyPermission {
            action,
            usage,
            last_used: calls.allowed,
            pattern: is_pattern.then(|| pattern.to_owned()),
            note,
        }
    }

    /// Whether an action is denied on every resource without a condition.
    fn is_denied(&self, action: &str) -> bool {
        self.statements_with(StatementEffect::Deny).any(|deny| {
            let is_meant = match &deny.actions {
                PatternClause::Is(patterns) => {
                    patterns.iter().any(|one| action_within(action, one))
                }
                PatternClause::Not(patterns) => {
                    !patterns.iter().any(|one| action_within(action, one))
                }
            };
            let is_everywhere = match &deny.resources {
                Some(PatternClause::Is(patterns)) => patterns.iter().any(|one| one == "*"),
                _ => false,
            };
            is_meant && is_everywhere && deny.conditions.is_empty()
        })
    }

    fn judge_unseen(
        &self,
        entry: &ActionEntry,
        action: &str,
    ) -> (PermissionUse, Option<&'static str>) {
        if PERMISSIONLESS.contains(&action) {
            return (PermissionUse::Unknown, Some("works without any permission"));
        }
        if NOT_LOGGED.contains(&action) {
            return (PermissionUse::Unknown, Some("CloudTrail does not log it under its name"));
        }
        if is_data_event(action) && !self.data_events.contains(&entry.service) {
            return (
                PermissionUse::Unknown,
                Some("a data event, and the logs contain none of this service"),
            );
        }
        if self.window.is_none() {
            return (PermissionUse::Unknown, Some("no logs were seen"));
        }
        if self.window_days() < 90 {
            return (PermissionUse::Unused, Some("the logs cover less than 90 days"));
        }
        if is_seldom(&entry.name) {
            return (
                PermissionUse::Unused,
                Some("a kind that is needed once a year, or in an emergency"),
            );
        }
        (PermissionUse::Unused, None)
    }
}
