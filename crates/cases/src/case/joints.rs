//! What principals have in common, by which a store finds the others of a case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::actions::clip;
use super::identity::{instance_of, instances_of_log, named_by, naming_role};
use super::log::ActorLog;
use super::pivots::is_sibling;
use super::{CaseEvent, CaseLink};
use crate::notable::undone_by;
use crate::triage::bounded::BoundedSet;

/// How many principals one joint names: more than these share nothing that tells them apart.
const JOINED: usize = 16;
/// How many principals are remembered of those whom one cause refuses.
const REFUSED: usize = 32;

/// The principals that have something in common, by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct JointRow(BoundedSet<String, JOINED>);

impl JointRow {
    pub(super) fn actors(&self) -> impl Iterator<Item = &String> {
        self.0.iter()
    }

    /// Adds a principal. Whether that changed anything.
    pub(super) fn insert(&mut self, actor: &str) -> bool {
        let is_named = |row: &Self| row.actors().any(|known| known == actor);
        let was_named = is_named(self);
        self.0.insert(actor);
        !was_named && is_named(self)
    }
}

/// When one cause first refused principals, in seconds since 1970, by their keys: those whom it
/// refused last, since those it refuses together are one case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct CauseRow(BTreeMap<String, i64>);

impl CauseRow {
    pub(super) fn actors(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Adds a principal. Whether that changed anything.
    pub(super) fn insert(&mut self, actor: &str, time: i64) -> bool {
        if self.0.get(actor).is_some_and(|known| *known <= time) {
            return false;
        }
        self.0.insert(actor.to_owned(), time);
        if self.0.len() <= REFUSED {
            return true;
        }
        let earliest = self.0.iter().min_by_key(|(actor, time)| (**time, *actor));
        let earliest = earliest.map(|(actor, _)| actor.clone());
        earliest.is_some_and(|gone| {
            self.0.remove(&gone);
            gone != actor
        })
    }
}

/// What an event's principal has in common with others: the key that it uses, what its answer lets
/// somebody act with, its own identity, its role at its address, the things that it changes.
pub(super) fn joints_of_event(event: &CaseEvent) -> Vec<String> {
    let mut joints: Vec<String> = event.links.iter().filter_map(joint_of_link).collect();
    joints.extend(event.principal.access_key.iter().filter(|key| !key.is_empty()).cloned());
    joints.extend(event.principal.arn.iter().filter(|arn| arn.contains(":user/")).cloned());
    joints.extend(event.sibling_joint());
    joints.extend(event.instance_of_event().map(instance_joint));
    joints.extend(event.reported.iter().map(|found| finding_joint(&found.finding_id)));
    let thing = event.notable.as_ref().and_then(|fact| fact.undo_key.as_deref());
    joints.extend(thing.into_iter().flat_map(undone_by).map(|key| format!("thing {key}")));
    joints
}

/// The joints of a principal's memory.
pub(super) fn joints_of_log(key: &str, log: &ActorLog) -> Vec<String> {
    let mut joints: Vec<String> = log.links.keys().filter_map(joint_of_link).collect();
    joints.extend(log.keys.keys().cloned());
    joints.extend(log.principal.arn.iter().filter(|arn| arn.contains(":user/")).cloned());
    joints.extend(instances_of_log(log).map(instance_joint));
    joints.extend(log.reports.finding_ids().map(finding_joint));
    let role = named_by(key, log);
    if role != key && is_sibling(log) {
        joints.extend(log.sources.keys().map(|source| sibling_joint(role, source)));
    }
    joints
}

/// What refuses most of a principal's calls.
pub(super) fn cause_of_log(log: &ActorLog) -> Option<&str> {
    log.causes.main_cause(log.denied.count).map(|(cause, _)| cause)
}

/// The joint of an instance and the sessions of its role, which AWS names by the instance.
fn instance_joint(instance: &str) -> String {
    format!("instance {instance}")
}

/// The joint of those about whom two services report one finding.
fn finding_joint(id: &str) -> String {
    format!("finding {}", clip(id))
}

/// The joint of sessions of one role at one address.
fn sibling_joint(role: &str, source: &str) -> String {
    format!("role {role} {source}")
}

impl CaseEvent {
    fn instance_of_event(&self) -> Option<&str> {
        self.instance().or_else(|| instance_of(&self.principal))
    }

    /// The joint of the sessions of its role at its address, if whoever assumes that names them.
    fn sibling_joint(&self) -> Option<String> {
        let who = &self.principal;
        let role = naming_role(&who.key, who.issuer.as_deref())?;
        Some(sibling_joint(role, clip(self.source.as_deref()?)))
    }
}

fn joint_of_link(link: &CaseLink) -> Option<String> {
    match link {
        CaseLink::Key(text) | CaseLink::User(text) => Some(text.clone()),
        CaseLink::Session(_) => None,
    }
}
