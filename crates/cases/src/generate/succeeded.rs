//! What succeeded: the permissions that each call needed.

use aware_core::event::Event;
use aware_iam::call::{self, CallNeeds, CallPermission};
use aware_iam::catalogue::ActionEntry;
use aware_iam::explain::{DenialExplainer, SucceededCall};
use aware_iam::resource::{CallPlace, FoundResource, ResourceEvidence};
use aware_iam::suggest::{self, Grant, GrantNeed};

use super::collector::{ActivityCollector, MAX_ACTIONS};
use crate::triage::{GrantEffect, SelfGrant};

/// Why a permission that a principal gave itself is not granted.
const ESCAPE: &str = "the caller gave itself permissions with it";

impl ActivityCollector<'_> {
    /// Adds a successful call, which needed the actions of its name and `iam:PassRole` for the
    /// roles that it passed.
    pub(super) fn add_success(&mut self, event: &Event) {
        self.succeeded += 1;
        let CallNeeds { permissions, unmapped } = self.needs_if_new(event);
        if let Some(name) = unmapped {
            self.count_unmapped(name);
        }
        let explainer = DenialExplainer::new(self.catalogue);
        let calls = explainer.succeeded_call(event);
        let given = SelfGrant::from_event(event).map(|grant| grant.given);
        let is_escape =
            given.is_some_and(|given| given != GrantEffect::Perhaps) && !self.wish.force;
        for permission in permissions {
            match is_escape {
                true => self.withhold_action(permission.action, ESCAPE.to_owned()),
                false => self.allow_permission(&permission, event, &calls),
            }
        }
    }

    /// What a call needs; nothing if it repeats an earlier one.
    fn needs_if_new(&mut self, event: &Event) -> CallNeeds {
        if !self.repeats.is_new(event) {
            let service = &event.action.service;
            let name = format!("{service}:{}", event.action.name);
            let unmapped = self.unmapped.contains_key(&name).then_some(name);
            return CallNeeds { unmapped, ..CallNeeds::default() };
        }
        let mut needs = call::find_call_needs(self.catalogue, event);
        needs.permissions.extend(call::pass_role_permissions(event));
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
    fn grant_objection(
        &self,
        permission: &CallPermission,
        found: &FoundResource,
        calls: &SucceededCall<'_>,
    ) -> Option<String> {
        let entry = self.catalogue.find_action_briefly(&permission.action);
        let marks = suggest::withhold_reasons(&permission.action, entry.as_ref());
        if !marks.is_empty() && !self.wish.force {
            return Some(format!("the action {}", marks.join(" and ")));
        }
        calls.find_objection(&permission.action, entry.as_ref(), found)
    }

    fn allow_permission(
        &mut self,
        permission: &CallPermission,
        event: &Event,
        calls: &SucceededCall<'_>,
    ) {
        if let Some(guess) = permission.guess {
            self.notes.entry(guess.to_owned()).or_default().insert(permission.action.clone());
        }
        let entry = self.catalogue.find_action(&permission.action);
        for found in &permission.resources {
            if let Some(why) = self.grant_objection(permission, found, calls) {
                self.withhold_action(permission.action.clone(), why);
                continue;
            }
            self.note_open_resource(permission, found, entry.as_ref());
            let evidence = ResourceEvidence {
                place: CallPlace::from_event(event),
                operation: &event.action.name,
                named: None,
                resources: &[],
                request: permission.request.as_ref(),
            };
            let need = GrantNeed {
                actions: std::slice::from_ref(&permission.action),
                entry: entry.as_ref(),
                found: Some(found),
                evidence: &evidence,
                caller: &suggest::CallerNames::from_event(event),
                service: &event.action.service,
                invoked_by: event.principal.invoked_by.as_deref(),
            };
            match suggest::build_grant(&need) {
                Ok(grant) => self.keep_grant(bind_conditions(with_group(grant), permission)),
                Err(problem) => self.leave_out(&permission.action, &problem.to_string()),
            }
        }
        if permission.resources.is_empty() {
            self.leave_out(&permission.action, "the resource is unknown");
        }
    }

    /// Notes which part of a resource is open.
    fn note_open_resource(
        &mut self,
        permission: &CallPermission,
        found: &FoundResource,
        entry: Option<&ActionEntry>,
    ) {
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
fn bind_conditions(mut grant: Grant, permission: &CallPermission) -> Grant {
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
