//! The memory of cases as rows of a store: only what a step touches is read and written.
//!
//! A row `actor/…` holds what is remembered of one principal, `chain/…` of one refused service.
//! `undo/…` holds who took a thing back, `change/…` who changed a resource's policy. A row `joint/…`
//! names the principals that have a key, an identity or a thing in common: through it the others of
//! a case are found, whichever of them acts first.

use std::collections::{BTreeMap, BTreeSet};

use aware_core::case::{CaseKind, EventMark};
use serde::{Deserialize, Serialize};
use serde_json::Error;

use super::book::{CaseBook, is_policy_change};
use super::causes::container_of;
use super::chain::ChainTable;
use super::log::ActorLog;
use super::{Case, CaseActor, CaseEvent, CaseLink};
use crate::notable::undone_by;
use crate::triage::bounded::BoundedSet;
use crate::triage::history_keys;

/// How many principals one joint names: more than these share nothing that tells them apart.
const JOINED: usize = 16;

/// What a store holds of cases, as far as a step has read it.
#[derive(Clone, Debug, Default)]
pub struct CaseRows {
    /// The cases' memory.
    pub book: CaseBook,
    joints: BTreeMap<String, JointRow>,
    /// Rows that are known to be absent or were read.
    read: BTreeSet<String>,
    /// Rows that have changed since.
    touched: BTreeSet<String>,
}

/// The principals that have something in common, by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct JointRow(BoundedSet<String, JOINED>);

impl CaseRows {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rows that must be read before these events are recorded, sorted. Reading them may reveal
    /// more: see [`CaseRows::missing_rows`].
    ///
    /// ```
    /// use aware_cases::case::{CaseEvent, CaseRows};
    /// use aware_core::source::decode_record;
    ///
    /// let event = decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z", "errorCode": "AccessDenied",
    ///     "eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "recipientAccountId":
    ///     "111122223333", "userIdentity": {"type": "IAMUser", "accessKeyId": "AKIAEXAMPLE000000001",
    ///     "userName": "alice", "arn": "arn:aws:iam::111122223333:user/alice"}}"#)
    /// .unwrap();
    /// let event = CaseEvent::from_event(&event, Vec::new(), None);
    /// let rows = CaseRows::rows_of_events([&event]);
    /// assert_eq!(rows.first().unwrap(), "actor/arn:aws:iam::111122223333:user/alice");
    /// ```
    pub fn rows_of_events<'e>(events: impl IntoIterator<Item = &'e CaseEvent>) -> Vec<String> {
        let all: BTreeSet<String> = events.into_iter().flat_map(rows_of_event).collect();
        all.into_iter().collect()
    }

    /// Rows that the rows read so far refer to, and that were not read: the other principals of a
    /// case, and what was done to the things that they changed. Empty when there is nothing more.
    pub fn missing_rows(&self) -> Vec<String> {
        let mut wanted = BTreeSet::new();
        for joint in self.joints.values() {
            wanted.extend(joint.0.iter().map(|key| format!("actor/{key}")));
        }
        for (key, log) in self.book.actor_logs() {
            wanted.extend(joints_of_log(key, log).into_iter().map(|name| format!("joint/{name}")));
            wanted.extend(
                log.notables
                    .iter()
                    .filter_map(|seen| Some(format!("undo/{}", seen.fact.undo_key.as_ref()?))),
            );
        }
        wanted.retain(|row| !self.read.contains(row));
        wanted.into_iter().collect()
    }

    /// Notes that these rows were asked for; those that exist follow by
    /// [`CaseRows::restore_row`].
    pub fn mark_read(&mut self, rows: impl IntoIterator<Item = String>) {
        self.read.extend(rows);
    }

    /// Restores a stored row.
    ///
    /// # Errors
    /// If the row's content is not understood; the row is then treated as absent.
    pub fn restore_row(&mut self, row: &str, bytes: &[u8]) -> Result<(), Error> {
        let Some((kind, name)) = row.split_once('/') else { return Ok(()) };
        match kind {
            "actor" => self.book.restore_actor(name, serde_json::from_slice(bytes)?),
            "chain" => self.book.chains.restore(name, serde_json::from_slice(bytes)?),
            "undo" => self.book.undone.restore(name, serde_json::from_slice(bytes)?),
            "change" => self.book.changes.restore(name, serde_json::from_slice(bytes)?),
            "joint" => {
                self.joints.insert(name.to_owned(), serde_json::from_slice(bytes)?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Records an event.
    pub fn record_event(&mut self, event: &CaseEvent) {
        self.book.record_event(event);
        if event.principal.is_service {
            self.touched.extend(rows_of_event(event).into_iter().filter(|row| is_record(row)));
            return;
        }
        let actor = ActorLog::key_for(&event.principal, &event.account);
        for name in joints_of_event(event) {
            let joint = self.joints.entry(name.clone()).or_default();
            let before = joint.0.len();
            joint.0.insert(actor.as_str());
            if joint.0.len() != before {
                self.touched.insert(format!("joint/{name}"));
            }
        }
        self.touched.extend(rows_of_event(event).into_iter().filter(|row| is_record(row)));
    }

    /// The keys of what triage remembers of the principals that were read or recorded.
    pub fn history_keys(&self) -> BTreeSet<String> {
        let logs = self.book.actor_logs().map(|(_, log)| &log.principal);
        logs.flat_map(|who| history_keys(&who.key, who.issuer.as_deref())).collect()
    }

    /// Whether anything that was recorded is in this case.
    pub fn has_touched(&self, case: &Case) -> bool {
        let is_touched = |actor: &CaseActor| self.touched.contains(&format!("actor/{}", actor.key));
        let is_chain = case.kind == CaseKind::Chain;
        case.actors.iter().any(is_touched)
            || is_chain && self.touched.iter().any(|row| row.starts_with("chain/"))
    }

    /// The principals whose rows have changed.
    pub fn touched_actors(&self) -> impl Iterator<Item = &str> {
        self.touched.iter().filter_map(|row| row.strip_prefix("actor/"))
    }

    /// The rows that have changed, with their new content.
    ///
    /// # Errors
    /// If a row cannot be written as JSON, which no row of ours does.
    pub fn changed_rows(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut rows = Vec::new();
        for row in &self.touched {
            let Some((kind, name)) = row.split_once('/') else { continue };
            let bytes = match kind {
                "actor" => self.book.actor(name).map(serde_json::to_vec),
                "chain" => self.book.chains.get(name).map(serde_json::to_vec),
                "undo" => self.book.undone.get(name).map(serde_json::to_vec),
                "change" => self.book.changes.get(name).map(serde_json::to_vec),
                "joint" => self.joints.get(name).map(serde_json::to_vec),
                _ => None,
            };
            if let Some(bytes) = bytes {
                rows.push((row.clone(), bytes?));
            }
        }
        Ok(rows)
    }
}

/// Whether a row holds what an event adds to, apart from joints.
fn is_record(row: &str) -> bool {
    !row.starts_with("joint/")
}

/// Every row that an event reads or changes.
fn rows_of_event(event: &CaseEvent) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    if event.principal.is_service {
        if event.mark == EventMark::Denied {
            rows.push(format!("chain/{}", ChainTable::name_for(event)));
        }
    } else {
        rows.push(format!("actor/{}", ActorLog::key_for(&event.principal, &event.account)));
        rows.extend(joints_of_event(event).into_iter().map(|name| format!("joint/{name}")));
    }
    rows.extend(event.undoes.iter().map(|key| format!("undo/{key}")));
    rows.extend(event.undoes.iter().map(|key| format!("joint/thing {key}")));
    if is_policy_change(event)
        && let Some(resource) = &event.resource
    {
        rows.push(format!("change/{}", container_of(resource)));
    }
    rows
}

/// What an event's principal has in common with others: the key that it uses, what its answer lets
/// somebody act with, its own identity, the things that it changes.
fn joints_of_event(event: &CaseEvent) -> Vec<String> {
    let mut joints: Vec<String> = event.links.iter().filter_map(joint_of_link).collect();
    joints.extend(event.principal.access_key.iter().filter(|key| !key.is_empty()).cloned());
    joints.extend(event.principal.arn.iter().filter(|arn| arn.contains(":user/")).cloned());
    let thing = event.notable.as_ref().and_then(|fact| fact.undo_key.as_deref());
    joints.extend(thing.into_iter().flat_map(undone_by).map(|key| format!("thing {key}")));
    joints
}

/// The joints of a principal's memory.
fn joints_of_log(_key: &str, log: &ActorLog) -> Vec<String> {
    let mut joints: Vec<String> = log.links.keys().filter_map(joint_of_link).collect();
    joints.extend(log.keys.keys().cloned());
    joints.extend(log.principal.arn.iter().filter(|arn| arn.contains(":user/")).cloned());
    joints
}

fn joint_of_link(link: &CaseLink) -> Option<String> {
    match link {
        CaseLink::Key(text) | CaseLink::User(text) => Some(text.clone()),
        CaseLink::Session(_) => None,
    }
}
