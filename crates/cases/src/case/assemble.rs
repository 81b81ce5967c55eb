//! Assembles cases: judges principals, joins those that are one story, and orders the cases.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::Level;
use jiff::Timestamp;

use super::book::CaseBook;
use super::build::{JoinedActors, worse_of};
use super::chain::chain_case;
use super::joining::{ActorEdge, ActorSets, find_causes, find_edges, find_reported};
use super::log::ActorLog;
use super::pivots::{find_pivots, join_siblings};
use super::plan::is_worth_following;
use super::verdict::{CaseVerdict, judge_actors, judge_alone, reading_of};
use super::{Case, CaseCause, CaseSign};
use crate::triage::{PrincipalHistories, ReadingCache};

impl CaseBook {
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
        cases.extend(chains.map(|(chain, log)| chain_case(chain, log, &self.changes, logs_until)));
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
        let pivots = find_pivots(logs, &edges, &is_hostile);
        let is_pivot = |at: usize| pivots.get(at) == Some(&true);
        let mut sets = ActorSets::new(logs.len());
        for edge in &edges {
            let has_finding = findings(edge.from) > 0 || findings(edge.to) > 0;
            let is_made = edge.is_created || is_hostile(edge.to);
            if is_pivot(edge.from) || has_finding && is_made {
                sets.join(edge.from, edge.to);
            }
        }
        for (one, other) in find_reported(logs) {
            sets.join(one, other);
        }
        join_siblings(&mut sets, logs, &is_hostile);
        let of_pivots: BTreeSet<usize> =
            (0..logs.len()).filter(|at| is_pivot(*at)).map(|at| sets.find(at)).collect();
        let is_calm = |at: usize| alone.get(at).is_some_and(CaseVerdict::is_calm);
        let causes = find_causes(logs, &|at| {
            findings(at) > 0 && is_calm(at) && !of_pivots.contains(&sets.find(at))
        });
        let by_cause = join_causes(&mut sets, &causes);
        let members = sets.members();
        let told = members.into_values().filter(|all| all.iter().any(|at| findings(*at) > 0));
        told.map(|all| {
            let set = all.first().map(|at| sets.find(*at)).unwrap_or_default();
            let cause = by_cause.get(&set).copied();
            match cause {
                Some(cause) => self.join_refused(logs, &alone, all, cause),
                None => self.join_set(readings, logs, all, &edges, &is_hostile),
            }
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
        is_hostile: &dyn Fn(usize) -> bool,
    ) -> JoinedActors<'l> {
        let inside: BTreeSet<usize> = all.iter().copied().collect();
        let is_inside =
            |edge: &&ActorEdge| inside.contains(&edge.from) && inside.contains(&edge.to);
        let edges: Vec<&ActorEdge> = edges.iter().filter(is_inside).collect();
        let made: BTreeSet<usize> = edges.iter().map(|edge| edge.to).collect();
        all.sort_by_key(|at| (made.contains(at), *at));
        let members: Vec<(&str, &ActorLog)> =
            all.iter().filter_map(|at| logs.get(*at).copied()).collect();
        let triage =
            members.iter().fold(None, |worst, (_, log)| worse_of(worst, reading_of(readings, log)));
        let own: Vec<&ActorLog> = members.iter().map(|(_, log)| *log).collect();
        let verdict = judge_actors(&own, triage, created_signs(&edges, logs, is_hostile));
        let followed = self.were_followed(&verdict, &members);
        JoinedActors { logs: members, verdict, cause: None, followed }
    }

    /// The principals that one cause refuses. Each is judged by itself: what many workloads do adds
    /// up to nothing.
    fn join_refused<'l>(
        &self,
        logs: &[(&'l str, &'l ActorLog)],
        alone: &[CaseVerdict],
        all: Vec<usize>,
        cause: &str,
    ) -> JoinedActors<'l> {
        let members: Vec<(&str, &ActorLog)> =
            all.iter().filter_map(|at| logs.get(*at).copied()).collect();
        let own: Vec<&ActorLog> = members.iter().map(|(_, log)| *log).collect();
        let verdicts = all.iter().filter_map(|at| alone.get(*at));
        let worst = verdicts.max_by_key(|one| (one.calm_rank(), Reverse(one.first_sign())));
        let verdict = worst.cloned().unwrap_or_else(|| judge_actors(&own, None, Vec::new()));
        let followed = self.were_followed(&verdict, &members);
        let cause = Some(self.describe_cause(cause, &own));
        JoinedActors { logs: members, verdict, cause, followed }
    }

    /// Whether the other events of everybody with findings were looked for.
    fn were_followed(&self, verdict: &CaseVerdict, members: &[(&str, &ActorLog)]) -> bool {
        let own: Vec<&ActorLog> = members.iter().map(|(_, log)| *log).collect();
        let is_known = |key: &str| self.is_followed || self.followed.contains(key);
        let mut with_findings = members.iter().filter(|(_, log)| log.findings > 0);
        is_worth_following(verdict, &own) && with_findings.all(|(key, _)| is_known(key))
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

/// Joins whom one cause refuses. Returns the causes by their sets.
fn join_causes<'c>(
    sets: &mut ActorSets,
    causes: &BTreeMap<&'c str, Vec<usize>>,
) -> BTreeMap<usize, &'c str> {
    for pair in causes.values().flat_map(|all| all.windows(2)) {
        if let [one, other] = pair {
            sets.join(*one, *other);
        }
    }
    let set_of = |all: &Vec<usize>| all.first().map(|at| sets.find(*at));
    causes.iter().filter_map(|(cause, all)| Some((set_of(all)?, *cause))).collect()
}

/// Points of one principal acting with what another created, if either looks hostile, or if both
/// were denied at one address: a new colleague's first steps are no sign.
const CREATED_POINTS: i32 = 3;

/// What was created by one principal of a case and used by another. Points are counted once.
fn created_signs(
    edges: &[&ActorEdge],
    logs: &[(&str, &ActorLog)],
    is_hostile: &dyn Fn(usize) -> bool,
) -> Vec<CaseSign> {
    let created = edges.iter().filter(|edge| edge.is_created);
    let pairs: BTreeSet<(usize, usize)> = created.map(|edge| (edge.from, edge.to)).collect();
    let telling = pairs.iter().copied().find(|(from, to)| {
        is_hostile(*from) || is_hostile(*to) || were_denied_together(logs, *from, *to)
    });
    let name = |at: usize| logs.get(at).map_or("", |(_, log)| log.principal.name.as_str());
    pairs
        .into_iter()
        .map(|(from, to)| CaseSign {
            points: if telling == Some((from, to)) { CREATED_POINTS } else { 0 },
            text: format!(
                "{} acted as a user or with credentials that {} created",
                name(to),
                name(from)
            ),
            event_id: logs.get(to).map(|(_, log)| log.earliest().1.clone()),
        })
        .collect()
}

/// Whether both were denied something, and acted from one address.
fn were_denied_together(logs: &[(&str, &ActorLog)], one: usize, other: usize) -> bool {
    let (Some((_, one)), Some((_, other))) = (logs.get(one), logs.get(other)) else { return false };
    let shares = |source: &String| other.sources.keys().any(|theirs| theirs == source);
    !one.denied.is_empty() && !other.denied.is_empty() && one.sources.keys().any(shares)
}

/// Worst first: by level, by what still holds, by how much there is.
fn order_of(case: &Case) -> (Reverse<Level>, bool, i32, u64, &str) {
    use super::UndoState::{InForce, NotKnown};
    let holds = case
        .notable
        .iter()
        .any(|line| line.fact.weight > 0 && matches!(line.undo, InForce | NotKnown));
    let points: i32 = case.signs.iter().map(|sign| sign.points).sum();
    (Reverse(case.level), !holds, -points, u64::MAX - case.findings, &case.id)
}
