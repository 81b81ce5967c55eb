//! What went through: the permissions that each call needed.

use aware_core::event::Event;

use super::{Collector, MAX_ACTIONS, place};
use crate::call::{self, Needs, Permission};
use crate::catalogue::ActionEntry;
use crate::resource::{Evidence, Found};
use crate::suggest::{self, Grant, Need};

/// Conditions that hold for all that a principal does, and not only for what it asked once. Who
/// takes a role is the permission's own condition.
const LASTING: [&str; 2] = ["iam:AWSServiceName", "kms:ViaService"];

impl Collector<'_> {
    /// What went through needed the actions of its name, and of the roles that it passed.
    pub(super) fn done(&mut self, event: &Event) {
        self.succeeded += 1;
        let Needs { permissions, unmapped } = self.needs(event);
        if let Some(name) = unmapped {
            self.count_unmapped(name);
        }
        for permission in permissions {
            self.allow(&permission, event);
        }
    }

    /// What a call needs; nothing where it repeats one that was seen.
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

    fn allow(&mut self, permission: &Permission, event: &Event) {
        if let Some(guess) = permission.guess {
            self.notes.entry(guess.to_owned()).or_default().insert(permission.action.clone());
        }
        let entry = self.catalogue.action(&permission.action);
        for found in &permission.resources {
            self.remark(permission, found, entry.as_ref());
            let evidence = Evidence {
                place: place(event),
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
            self.leave_out(&permission.action, "nothing tells which resource");
        }
    }

    /// Says what of a resource is open.
    fn remark(&mut self, permission: &Permission, found: &Found, entry: Option<&ActionEntry>) {
        let has_types = entry.is_some_and(|entry| !entry.resources.is_empty());
        let note = match found.pattern.as_str() {
            "*" if has_types => "no request names a resource, so that `*` is granted; narrow it",
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

/// A log group's streams are its ARN and `:*`; what is done to the group itself is checked on either.
///
/// Source: CloudWatch Logs API reference, `TagResource`, `CreateLogGroup`.
fn with_group(mut grant: Grant) -> Grant {
    let streams = grant.resources.iter().filter(|one| one.contains(":log-group:"));
    let groups: Vec<String> =
        streams.filter_map(|one| Some(one.strip_suffix(":*")?.to_owned())).collect();
    grant.resources.extend(groups);
    grant
}

/// The grant with the conditions that hold for all that a principal does: a prefix or a name that
/// was asked for once does not bind what is asked next.
fn bound(mut grant: Grant, permission: &Permission) -> Grant {
    grant.conditions.retain(|_, keys| {
        keys.retain(|key, _| LASTING.contains(&key.as_str()));
        !keys.is_empty()
    });
    if let Some((operator, key, value)) = &permission.condition {
        let keys = grant.conditions.entry((*operator).to_owned()).or_default();
        keys.insert((*key).to_owned(), vec![value.clone()]);
    }
    grant
}
