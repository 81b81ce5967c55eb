//! What went through: the permissions that each call needed.

use std::collections::BTreeMap;

use aware_core::event::Event;

use super::{Collector, Conditions, MAX_ACTIONS, Sum};
use crate::triage::{GrantEffect, SelfGrant};
use aware_iam::call::{self, Needs, Permission};
use aware_iam::catalogue::ActionEntry;
use aware_iam::explain::{Done, Explainer};
use aware_iam::resource::{Evidence, Found, Place};
use aware_iam::suggest::{self, Grant, Need, Remedy};

/// Why what a principal gave itself is nothing to give it.
const ESCAPE: &str = "the caller gave itself permissions by it";

/// Whose policy the statements belong into: the principal's own.
const OWN: &str = "identity policy of the principal";
/// Conditions whose values are alternatives: what was asked for once and what was asked for next.
const ALTERNATIVES: [&str; 3] = ["s3:prefix", "cloudwatch:namespace", "ec2:osuser"];

impl Collector<'_> {
    /// What went through needed the actions of its name, and of the roles that it passed.
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

    /// Why what went through is nothing to grant: nobody is offered the action, or it was another's.
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

/// The grant with its conditions. Who takes a role is the permission's own one, where it has one.
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

/// Action, resources and conditions that were the same in several calls.
type Shape = (String, Vec<String>, Conditions);

/// What went through as statements for the principal's own policy. Of an action on one resource that
/// was called with one value of a key and then with another, both are allowed; and any, where it was
/// called without.
pub(super) fn remedies(did: Sum) -> Vec<Remedy> {
    let mut together: BTreeMap<Shape, Conditions> = BTreeMap::new();
    for ((mut conditions, action), resources) in did {
        let mut values = Conditions::new();
        for (operator, keys) in &mut conditions {
            for key in ALTERNATIVES {
                if let Some(given) = keys.remove(key) {
                    let of_operator = values.entry(operator.clone()).or_default();
                    of_operator.insert(key.to_owned(), given);
                }
            }
        }
        conditions.retain(|_, keys| !keys.is_empty());
        let shape = |resources: Vec<String>| (action.clone(), resources, conditions.clone());
        let keys: Vec<_> = match values.is_empty() {
            true => vec![shape(resources.into_iter().collect())],
            false => resources.into_iter().map(|one| shape(vec![one])).collect(),
        };
        for key in keys {
            add(together.entry(key).or_default(), &values);
        }
    }
    let statement = |(key, values): (Shape, Conditions)| {
        let (action, resources, mut conditions) = key;
        for (operator, keys) in values {
            conditions.entry(operator).or_default().extend(keys);
        }
        let statement = Grant { actions: vec![action], resources, conditions, ..Grant::default() };
        Remedy { statement, attach_to: OWN.to_owned(), take_care: Vec::new() }
    };
    together.into_iter().map(statement).collect()
}

fn add(all: &mut Conditions, values: &Conditions) {
    for (operator, keys) in values {
        for (key, given) in keys {
            let of_operator = all.entry(operator.clone()).or_default();
            let known = of_operator.entry(key.clone()).or_default();
            known.extend(given.iter().cloned());
            known.sort();
            known.dedup();
        }
    }
}
