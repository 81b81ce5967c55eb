//! Checks actions: unknown ones, and those that allow much.

use aware_core::near::{did_you_mean, slips};

use super::budget::ExpandedPattern;
use super::checks::{actions as check, variables};
use super::look::StatementChecker;
use super::policy_type::PolicyType;
use super::roles::ReportedPatterns;
use super::view::{PlacedText, is_every_action};
use crate::action;
use crate::catalogue::{ActionEntry, Catalogue};
use crate::policy::clip_text;

impl StatementChecker<'_, '_> {
    pub(super) fn check_actions(&mut self, told: &ReportedPatterns) {
        self.check_negations(told);
        let statement = self.statement;
        let Some(list) = &statement.actions else { return };
        for (at, leaf) in list.items.iter().enumerate() {
            if leaf.text.contains("${") {
                let what = format!("`{}` cannot contain a policy variable", list.name.text);
                self.findings.report_at(&variables::VARIABLE_IN_ELEMENT, leaf, what);
                continue;
            }
            if !is_action(&leaf.text) {
                let what = format!("`{}` is not an action", clip_text(&leaf.text));
                self.findings.report_at(&check::ACTION_FORMAT, leaf, what);
                continue;
            }
            let found = self.expanded.get(at).cloned().unwrap_or_default();
            self.check_known(leaf, &found);
            let is_told = told.patterns.contains(&leaf.text);
            if self.is_allow() && !list.is_negated && !is_told {
                self.check_wide(leaf, &found.entries);
            }
        }
    }

    /// Checks whether the action is known.
    fn check_known(&mut self, leaf: &PlacedText, found: &ExpandedPattern) {
        let pattern = leaf.text.as_str();
        let service = pattern.split(':').next().unwrap_or_default();
        if is_every_action(pattern) {
            return;
        }
        if service.contains(['*', '?']) {
            let what = format!("`{}` has a wildcard in the service's name", clip_text(pattern));
            self.findings.report_at(&check::WILDCARD_IN_SERVICE, leaf, what);
        }
        if !found.entries.is_empty() || !found.is_looked_up {
            return;
        }
        let is_unknown =
            self.catalogue.find_service(service).is_none() && !service.contains(['*', '?']);
        let check = if is_unknown { &check::UNKNOWN_SERVICE } else { &check::UNKNOWN_ACTION };
        let what = if pattern.contains(['*', '?']) {
            format!("`{}` matches no known action", clip_text(pattern))
        } else {
            format!("unknown action `{}`", clip_text(pattern))
        };
        let hint = likely_action(self.catalogue, pattern).unwrap_or_else(|| check.fix.to_owned());
        self.findings.report_with_hint(check, leaf, what, hint);
    }

    /// Checks for all actions of a service, and for actions that must not be granted unasked.
    fn check_wide(&mut self, leaf: &PlacedText, found: &[ActionEntry]) {
        let pattern = leaf.text.as_str();
        if !matches!(self.document.kind, PolicyType::Identity) {
            return;
        }
        if is_every_action(pattern) {
            return self.report_everything(leaf);
        }
        if pattern.ends_with(":*") {
            let what = format!("`{pattern}` allows {} actions", found.len());
            self.findings.report_at(&check::ALL_ACTIONS, leaf, what);
            return;
        }
        if let Some(entry) = found.iter().find(|entry| entry.sensitivity.is_withheld()) {
            let can = entry.sensitivity.describe_risks().join(", ");
            let what = format!("`{}` {can}", entry.full_name());
            self.findings.report_at(&check::SENSITIVE_ACTION, leaf, what);
        }
    }

    fn report_everything(&mut self, leaf: &PlacedText) {
        let is_open = self.resources_named().iter().any(|resource| resource.text == "*")
            || self.statement.resources.as_ref().is_some_and(|list| list.is_negated);
        if is_open && self.statement.conditions.is_empty() {
            let what = "every action is allowed on every resource: full administration";
            self.findings.report_at(&check::FULL_ADMINISTRATION, leaf, what);
        } else {
            let what = format!("`{}` allows every action of every service", leaf.text);
            self.findings.report_at(&check::ALL_ACTIONS, leaf, what);
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
fn likely_action(catalogue: &Catalogue, pattern: &str) -> Option<String> {
    let (service, name) = pattern.split_once(':')?;
    let needed = action::required_actions(catalogue, service, name).filter(|needed| needed.known);
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
    let service = catalogue.find_service(prefix).or_else(|| {
        let prefix = aware_core::text::clip_bytes(prefix, 40).0;
        let distance = |near: &str| slips(prefix, near);
        let services =
            catalogue.iter_services().map(|service| (distance(service.prefix()), service));
        let nearest = services.filter(|(distance, _)| *distance <= 2).min_by_key(|(d, _)| *d);
        nearest.map(|(_, service)| service)
    })?;
    let names = service.action_names().map(|known| (slips(&name, &known), known));
    let is_near = |distance: usize, known: &str| {
        distance <= 2 + known.len() / 8
            && (distance <= 2 || leading_verb(&name) == leading_verb(&known.to_lowercase()))
    };
    let (_, known) = names.filter(|(distance, known)| is_near(*distance, known)).min()?;
    Some(format!("{}:{known}", service.prefix()))
}

/// The verb that a name begins with, if it is one of those that tell actions apart.
fn leading_verb(lower_name: &str) -> Option<&'static str> {
    let verbs = ["get", "put", "delete", "list", "describe", "create", "update", "start", "stop"];
    verbs.into_iter().find(|verb| lower_name.starts_with(verb))
}
