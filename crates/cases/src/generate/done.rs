//! What succeeded: the permissions that each call needed.

use aware_core::event::Event;

use super::collector::{Collector, MAX_ACTIONS};
use crate::triage::{GrantEffect, SelfGrant};
use aware_iam::call::{self, Needs, Permission};
use aware_iam::catalogue::ActionEntry;
use aware_iam::explain::{Done, Explainer};
use aware_iam::resource::{Evidence, Found, Place};
use aware_iam::suggest::{self, Grant, Need};

/// Why a permission that a principal gave itself is not granted.
const ESCAPE: &str = "the caller gave itself permissions with it";

impl Collector<'_> {
    /// Adds a successful call, which needed the actions of its name and `iam:PassRole` for the
    /// roles that it passed.
    pub(super) fn done(&mut self, event: &Event) {
        self.succeeded += 1;
        let Needs { permissions, unmapped } = self.needs(event);
        if let Some(name) = unmapped {
            self.count_unmapped(name);
        }
        let explainer = Explainer::new(self.catalogue);
        let calls = explainer.done(event);
        let given = SelfGrant::of(event).map(|grant| grant.given);
        let is_escape =
            given.is_some_and(|given| given != GrantEffect::Perhaps) && !self.wish.force;
        for permission in permissions {
            match is_escape {
                true => self.withhold(permission.action, ESCAPE.to_owned()),
                false => self.allow(&permission, event, &calls),
            }
        }
    }

    /// What a call needs; nothing if it repeats an earlier one.
    fn needs(&mut self, event: &Event) -> Needs {
        if !self.repeats.is_new(event) {
            let service = &event.action.service;
            let name = format!("{service}:{}", event.action.name);
            let unmapped = self.unmapped.contains_key(&name).then_some(name);
            return Needs { unmapped, ..Needs::default() };
        }
        let mut needs = call::needs(self.catalogue, event);
        needs.permissions.extend(call::passed(event));
        needs
    }

    fn count_unmapped(&mut self, name: String) {
        if self.unmapped.len() < MAX_ACTIONS || self.unmapped.contains_key(&name) {
            *self.unmapped.entry(name).or_default() += 1;
        } else {
            self.is_cut = true;
        }
    }

    /// Why a successful call's permission is not granted: the action is never offered, or the
    /// resource was another's.
    fn objection(
        &self,
        permission: &Permission,
        found: &Found,
        calls: &Done<'_>,
    ) -> Option<String> {
        let entry = self.catalogue.action_in_brief(&permission.action);
        let marks = suggest::withheld_because(&permission.action, entry.as_ref());
        if !marks.is_empty() && !self.wish.force {
            return Some(format!("the action {}", marks.join(" and ")));
        }
        calls.objection(&permission.action, entry.as_ref(), found)
    }

    fn allow(&mut self, permission: &Permission, event: &Event, calls: &Done<'_>) {
        if let Some(guess) = permission.guess {
            self.notes.entry(guess.to_owned()).or_default().insert(permission.action.clone());
        }
        let entry = self.catalogue.action(&permission.action);
        for found in &permission.resources {
            if let Some(why) = self.objection(permission, found, calls) {
                self.withhold(permission.action.clone(), why);
                continue;
            }
            self.remark(permission, found, entry.as_ref());
            let evidence = Evidence {
                place: Place::of(event),
                operation: &event.action.name,
                named: None,
                resources: &[],
                request: permission.request.as_ref(),
            };
            let need = Need {
                actions: std::slice::from_ref(&permission.action),
                entry: entry.as_ref(),
                found: Some(found),
                evidence: &evidence,
                caller: &suggest::Caller::of(event),
                service: &event.action.service,
                invoked_by: event.principal.invoked_by.as_deref(),
            };
            match suggest::grant(&need) {
                Ok(grant) => self.keep(bound(with_group(grant), permission)),
                Err(problem) => self.leave_out(&permission.action, &problem.to_string()),
            }
        }
        if permission.resources.is_empty() {
            self.leave_out(&permission.action, "the resource is unknown");
        }
    }

    /// Notes which part of a resource is open.
    fn remark(&mut self, permission: &Permission, found: &Found, entry: Option<&ActionEntry>) {
        let has_types = entry.is_some_and(|entry| !entry.resources.is_empty());
        let note = match found.pattern.as_str() {
            "*" if has_types => "no request names a resource, so `*` is granted; narrow it",
            _ if !found.whole => {
                self.open.insert(permission.action.clone());
                return;
            }
            _ => return,
        };
        self.notes.entry(note.to_owned()).or_default().insert(permission.action.clone());
    }

    fn leave_out(&mut self, action: &str, why: &str) {
        let note = format!("not in the policy: {why}");
        self.notes.entry(note).or_default().insert(action.to_owned());
    }
}

/// A log group's streams are its ARN plus `:*`; AWS checks actions on the group itself on either
/// form.
///
/// Source: CloudWatch Logs API reference, `TagResource`, `CreateLogGroup`.
fn with_group(mut grant: Grant) -> Grant {
    let streams = grant.resources.iter().filter(|one| one.contains(":log-group:"));
    let groups: Vec<String> =
        streams.filter_map(|one| Some(one.strip_suffix(":*")?.to_owned())).collect();
    grant.resources.extend(groups);
    grant
}

/// The grant with its conditions. A permission's own condition on the receiving service replaces
/// others.
fn bound(mut grant: Grant, permission: &Permission) -> Grant {
    if let Some((operator, key, value)) = &permission.condition {
        grant.conditions.retain(|_, keys| {
            keys.remove(*key);
            !keys.is_empty()
        });
        let keys = grant.conditions.entry((*operator).to_owned()).or_default();
        keys.insert((*key).to_owned(), vec![value.clone()]);
    }
    grant
}
