//! Joins principals whose events are one story.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::CaseLink;
use super::identity::{instances_of_log, named_by};
use super::log::ActorLog;

/// How many principals one cause must refuse, within how long, before it is a case of its own:
/// sessions of one role are one, as whoever assumes it may name as many as they like.
const CAUSE_PRINCIPALS: usize = 5;
const CAUSE_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// A principal by its place in a sorted list.
type ActorIndex = usize;

/// One principal lets another act.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ActorEdge {
    /// Who made the credentials.
    pub(super) from: ActorIndex,
    /// Who used them.
    pub(super) to: ActorIndex,
    /// The credentials.
    pub(super) link: CaseLink,
    /// Whether they were created to stay: a user's key or password, not a session.
    pub(super) is_created: bool,
}

/// Every edge between these principals.
pub(super) fn find_edges(logs: &[(&str, &ActorLog)]) -> Vec<ActorEdge> {
    let mut by_key: BTreeMap<&str, Vec<ActorIndex>> = BTreeMap::new();
    let mut by_arn: BTreeMap<&str, ActorIndex> = BTreeMap::new();
    for (at, (_, log)) in logs.iter().enumerate() {
        let keys: BTreeSet<&str> =
            log.keys.keys().chain(log.marked_keys.iter()).map(String::as_str).collect();
        for key in keys {
            by_key.entry(key).or_default().push(at);
        }
        if let Some(arn) = log.principal.arn.as_deref() {
            by_arn.entry(arn).or_insert(at);
        }
    }
    let mut edges = BTreeSet::new();
    for (from, (_, log)) in logs.iter().enumerate() {
        for link in log.links.keys() {
            let users: &[ActorIndex] = match link {
                CaseLink::Key(key) => by_key.get(key.as_str()).map_or(&[], Vec::as_slice),
                CaseLink::User(arn) => by_arn.get(arn.as_str()).map_or(&[], std::slice::from_ref),
                CaseLink::Session(_) => &[],
            };
            let is_created = is_created(link);
            // A role may have many sessions: whoever requested one answers for that one only.
            let is_meant = |to: ActorIndex| {
                let CaseLink::Key(key) = link else { return true };
                let log = logs.get(to).map(|(_, log)| log);
                is_created || log.is_some_and(|log| log.marked_keys.iter().any(|one| one == key))
            };
            for to in users.iter().filter(|to| **to != from && is_meant(**to)) {
                edges.insert(ActorEdge { from, to: *to, link: link.clone(), is_created });
            }
        }
    }
    edges.into_iter().collect()
}

/// Pairs of principals that are one: another service reports about the key or the instance of one of
/// them under a name of its own, or two services report one finding.
pub(super) fn find_reported(logs: &[(&str, &ActorLog)]) -> Vec<(ActorIndex, ActorIndex)> {
    let mut by_joint: BTreeMap<ReportJoint<'_>, Vec<ActorIndex>> = BTreeMap::new();
    for (at, (_, log)) in logs.iter().enumerate() {
        let keys = log.keys.keys().map(String::as_str).filter(|key| is_access_key(key));
        let joints = keys.map(ReportJoint::Key);
        let joints = joints.chain(instances_of_log(log).map(ReportJoint::Instance));
        let joints = joints.chain(log.reports.finding_ids().map(ReportJoint::Finding));
        for joint in joints.collect::<BTreeSet<_>>() {
            by_joint.entry(joint).or_default().push(at);
        }
    }
    let reports = |at: &ActorIndex| logs.get(*at).is_some_and(|(_, log)| !log.reports.is_empty());
    let mut pairs = BTreeSet::new();
    for all in by_joint.values() {
        // One of whom it is reported joins all: pairs of all with all would be too many.
        if let Some(reported) = all.iter().find(|at| reports(at)) {
            pairs.extend(all.iter().filter(|at| *at != reported).map(|at| (*reported, *at)));
        }
    }
    pairs.into_iter().collect()
}

/// What shows that two services speak of one principal. A finding's id is its importer's choice, so it
/// must never be taken for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ReportJoint<'l> {
    Key(&'l str),
    Instance(&'l str),
    Finding(&'l str),
}

fn is_created(link: &CaseLink) -> bool {
    match link {
        CaseLink::User(_) => true,
        CaseLink::Key(key) => key.starts_with("AKIA"),
        CaseLink::Session(_) => false,
    }
}

/// Principals that one cause refuses, if it is one that refuses many within a short time, by cause.
pub(super) fn find_causes<'l>(
    logs: &[(&str, &'l ActorLog)],
    is_joined: &dyn Fn(ActorIndex) -> bool,
) -> BTreeMap<&'l str, Vec<ActorIndex>> {
    let mut refused: BTreeMap<&str, Vec<(jiff::Timestamp, ActorIndex)>> = BTreeMap::new();
    for (at, (_, log)) in logs.iter().enumerate().filter(|(at, _)| is_joined(*at)) {
        let first = |(cause, seen): (&'l str, &super::causes::CauseSeen)| {
            Some((cause, seen.ends.first()?.0))
        };
        if let Some((cause, time)) = log.causes.main_cause(log.denied.count).and_then(first) {
            refused.entry(cause).or_default().push((time, at));
        }
    }
    refused.retain(|_, all| {
        all.sort_unstable();
        let mut known = BTreeSet::new();
        let apart = all.iter().filter(|(_, at)| {
            logs.get(*at).is_some_and(|(key, log)| known.insert(named_by(key, log)))
        });
        let times: Vec<jiff::Timestamp> = apart.map(|(time, _)| *time).collect();
        let ends = times.iter().skip(CAUSE_PRINCIPALS - 1);
        times.iter().zip(ends).any(|(from, to)| to.duration_since(*from) <= CAUSE_WITHIN)
    });
    let indexes = |all: Vec<(_, ActorIndex)>| all.into_iter().map(|(_, at)| at).collect();
    refused.into_iter().map(|(cause, all)| (cause, indexes(all))).collect()
}

/// Sets of principals that grow together.
#[derive(Debug)]
pub(super) struct ActorSets(Vec<ActorIndex>);

impl ActorSets {
    /// Each principal in a set of its own.
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The set of a principal, by its first member.
    pub(super) fn find(&self, mut at: ActorIndex) -> ActorIndex {
        while let Some(parent) = self.0.get(at).filter(|parent| **parent != at) {
            at = *parent;
        }
        at
    }

    /// Joins two sets; true if they were two.
    pub(super) fn join(&mut self, one: ActorIndex, other: ActorIndex) -> bool {
        let (one, other) = (self.find(one), self.find(other));
        let (first, last) = (one.min(other), one.max(other));
        if let Some(parent) = self.0.get_mut(last) {
            *parent = first;
        }
        first != last
    }

    /// The members of each set, in order.
    pub(super) fn members(&self) -> BTreeMap<ActorIndex, Vec<ActorIndex>> {
        let mut all: BTreeMap<ActorIndex, Vec<ActorIndex>> = BTreeMap::new();
        for at in 0..self.0.len() {
            all.entry(self.find(at)).or_default().push(at);
        }
        all
    }
}

/// The texts by which records of a principal are found: its ARN as its records have it, or its
/// keys. With `is_wide`, the keys in any case, which show who requested its sessions, and what it
/// handed on.
pub(super) fn search_texts(log: &ActorLog, is_wide: bool) -> Vec<String> {
    let own = own_text(log);
    let mut texts = Vec::new();
    if is_wide || own.is_none() {
        texts.extend(log.keys.keys().filter(|key| is_access_key(key)).cloned());
    }
    let is_wanted = |link: &&CaseLink| is_wide || is_created(link);
    texts.extend(log.links.keys().filter(is_wanted).filter_map(|link| match link {
        CaseLink::Key(key) => Some(key.clone()).filter(|key| is_access_key(key)),
        CaseLink::Session(arn) | CaseLink::User(arn) => Some(format!("{arn}\"")),
    }));
    texts.extend(own);
    texts
}

/// The text that every record of the principal contains.
fn own_text(log: &ActorLog) -> Option<String> {
    let who = &log.principal;
    let session = who.session_arn.as_deref().filter(|arn| arn.contains(":assumed-role/"));
    match session {
        // A person's session is told apart from others of the role.
        Some(arn) if who.arn.as_ref() != Some(&who.key) => Some(format!("{arn}\"")),
        // Any session of the role: a name of a session has no slash.
        Some(arn) => arn.rfind('/').and_then(|at| arn.get(..=at)).map(str::to_owned),
        None => Some(format!("{}\"", who.arn.as_deref()?)),
    }
    .filter(|text| text.len() > 16)
}

/// Whether a text is an access key id that is not masked.
///
/// Source: IAM user guide, "IAM identifiers": `AKIA` and `ASIA`, followed by 16 characters; those of
/// examples are shorter.
fn is_access_key(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (8..=128).contains(&text.len())
        && (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.bytes().all(is_plain)
}
