//! Judges whether what policies allow was used.

use std::collections::{BTreeMap, BTreeSet};

use super::expand::{all_but, but, expand};
use super::logged::{NOT_LOGGED, is_data_event, is_seldom};
use super::report::{Permission, Report, Use};
use super::seen::{Calls, Seen};
use crate::action;
use crate::call::PERMISSIONLESS;
use crate::catalogue::{ActionEntry, Catalogue};
use crate::policy::{Clause, Effect, Statement, action_within};

impl Seen {
    /// Judges every action that the policies allow, each once.
    pub fn report(&self, catalogue: &Catalogue) -> Report {
        let mut permissions: BTreeMap<String, Permission> = BTreeMap::new();
        let mut unmatched = BTreeSet::new();
        for (pattern, found) in self.allowed(catalogue) {
            if found.is_empty() {
                unmatched.insert(pattern.clone());
            }
            for entry in found {
                let name = entry.full_name();
                permissions.entry(name).or_insert_with(|| self.judge(&entry, &pattern));
            }
        }
        let elsewhere = self.calls.iter().filter(|(_, calls)| calls.elsewhere.is_some());
        Report {
            window: self.window,
            days: self.days(),
            from_elsewhere: elsewhere.map(|(name, _)| action::canonical(catalogue, name)).collect(),
            permissions: permissions.into_values().collect(),
            unmatched: unmatched.into_iter().collect(),
            unmapped: self.unmapped.clone(),
        }
    }

    fn statements(&self, effect: Effect) -> impl Iterator<Item = &Statement> {
        let all = self.policies.iter().flat_map(|named| &named.policy.statements);
        all.filter(move |one| one.effect == effect && one.principals.is_none())
    }

    /// Every pattern of every `Allow`, with the actions that it matches.
    fn allowed<'s>(
        &'s self,
        catalogue: &'s Catalogue,
    ) -> impl Iterator<Item = (String, Vec<ActionEntry>)> + 's {
        self.statements(Effect::Allow).flat_map(move |statement| match &statement.actions {
            Clause::Is(patterns) => {
                let one = |pattern: &String| (pattern.clone(), expand(catalogue, pattern));
                patterns.iter().map(one).collect()
            }
            Clause::Not(patterns) => {
                vec![(but(patterns), all_but(catalogue, patterns))]
            }
        })
    }

    fn judge(&self, entry: &ActionEntry, pattern: &str) -> Permission {
        let action = entry.full_name();
        let calls = self.calls.get(&action.to_ascii_lowercase()).copied().unwrap_or_default();
        let (usage, note) = match calls {
            Calls { allowed: Some(_), .. } => (Use::Used, None),
            Calls { perhaps: Some(_), .. } => {
                (Use::Unknown, Some("another policy may have allowed the successful calls"))
            }
            _ if self.is_denied(&action) => {
                (Use::Unused, Some("denied by these policies themselves"))
            }
            _ => self.not_seen(entry, &action),
        };
        let is_pattern = pattern.contains(['*', '?', ' ']);
        Permission {
            action,
            usage,
            last_used: calls.allowed,
            pattern: is_pattern.then(|| pattern.to_owned()),
            note,
        }
    }

    /// Whether an action is denied on every resource without a condition.
    fn is_denied(&self, action: &str) -> bool {
        self.statements(Effect::Deny).any(|deny| {
            let is_meant = match &deny.actions {
                Clause::Is(patterns) => patterns.iter().any(|one| action_within(action, one)),
                Clause::Not(patterns) => !patterns.iter().any(|one| action_within(action, one)),
            };
            let is_everywhere = match &deny.resources {
                Some(Clause::Is(patterns)) => patterns.iter().any(|one| one == "*"),
                _ => false,
            };
            is_meant && is_everywhere && deny.conditions.is_empty()
        })
    }

    fn not_seen(&self, entry: &ActionEntry, action: &str) -> (Use, Option<&'static str>) {
        if PERMISSIONLESS.contains(&action) {
            return (Use::Unknown, Some("works without any permission"));
        }
        if NOT_LOGGED.contains(&action) {
            return (Use::Unknown, Some("CloudTrail does not log it under its name"));
        }
        if is_data_event(action) && !self.data_events.contains(&entry.service) {
            return (Use::Unknown, Some("a data event, and the logs contain none of this service"));
        }
        if self.window.is_none() {
            return (Use::Unknown, Some("no logs were seen"));
        }
        if self.days() < 90 {
            return (Use::Unused, Some("the logs cover less than 90 days"));
        }
        if is_seldom(&entry.name) {
            return (Use::Unused, Some("a kind that is needed once a year, or in an emergency"));
        }
        (Use::Unused, None)
    }
}
