//! The table of everything that cases are built from.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aware_core::case::EventMark;
use jiff::Timestamp;

use super::build::{JoinedActors, worse_of};
use super::causes::container_of;
use super::chain::{ChainTable, chain_case};
use super::joining::{ActorEdge, ActorSets, find_causes, find_edges, search_texts};
use super::log::ActorLog;
use super::undone::UndoTable;
use super::verdict::{CaseVerdict, judge_actors};
use super::{Case, CaseCause, CaseEvent, CaseSign};
use crate::triage::{PrincipalHistories, ReadingCache, TriageReading};

/// How long before its first event a followed principal's other events are looked for, and how
/// long after its last one, in seconds.
const BEFORE: i64 = 3_600;
const AFTER: i64 = 86_400;

/// Calls that change the policy of a resource, which may be why others are refused.
const POLICY_CHANGES: [&str; 10] = [
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "kms:PutKeyPolicy",
    "kms:DisableKey",
    "sns:SetTopicAttributes",
    "sqs:SetQueueAttributes",
    "logs:PutResourcePolicy",
    "logs:DeleteResourcePolicy",
];

/// Everything that cases are built from, by principal. Recording the same events in any order and
/// any split gives the same cases; each event is recorded once.
#[derive(Clone, Debug, Default)]
pub struct CaseBook {
    /// Boxed because they are large and the table moves them as it grows.
    pub(super) actors: HashMap<String, Box<ActorLog>>,
    pub(super) chains: ChainTable,
    pub(super) undone: UndoTable,
    /// Changes of resources' policies, by resource.
    pub(super) changes: UndoTable,
    /// Whether a second look has recorded what else principals did.
    is_followed: bool,
    /// Roughly how many bytes the principals take.
    bytes: usize,
    /// Findings of principals that were dropped.
    dropped: u64,
}

/// Roughly how many bytes of memory the principals may take. Beyond that the quiet and harmless are
/// dropped first, and their findings are counted.
const MAX_BYTES: usize = 96 << 20;

/// Which records a second look at the logs must find.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowPlan {
    /// Texts of which a wanted record contains at least one: access keys, and the ARNs of users and
    /// sessions, sorted.
    pub texts: Vec<String>,
    /// When: only records within one of these spans are wanted, in seconds since 1970, sorted.
    pub spans: Vec<(i64, i64)>,
}

impl FollowPlan {
    /// Whether nobody is followed.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether a body whose events happened between these times may hold a wanted record.
    pub fn wants_span(&self, first: Timestamp, last: Timestamp) -> bool {
        let (first, last) = (first.as_second(), last.as_second());
        self.spans.iter().any(|(from, to)| first <= *to && last >= *from)
    }
}

impl CaseBook {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records an event: one with findings, a denial, a notable success, or, in a second look,
    /// whatever else a followed principal did.
    pub fn record_event(&mut self, event: &CaseEvent) {
        self.undone.record_event(event);
        if is_policy_change(event)
            && let Some(resource) = &event.resource
        {
            self.changes.insert(container_of(resource), event);
        }
        if event.principal.is_service {
            if event.mark == EventMark::Denied {
                self.chains.record_event(event);
            }
            return;
        }
        let key = ActorLog::key_for(&event.principal, &event.account);
        let new = !self.actors.contains_key(&key);
        let log = self.actors.entry(key).or_insert_with(|| Box::new(ActorLog::for_event(event)));
        let before = if new { 0 } else { log.memory_bytes() };
        log.record_event(event);
        self.bytes = (self.bytes + log.memory_bytes()).saturating_sub(before);
        self.make_room();
    }

    /// How many findings were dropped to save memory: they are in no case.
    pub fn dropped_findings(&self) -> u64 {
        self.dropped
    }

    /// When the table is full, drops the least important quarter of it.
    fn make_room(&mut self) {
        if self.bytes <= MAX_BYTES {
            return;
        }
        let mut order: Vec<(usize, Timestamp, String, usize)> = self
            .actors
            .iter()
            .map(|(key, log)| (log.retention_weight(), log.last, key.clone(), log.memory_bytes()))
            .collect();
        order.sort_unstable();
        for (.., key, bytes) in order {
            if self.bytes <= MAX_BYTES / 4 * 3 {
                break;
            }
            self.bytes = self.bytes.saturating_sub(bytes);
            self.dropped += self.actors.remove(&key).map_or(0, |log| log.findings);
        }
    }

    /// What is remembered of one principal.
    pub(super) fn actor(&self, key: &str) -> Option<&ActorLog> {
        self.actors.get(key).map(Box::as_ref)
    }

    /// What is remembered of every principal.
    pub(super) fn actor_logs(&self) -> impl Iterator<Item = (&str, &ActorLog)> {
        self.actors.iter().map(|(key, log)| (key.as_str(), log.as_ref()))
    }

    /// Restores what was remembered of a principal.
    pub(super) fn restore_actor(&mut self, key: &str, log: ActorLog) {
        self.actors.insert(key.to_owned(), Box::new(log));
    }

    /// Notes that everything a second look had to find is recorded.
    pub fn mark_followed(&mut self) {
        self.is_followed = true;
    }

    /// Adds another table's knowledge.
    pub fn merge_with(&mut self, other: Self) {
        self.dropped += other.dropped;
        for (key, log) in other.actors {
            match self.actors.get_mut(&key) {
                Some(mine) => mine.merge_with(*log),
                None => {
                    self.actors.insert(key, log);
                }
            }
        }
        self.bytes = self.actors.values().map(|log| log.memory_bytes()).sum();
        self.make_room();
        self.chains.merge_with(other.chains);
        self.undone.merge_with(other.undone);
        self.changes.merge_with(other.changes);
        self.is_followed |= other.is_followed;
    }

    /// Whom a second look must follow: whoever has findings, unless all that they need is a
    /// permission.
    pub fn follow_plan(&self, histories: &PrincipalHistories) -> FollowPlan {
        let mut readings = ReadingCache::new(histories);
        let mut plan = FollowPlan::default();
        for log in self.actors.values().filter(|log| log.findings > 0) {
            let verdict = judge_alone(&mut readings, log);
            if !is_worth_following(&verdict, log) {
                continue;
            }
            plan.texts.extend(search_texts(log));
            let (first, last) = (log.first().as_second(), log.last.as_second());
            plan.spans.push((first.saturating_sub(BEFORE), last.saturating_add(AFTER)));
        }
        plan.texts.sort_unstable();
        plan.texts.dedup();
        plan.spans = merge_spans(plan.spans);
        plan
    }

    /// The cases, worst first. `logs_until` is the time of the last event of the logs.
    pub fn build_cases(&self, histories: &PrincipalHistories, logs_until: Timestamp) -> Vec<Case> {
        let mut readings = ReadingCache::new(histories);
        let mut logs: Vec<(&str, &ActorLog)> =
            self.actors.iter().map(|(key, log)| (key.as_str(), log.as_ref())).collect();
        logs.sort_unstable_by_key(|(key, log)| (log.earliest(), *key));
        let mut cases: Vec<Case> = self
            .join_actors(&mut readings, &logs)
            .iter()
            .map(|joined| joined.to_case(&self.undone, logs_until))
            .collect();
        let chains = self.chains.broken();
        cases.extend(
            chains.map(|(resource, log)| chain_case(resource, log, &self.changes, logs_until)),
        );
        cases.sort_by(|a, b| order_of(a).cmp(&order_of(b)));
        cases
    }

    fn join_actors<'l>(
        &self,
        readings: &mut ReadingCache<'_>,
        logs: &[(&'l str, &'l ActorLog)],
    ) -> Vec<JoinedActors<'l>> {
        let alone: Vec<CaseVerdict> =
            logs.iter().map(|(_, log)| judge_alone(readings, log)).collect();
        let is_hostile = |at: usize| alone.get(at).is_some_and(CaseVerdict::is_hostile);
        let findings = |at: usize| logs.get(at).map_or(0, |(_, log)| log.findings);
        let edges = find_edges(logs);
        let mut sets = ActorSets::new(logs.len());
        for edge in &edges {
            let ends = [edge.from, edge.to];
            let is_story = ends.iter().any(|at| is_hostile(*at));
            let has_finding = ends.iter().any(|at| findings(*at) > 0);
            if has_finding && (is_story || edge.is_created) {
                sets.join(edge.from, edge.to);
            }
        }
        let causes = find_causes(logs, &|at| findings(at) > 0 && !is_hostile(at));
        let mut by_cause: BTreeMap<usize, &str> = BTreeMap::new();
        for (cause, all) in &causes {
            for pair in all.windows(2) {
                if let [one, other] = pair {
                    sets.join(*one, *other);
                }
            }
            let set = all.first().map(|at| sets.find(*at));
            set.into_iter().for_each(|set| {
                by_cause.insert(set, cause);
            });
        }
        let members = sets.members();
        let told = members.into_values().filter(|all| all.iter().any(|at| findings(*at) > 0));
        told.map(|all| {
            let set = all.first().map(|at| sets.find(*at)).unwrap_or_default();
            let cause = by_cause.get(&set).copied();
            self.join_set(readings, logs, all, &edges, cause)
        })
        .collect()
    }

    /// The principals of one set, whoever began it first.
    fn join_set<'l>(
        &self,
        readings: &mut ReadingCache<'_>,
        logs: &[(&'l str, &'l ActorLog)],
        mut all: Vec<usize>,
        edges: &[ActorEdge],
        cause: Option<&str>,
    ) -> JoinedActors<'l> {
        let made: BTreeSet<usize> = edges
            .iter()
            .filter(|edge| all.contains(&edge.from) && all.contains(&edge.to))
            .map(|edge| edge.to)
            .collect();
        all.sort_by_key(|at| (made.contains(at), *at));
        let members: Vec<(&str, &ActorLog)> =
            all.iter().filter_map(|at| logs.get(*at).copied()).collect();
        let triage =
            members.iter().fold(None, |worst, (_, log)| worse_of(worst, reading_of(readings, log)));
        let own: Vec<&ActorLog> = members.iter().map(|(_, log)| *log).collect();
        let signs = created_signs(edges, &all, logs);
        let verdict = judge_actors(&own, triage, signs);
        let followed = self.is_followed && is_worth_following_any(&verdict, &own);
        let cause = cause.map(|cause| self.describe_cause(cause, &own));
        JoinedActors { logs: members, verdict, cause, followed }
    }

    fn describe_cause(&self, cause: &str, logs: &[&ActorLog]) -> CaseCause {
        let first = logs.iter().map(|log| log.first()).min();
        let change = first.and_then(|first| self.changes.last_before(cause, first));
        CaseCause {
            what: cause.to_owned(),
            changed_by: change.map(|(_, _, by)| by.to_owned()),
            changed_at: change.map(|(time, ..)| time),
            event_id: change.map(|(_, id, _)| id.to_owned()),
            principals: logs.len() as u64,
        }
    }
}

/// Whether an event changes a policy that may refuse others.
pub(super) fn is_policy_change(event: &CaseEvent) -> bool {
    event.mark == EventMark::Changed && POLICY_CHANGES.contains(&event.operation.as_str())
}

/// What a principal looks like by itself.
fn judge_alone(readings: &mut ReadingCache<'_>, log: &ActorLog) -> CaseVerdict {
    judge_actors(&[log], reading_of(readings, log), Vec::new())
}

fn reading_of(readings: &mut ReadingCache<'_>, log: &ActorLog) -> Option<TriageReading> {
    if log.denied.is_empty() {
        return None;
    }
    let who = &log.principal;
    readings.reading_for(&who.key, who.issuer.as_deref()).cloned()
}

/// A workload that lacks a permission is not followed: what else it does would change nothing.
fn is_worth_following(verdict: &CaseVerdict, log: &ActorLog) -> bool {
    is_worth_following_any(verdict, &[log])
}

fn is_worth_following_any(verdict: &CaseVerdict, _logs: &[&ActorLog]) -> bool {
    use aware_core::case::CaseReading::{
        BrokenChain, Change, ConsolePage, Exploring, Intrusion, LacksPermission, MisuseOfRoot,
        NotConsistentYet, NotServed, Unclear,
    };
    match verdict.reading {
        Intrusion | Exploring | Unclear | MisuseOfRoot | Change => true,
        LacksPermission | NotConsistentYet | ConsolePage | NotServed | BrokenChain => false,
    }
}

/// What was created by one principal of a case and used by another.
fn created_signs(edges: &[ActorEdge], all: &[usize], logs: &[(&str, &ActorLog)]) -> Vec<CaseSign> {
    let inside = edges
        .iter()
        .filter(|edge| edge.is_created && all.contains(&edge.from) && all.contains(&edge.to));
    let pairs: BTreeSet<(usize, usize)> = inside.map(|edge| (edge.from, edge.to)).collect();
    let name = |at: usize| logs.get(at).map_or("", |(_, log)| log.principal.name.as_str());
    pairs
        .into_iter()
        .map(|(from, to)| CaseSign {
            points: 3,
            text: format!("{} acted with what {} had created", name(to), name(from)),
            event_id: logs.get(to).map(|(_, log)| log.earliest().1.clone()),
        })
        .collect()
}

/// Worst first: by level, by what still holds, by how much there is.
fn order_of(case: &Case) -> (std::cmp::Reverse<aware_core::event::Level>, bool, i32, u64, &str) {
    use super::UndoState::{InForce, NotKnown};
    let holds = case
        .notable
        .iter()
        .any(|line| line.fact.weight > 0 && matches!(line.undo, InForce | NotKnown));
    let points: i32 = case.signs.iter().map(|sign| sign.points).sum();
    (std::cmp::Reverse(case.level), !holds, -points, u64::MAX - case.findings, &case.id)
}

/// Spans that overlap become one.
fn merge_spans(mut spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (from, to) in spans {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}
