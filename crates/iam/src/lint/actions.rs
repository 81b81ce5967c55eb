//! Checks actions: unknown ones, and those that allow much.

use super::budget::Found;
use super::checks::{actions as check, variables};
use super::look::Look;
use super::policy_type::PolicyType;
use super::roles::Told;
use super::view::{Leaf, is_every_action};
use crate::action;
use crate::catalogue::{ActionEntry, Catalogue};
use crate::policy::short;
use aware_core::near::{did_you_mean, slips};

impl Look<'_, '_> {
    pub(super) fn actions(&mut self, told: &Told) {
        self.negations(told);
        let statement = self.statement;
        let Some(list) = &statement.actions else { return };
        for (at, leaf) in list.items.iter().enumerate() {
            if leaf.text.contains("${") {
                let what = format!("`{}` cannot contain a policy variable", list.name.text);
                self.findings.at(&variables::VARIABLE_IN_ELEMENT, leaf, what);
                continue;
            }
            if !is_action(&leaf.text) {
                let what = format!("`{}` is not an action", short(&leaf.text));
                self.findings.at(&check::ACTION_FORMAT, leaf, what);
                continue;
            }
            let found = self.expanded.get(at).cloned().unwrap_or_default();
            self.known(leaf, &found);
            let is_told = told.patterns.contains(&leaf.text);
            if self.is_allow() && !list.is_negated && !is_told {
                self.wide(leaf, &found.entries);
            }
        }
    }

    /// Checks whether the action is known.
    fn known(&mut self, leaf: &Leaf, found: &Found) {
        let pattern = leaf.text.as_str();
        let service = pattern.split(':').next().unwrap_or_default();
        if is_every_action(pattern) {
            return;
        }
        if service.contains(['*', '?']) {
            let what = format!("`{}` has a wildcard in the service's name", short(pattern));
            self.findings.at(&check::WILDCARD_IN_SERVICE, leaf, what);
        }
        if !found.entries.is_empty() || !found.is_looked_up {
            return;
        }
        let is_unknown = self.catalogue.service(service).is_none() && !service.contains(['*', '?']);
        let check = if is_unknown { &check::UNKNOWN_SERVICE } else { &check::UNKNOWN_ACTION };
        let what = if pattern.contains(['*', '?']) {
            format!("`{}` matches no known action", short(pattern))
        } else {
            format!("unknown action `{}`", short(pattern))
        };
        let hint = meant(self.catalogue, pattern).unwrap_or_else(|| check.fix.to_owned());
        self.findings.hinted(check, leaf, what, hint);
    }

    /// Checks for all actions of a service, and for actions that must not be granted unasked.
    fn wide(&mut self, leaf: &Leaf, found: &[ActionEntry]) {
        let pattern = leaf.text.as_str();
        if !matches!(self.document.kind, PolicyType::Identity) {
            return;
        }
        if is_every_action(pattern) {
            return self.everything(leaf);
        }
        if pattern.ends_with(":*") {
            let what = format!("`{pattern}` allows {} actions", found.len());
            self.findings.at(&check::ALL_ACTIONS, leaf, what);
            return;
        }
        if let Some(entry) = found.iter().find(|entry| entry.sensitivity.is_withheld()) {
            let can = entry.sensitivity.describe().join(", ");
            let what = format!("`{}` {can}", entry.full_name());
            self.findings.at(&check::SENSITIVE_ACTION, leaf, what);
        }
    }

    fn everything(&mut self, leaf: &Leaf) {
        let is_open = self.resources_named().iter().any(|resource| resource.text == "*")
            || self.statement.resources.as_ref().is_some_and(|list| list.is_negated);
        if is_open && self.statement.conditions.is_empty() {
            let what = "every action is allowed on every resource: full administration";
            self.findings.at(&check::FULL_ADMINISTRATION, leaf, what);
        } else {
            let what = format!("`{}` allows every action of every service", leaf.text);
            self.findings.at(&check::ALL_ACTIONS, leaf, what);
        }
    }
}

/// Whether a text has the form of an action.
pub(super) fn is_action(text: &str) -> bool {
    let is_named = text.split_once(':').is_some_and(|(service, name)| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-_*?.".contains(c);
        !service.is_empty() && !name.is_empty() && service.chars().chain(name.chars()).all(is_word)
    });
    is_every_action(text) || is_named
}

/// What an unknown action was meant to be: the action of a call with that name, or a similar name.
fn meant(catalogue: &Catalogue, pattern: &str) -> Option<String> {
    let (service, name) = pattern.split_once(':')?;
    let needed = action::needed(catalogue, service, name).filter(|needed| needed.known);
    if let Some(needed) = needed.filter(|_| !pattern.contains(['*', '?'])) {
        let list: Vec<String> = needed.actions.iter().map(|one| format!("`{one}`")).collect();
        return Some(format!("`{name}` is a call, and needs {}", list.join(" and ")));
    }
    nearest_action(catalogue, pattern).map(did_you_mean)
}

/// The known action with the most similar name, in the same service or under a similar prefix. A
/// name that begins with another verb is another action, however similar: `Get…` for `Delete…`.
fn nearest_action(catalogue: &Catalogue, action: &str) -> Option<String> {
    let (prefix, name) = action.split_once(':')?;
    let name = aware_core::text::clip_bytes(name, 80).0.to_lowercase();
    let service = catalogue.service(prefix).or_else(|| {
        let prefix = aware_core::text::clip_bytes(prefix, 40).0;
        let distance = |near: &str| slips(prefix, near);
        let services = catalogue.services().map(|service| (distance(service.prefix()), service));
        let nearest = services.filter(|(distance, _)| *distance <= 2).min_by_key(|(d, _)| *d);
        nearest.map(|(_, service)| service)
    })?;
    let names = service.action_names().map(|known| (slips(&name, &known), known));
    let is_near = |distance: usize, known: &str| {
        distance <= 2 + known.len() / 8
            && (distance <= 2 || verb(&name) == verb(&known.to_lowercase()))
    };
    let (_, known) = names.filter(|(distance, known)| is_near(*distance, known)).min()?;
    Some(format!("{}:{known}", service.prefix()))
}

/// The verb that a name begins with, if it is one of those that tell actions apart.
fn verb(lower_name: &str) -> Option<&'static str> {
    let verbs = ["get", "put", "delete", "list", "describe", "create", "update", "start", "stop"];
    verbs.into_iter().find(|verb| lower_name.starts_with(verb))
}
