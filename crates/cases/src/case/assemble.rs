//! Assembles cases: judges principals, joins those that are one story, and orders the cases.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::Level;
use jiff::Timestamp;

use super::book::CaseBook;
use super::build::{JoinedActors, worse_of};
use super::chain::chain_case;
use super::joining::{ActorEdge, ActorSets, find_causes, find_edges};
use super::log::ActorLog;
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
        let is_known = |key: &str| self.is_followed || self.followed.contains(key);
        let has_findings = members.iter().filter(|(_, log)| log.findings > 0);
        let followed =
            is_worth_following(&verdict, &own) && has_findings.map(|(key, _)| *key).all(is_known);
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
fn order_of(case: &Case) -> (Reverse<Level>, bool, i32, u64, &str) {
    use super::UndoState::{InForce, NotKnown};
    let holds = case
        .notable
        .iter()
        .any(|line| line.fact.weight > 0 && matches!(line.undo, InForce | NotKnown));
    let points: i32 = case.signs.iter().map(|sign| sign.points).sum();
    (Reverse(case.level), !holds, -points, u64::MAX - case.findings, &case.id)
}
