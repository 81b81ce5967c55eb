//! The memory of cases as rows of a store: only what a step touches is read and written.
//!
//! A row `actor/…` holds what is remembered of one principal, `chain/…` of one refused service.
//! `undo/…` holds who took a thing back, `change/…` who changed a resource's policy. A row `joint/…`
//! names the principals that have a key, an identity, an address or a thing in common, a row
//! `cause/…` those whom one cause refuses: through them the others of a case are found, whichever
//! of them acts first.

use std::collections::{BTreeMap, BTreeSet};

use aware_core::case::{CaseKind, EventMark};
use serde_json::Error;

use super::actions::ActionMemory;
use super::book::{CaseBook, is_policy_change};
use super::causes::container_of;
use super::chain::ChainTable;
use super::joints::{CauseRow, JointRow, cause_of_log, joints_of_event, joints_of_log};
use super::log::ActorLog;
use super::{Case, CaseEvent};
use crate::notable::undone_by;
use crate::triage::history_keys;

/// The longest row of a principal that is written whole, in bytes: an item of DynamoDB takes
/// 400 KB, compressed. Source: DynamoDB developer guide, "Quotas".
const WHOLE_ROW: usize = 512 << 10;

/// What a step adds to a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseAddition {
    /// How many findings.
    pub findings: u64,
    /// How many events.
    pub events: u64,
}

impl std::iter::Sum for CaseAddition {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            findings: sum.findings + one.findings,
            events: sum.events + one.events,
        })
    }
}

/// What a store holds of cases, as far as a step has read it.
#[derive(Clone, Debug, Default)]
pub struct CaseRows {
    /// The cases' memory.
    pub book: CaseBook,
    joints: BTreeMap<String, JointRow>,
    causes: BTreeMap<String, CauseRow>,
    /// Rows that are known to be absent or were read.
    read: BTreeSet<String>,
    /// The principals that were asked for first: of others, only what may join them is read.
    own: BTreeSet<String>,
    /// Rows that have changed since.
    touched: BTreeSet<String>,
    /// What was recorded, by the row of a principal or the case of a chain.
    added: BTreeMap<String, CaseAddition>,
}

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
        let all: BTreeSet<String> = events
            .into_iter()
            .flat_map(|event| {
                let thing = event.notable.as_ref().and_then(|fact| fact.undo_key.as_deref());
                let undone: Vec<String> = undo_rows(thing).collect();
                rows_of_event(event).into_iter().chain(undone)
            })
            .collect();
        all.into_iter().collect()
    }

    /// The rows that these events touch and that were not read for others. Their principals are then
    /// of this step.
    pub fn unread_rows(&mut self, events: &[&CaseEvent]) -> Vec<String> {
        let rows = Self::rows_of_events(events.iter().copied());
        let actors = rows.iter().filter_map(|row| row.strip_prefix("actor/"));
        self.own.extend(actors.map(str::to_owned));
        rows.into_iter().filter(|row| !self.read.contains(row)).collect()
    }

    /// Rows that the rows read so far refer to, and that were not read: what was done to the things
    /// that principals changed, which comes first, and the other principals of a case. Empty when
    /// there is nothing more.
    pub fn missing_rows(&self) -> Vec<String> {
        let (mut undone, mut others) = (BTreeSet::new(), BTreeSet::new());
        let joined = self.joints.values().flat_map(JointRow::actors);
        let refused = self.causes.values().flat_map(CauseRow::actors);
        others.extend(joined.chain(refused).map(|key| format!("actor/{key}")));
        let linked: BTreeSet<&str> =
            self.joints.values().flat_map(JointRow::actors).map(String::as_str).collect();
        for (key, log) in self.book.actor_logs() {
            let is_own = self.own.contains(key);
            // Whoever only the same cause refuses brings nobody else into the case.
            if is_own || linked.contains(key) {
                let joints = joints_of_log(key, log).into_iter();
                others.extend(joints.map(|name| format!("joint/{name}")));
            }
            let cause = cause_of_log(log).filter(|_| is_own);
            others.extend(cause.map(|cause| format!("cause/{cause}")));
            let things = log.notables.iter().filter_map(|seen| seen.fact.undo_key.as_deref());
            undone.extend(undo_rows(things));
        }
        undone.into_iter().chain(others).filter(|row| !self.read.contains(row)).collect()
    }

    /// Notes that no more is read. What was done to a thing is not known then, unless its row was
    /// read.
    pub fn finish_reading(&mut self) {
        if self.missing_rows().iter().any(|row| row.starts_with("undo/")) {
            self.book.undone.mark_partial();
        }
    }

    /// Notes that these rows were asked for; those that exist follow by
    /// [`CaseRows::restore_row`]. The first ones are those of the step's events.
    pub fn mark_read(&mut self, rows: impl IntoIterator<Item = String>) {
        let is_first = self.read.is_empty();
        self.read.extend(rows);
        if is_first {
            let actors = self.read.iter().filter_map(|row| row.strip_prefix("actor/"));
            self.own = actors.map(str::to_owned).collect();
        }
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
            "joint" => drop(self.joints.insert(name.to_owned(), serde_json::from_slice(bytes)?)),
            "cause" => drop(self.causes.insert(name.to_owned(), serde_json::from_slice(bytes)?)),
            _ => {}
        }
        Ok(())
    }

    /// Records an event.
    pub fn record_event(&mut self, event: &CaseEvent) {
        self.book.record_event(event);
        let owner = owner_of(event);
        if !event.principal.is_service {
            let actor = ActorLog::key_for(&event.principal, &event.account);
            self.record_joints(event, &actor);
        }
        if let Some(owner) = owner {
            let added = self.added.entry(owner).or_default();
            added.events += 1;
            added.findings += event.rules.len() as u64;
        }
        self.touched.extend(rows_of_event(event).into_iter().filter(|row| is_record(row)));
    }

    fn record_joints(&mut self, event: &CaseEvent, actor: &str) {
        for name in joints_of_event(event) {
            if self.joints.entry(name.clone()).or_default().insert(actor) {
                self.touched.insert(format!("joint/{name}"));
            }
        }
        if let Some(cause) = event.cause() {
            let row = self.causes.entry(cause.clone()).or_default();
            if row.insert(actor, event.time.as_second()) {
                self.touched.insert(format!("cause/{cause}"));
            }
        }
    }

    /// The keys of what triage remembers of the principals that were read or recorded.
    pub fn history_keys(&self) -> BTreeSet<String> {
        let logs = self.book.actor_logs().map(|(_, log)| &log.principal);
        logs.flat_map(|who| history_keys(&who.key, who.issuer.as_deref())).collect()
    }

    /// What was recorded of this case.
    pub fn added_to(&self, case: &Case) -> CaseAddition {
        let rows: Vec<String> = match case.kind {
            CaseKind::Chain => vec![format!("chain/{}", case.id)],
            _ => case.actors.iter().map(|actor| format!("actor/{}", actor.key)).collect(),
        };
        rows.iter().filter_map(|row| self.added.get(row)).copied().sum()
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
                "actor" => self.book.actor(name).map(actor_row),
                "chain" => self.book.chains.get(name).map(serde_json::to_vec),
                "undo" => self.book.undone.get(name).map(serde_json::to_vec),
                "change" => self.book.changes.get(name).map(serde_json::to_vec),
                "joint" => self.joints.get(name).map(serde_json::to_vec),
                "cause" => self.causes.get(name).map(serde_json::to_vec),
                _ => None,
            };
            if let Some(bytes) = bytes {
                rows.push((row.clone(), bytes?));
            }
        }
        Ok(rows)
    }
}

/// A principal's row. One that a store would not take is written without what nobody acts on.
fn actor_row(log: &ActorLog) -> Result<Vec<u8>, Error> {
    let row = serde_json::to_vec(log)?;
    if row.len() <= WHOLE_ROW { Ok(row) } else { serde_json::to_vec(&log.slimmed()) }
}

impl ActorLog {
    /// The same without the resources of what nobody acts on: for a store that takes no more.
    fn slimmed(&self) -> Self {
        let mut slim = self.clone();
        [&mut slim.read, &mut slim.failed].into_iter().for_each(ActionMemory::drop_details);
        slim.changed.drop_resources();
        slim.denied.drop_resources();
        slim
    }
}

/// Whether a row holds what an event adds to, apart from joints.
fn is_record(row: &str) -> bool {
    !row.starts_with("joint/") && !row.starts_with("cause/")
}

/// Whom an event is counted for: a principal's row, or the case of a chain.
fn owner_of(event: &CaseEvent) -> Option<String> {
    if !event.principal.is_service {
        return Some(format!("actor/{}", ActorLog::key_for(&event.principal, &event.account)));
    }
    let is_denied = event.mark == EventMark::Denied;
    is_denied.then(|| format!("chain/{}", ChainTable::case_id_for(&ChainTable::name_for(event))))
}

/// The rows of what takes things back.
fn undo_rows<'k>(things: impl IntoIterator<Item = &'k str>) -> impl Iterator<Item = String> {
    things.into_iter().flat_map(undone_by).map(|key| format!("undo/{key}"))
}

/// Every row that an event may change.
fn rows_of_event(event: &CaseEvent) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    if event.principal.is_service {
        if event.mark == EventMark::Denied {
            rows.push(format!("chain/{}", ChainTable::name_for(event)));
        }
    } else {
        rows.push(format!("actor/{}", ActorLog::key_for(&event.principal, &event.account)));
        rows.extend(joints_of_event(event).into_iter().map(|name| format!("joint/{name}")));
        rows.extend(event.cause().map(|cause| format!("cause/{cause}")));
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
