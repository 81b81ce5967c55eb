//! Builds one case from the principals that are joined in it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use aware_core::case::{CaseReading, EventMark};
use aware_core::event::Level;
use aware_core::explanation::{Cure, CureStatement, DenialSign};
use aware_core::source;
use aware_core::source::contract::AccessDecider;
use aware_iam::catalogue::Catalogue;
use jiff::Timestamp;

use super::actions::ActionSeen;
use super::identity::{actor_case_id, case_id};
use super::level::{kind_of, level_of};
use super::log::ActorLog;
use super::notable_lines::{contain_steps, notable_lines};
use super::steadiness::steady_since;
use super::undone::UndoTable;
use super::verdict::CaseVerdict;
use super::{
    ActionLine, Case, CaseActor, CaseCause, FirstFinding, MarkCounts, Refuser, ReportedLine,
};
use crate::decide::{CallerReading, ExplainedDenials, decide_cure};
use crate::triage::LooksLike;

/// How many names of a kind a case shows.
const NAMES: usize = 24;

/// Principals of one case: the first one began it.
pub(super) struct JoinedActors<'l> {
    /// Their keys and what is remembered of them.
    pub(super) logs: Vec<(&'l str, &'l ActorLog)>,
    pub(super) verdict: CaseVerdict,
    pub(super) cause: Option<CaseCause>,
    /// Whether their other events were looked for.
    pub(super) followed: bool,
}

impl JoinedActors<'_> {
    /// The case.
    pub(super) fn to_case(&self, undone: &UndoTable, logs_until: Timestamp) -> Case {
        let logs: Vec<&ActorLog> = self.logs.iter().map(|(_, log)| *log).collect();
        let reading = self.verdict.reading;
        let notable = notable_lines(&logs, undone);
        let actors = self.actors();
        let names = |of: &dyn Fn(&ActorLog) -> Vec<String>| {
            let all: BTreeSet<String> = logs.iter().flat_map(|log| of(log)).collect();
            all.into_iter().take(NAMES).collect::<Vec<String>>()
        };
        Case {
            id: self.id(),
            kind: kind_of(reading),
            level: level_of(reading, &logs),
            reading,
            signs: self.verdict.signs.clone(),
            accounts: names(&|log| log.accounts.iter().cloned().collect()),
            counts: counts_of(&logs),
            findings: logs.iter().map(|log| log.findings).sum(),
            first_finding: first_finding(&logs),
            first: logs.iter().map(|log| log.first()).min().unwrap_or(logs_until),
            last: logs.iter().map(|log| log.last).max().unwrap_or(logs_until),
            actions: action_lines(&logs),
            turns: self.verdict.turns.iter().map(|turn| turn.to_case_turn()).collect(),
            cause: self.cause.clone(),
            denied_because: names(&|log| log.denials.whys.iter().cloned().collect()),
            refused_by: refusers_of(&logs),
            endpoints: names(&|log| log.denials.endpoints.iter().cloned().collect()),
            cure: self.decide_cure(&logs),
            cured: cured_count(&logs),
            steady_since: steady_since(reading, &logs),
            known: None,
            likely_next: self.likely_next(&logs),
            contain: contain_steps(reading, &actors, &notable, logs_until),
            through: names(&|log| log.passed_on_by.iter().cloned().collect()),
            stacks: names(&|log| log.stacks.iter().cloned().collect()),
            measured: names(&|log| log.measures.iter().cloned().collect()),
            sources: names(&|log| log.sources.keys().cloned().collect()),
            regions: names(&|log| log.regions.iter().cloned().collect()),
            agents: names(&|log| log.agents.keys().cloned().collect()),
            rules: rules_of(&logs),
            event_ids: event_ids(&logs),
            notable,
            reported: reported_lines(&logs),
            actors,
            logs_until,
            followed: self.followed,
            account_names: BTreeMap::new(),
            address_notes: BTreeMap::new(),
        }
    }

    fn actors(&self) -> Vec<CaseActor> {
        self.logs.iter().map(|(key, log)| to_actor(key, log)).collect()
    }

    /// By whoever began it, or by what refuses many.
    fn id(&self) -> String {
        match (&self.cause, self.logs.first()) {
            (Some(cause), _) => case_id(&["cause", &cause.what]),
            (None, Some((key, _))) => actor_case_id(key),
            (None, None) => case_id(&[]),
        }
    }

    fn decide_cure(&self, logs: &[&ActorLog]) -> Option<Cure> {
        let remedies: BTreeSet<CureStatement> =
            logs.iter().flat_map(|log| log.denials.remedies.iter().cloned()).collect();
        let refusals: BTreeSet<String> =
            logs.iter().flat_map(|log| log.denials.refusals.iter().cloned()).collect();
        let signs: BTreeSet<DenialSign> =
            logs.iter().flat_map(|log| log.denials.signs.iter().cloned()).collect();
        let denials = ExplainedDenials {
            remedies: &remedies,
            refusals: &refusals,
            signs: &signs,
            decided_by: logs
                .iter()
                .find_map(|log| log.denials.decided_by.first())
                .map(String::as_str),
        };
        match self.verdict.reading {
            CaseReading::LacksPermission => {
                // Of other logs the rules judge the caller, which was asked first.
                let is_elsewhere = logs.iter().all(|log| log.is_of_other_log());
                let caller = match is_elsewhere {
                    true => CallerReading::Asking,
                    false => CallerReading::from(self.verdict.triage.clone()),
                };
                decide_cure(Catalogue::built_in(), &denials, caller).cure
            }
            CaseReading::NotConsistentYet | CaseReading::NotServed | CaseReading::ConsolePage => {
                None
            }
            reading => {
                let is_mild = !matches!(
                    reading,
                    CaseReading::Intrusion | CaseReading::Exploring | CaseReading::ReportedThreat
                );
                // No grant would be expected for what a firewall or an application refused.
                let refusers = refusers_of(logs);
                let is_elsewhere = is_mild && logs.iter().all(|log| log.is_of_other_log())
                    || is_decided_by_others(logs, &refusers);
                let is_denied = !is_elsewhere && logs.iter().any(|log| !log.denied.is_empty());
                let is_permission = refusers.into_iter().any(Refuser::is_permission);
                let because = withheld_because(reading, is_permission);
                is_denied.then(|| Cure::withheld(because.to_owned()))
            }
        }
    }

    fn likely_next(&self, logs: &[&ActorLog]) -> Vec<String> {
        if self.verdict.reading != CaseReading::LacksPermission {
            return Vec::new();
        }
        let next: BTreeSet<&String> =
            logs.iter().flat_map(|log| log.denials.likely_next.iter()).collect();
        next.into_iter().take(NAMES).cloned().collect()
    }
}

/// Why nothing is granted; `is_permission` says whether permissions refused anything.
fn withheld_because(reading: CaseReading, is_permission: bool) -> &'static str {
    match reading {
        CaseReading::Intrusion => "it looks like an intrusion",
        CaseReading::Exploring if is_permission => "it looks like somebody exploring",
        CaseReading::Exploring => "it looks like an attack, or somebody preparing one",
        CaseReading::MisuseOfRoot => "the root user needs no grant",
        CaseReading::ReportedThreat => "another service reports an attack by the same caller",
        CaseReading::Unclear
        | CaseReading::BrokenChain
        | CaseReading::Change
        | CaseReading::ReportedWeakness
        | CaseReading::Background
        | CaseReading::LacksPermission
        | CaseReading::NotConsistentYet
        | CaseReading::ConsolePage
        | CaseReading::NotServed => {
            "too little is known to tell an intruder from a missing permission"
        }
    }
}

/// Whether only systems refused it in which no policy of AWS grants anything.
fn is_decided_by_others(logs: &[&ActorLog], refusers: &BTreeSet<Refuser>) -> bool {
    let decided_by = first_finding(logs).and_then(|first| first.log_source);
    let id = decided_by.as_deref().and_then(source::id_of);
    let decided_by = id.map(|id| source::source_of(id).decided_by());
    decided_by == Some(AccessDecider::Others) && refusers.iter().eq([&Refuser::Other])
}

fn refusers_of(logs: &[&ActorLog]) -> BTreeSet<Refuser> {
    logs.iter().flat_map(|log| log.denials.refused_by.iter().copied()).collect()
}

fn to_actor(key: &str, log: &ActorLog) -> CaseActor {
    let who = &log.principal;
    let kind = who.event_kind();
    let mut keys: Vec<_> = log.keys.iter().collect();
    keys.sort_by_key(|(name, span)| (span.first, (*name).clone()));
    CaseActor {
        key: key.to_owned(),
        name: who.name.clone(),
        arn: who.arn.clone(),
        kind: who.kind.as_str().to_owned(),
        account: who.account.clone(),
        is_person: kind.is_some_and(|kind| kind.is_person(who.arn.as_ref() != Some(&who.key))),
        keys: keys.into_iter().map(|(name, _)| name.clone()).collect(),
        sessions: log.sessions.keys().cloned().collect(),
    }
}

fn counts_of(logs: &[&ActorLog]) -> MarkCounts {
    let memories = |mark| logs.iter().filter_map(move |log| log.memory(mark));
    let sum = |mark| memories(mark).map(|memory| memory.count).sum();
    MarkCounts {
        denied: sum(EventMark::Denied),
        changed: sum(EventMark::Changed),
        read: sum(EventMark::Read),
        failed: sum(EventMark::Failed),
        reported: logs.iter().map(|log| log.reports.lines(0).count() as u64).sum(),
    }
}

fn action_lines(logs: &[&ActorLog]) -> Vec<ActionLine> {
    let marks = [EventMark::Denied, EventMark::Changed, EventMark::Read, EventMark::Failed];
    let mut lines = Vec::new();
    for mark in marks {
        let mut of_mark: Vec<ActionLine> = Vec::new();
        for (actor, log) in logs.iter().enumerate() {
            let seen = log.memory(mark).into_iter().flat_map(super::actions::ActionMemory::iter);
            of_mark.extend(seen.map(|(name, seen)| to_action_line(name, seen, mark, actor)));
        }
        of_mark.sort_by(|a, b| (a.first, &a.action, a.actor).cmp(&(b.first, &b.action, b.actor)));
        lines.extend(of_mark);
    }
    lines
}

fn to_action_line(operation: &str, seen: &ActionSeen, mark: EventMark, actor: usize) -> ActionLine {
    ActionLine {
        action: seen.iam_action.clone().unwrap_or_else(|| operation.to_owned()),
        mark,
        count: seen.count,
        first: seen.first_time(),
        last: seen.last_time(),
        event_id: seen.ends.first().map(|(_, id)| id.clone()).unwrap_or_default(),
        resources: seen.resources.iter().cloned().collect(),
        actor,
    }
}

/// How many of the denied operations have gone through since, and of how many.
fn cured_count(logs: &[&ActorLog]) -> (u64, u64) {
    let (mut cured, mut all) = (0, 0);
    for log in logs {
        for (operation, seen) in log.denied.iter() {
            all += 1;
            let went = [&log.changed, &log.read].into_iter().filter_map(|one| one.get(operation));
            let mut later = went.filter(|went| went.may_share_resource(seen));
            cured += u64::from(later.any(|went| went.last_time() > seen.last_time()));
        }
    }
    (cured, all)
}

/// What other services report: the worst first, then by time.
fn reported_lines(logs: &[&ActorLog]) -> Vec<ReportedLine> {
    let lines = logs.iter().enumerate().flat_map(|(actor, log)| log.reports.lines(actor));
    let mut lines: Vec<ReportedLine> = lines.collect();
    lines.sort_by(|a, b| {
        (Reverse(a.level), a.first, &a.finding_id).cmp(&(Reverse(b.level), b.first, &b.finding_id))
    });
    lines
}

fn first_finding(logs: &[&ActorLog]) -> Option<FirstFinding> {
    let all = logs.iter().filter_map(|log| log.first_finding());
    all.min_by(|a, b| a.0.cmp(&b.0)).map(|(_, first)| first.clone())
}

/// The rules that made findings: the most severe first, then by id.
fn rules_of(logs: &[&ActorLog]) -> Vec<(String, String)> {
    let mut rules: BTreeMap<&String, (Option<Level>, &String)> = BTreeMap::new();
    for (id, rule) in logs.iter().flat_map(|log| log.rules.iter()) {
        let known = rules.entry(id).or_insert((rule.level, &rule.name));
        known.0 = known.0.max(rule.level);
    }
    let mut rules: Vec<_> = rules.into_iter().collect();
    rules.sort_by_key(|(_, (level, _))| Reverse(*level));
    rules.into_iter().map(|(id, (_, name))| (id.clone(), name.clone())).collect()
}

fn event_ids(logs: &[&ActorLog]) -> Vec<String> {
    let all: BTreeSet<&(Timestamp, String)> =
        logs.iter().flat_map(|log| log.event_ids.iter()).collect();
    all.into_iter().take(5).map(|(_, id)| id.clone()).collect()
}

/// Whether nothing more than a reading of denials speaks against a principal.
pub(super) fn worse_of(
    one: Option<crate::triage::TriageReading>,
    other: Option<crate::triage::TriageReading>,
) -> Option<crate::triage::TriageReading> {
    let rank = |reading: &crate::triage::TriageReading| {
        let by_kind = match reading.looks_like {
            LooksLike::Exploring => 2,
            LooksLike::Unclear => 1,
            LooksLike::LacksPermission => 0,
        };
        (by_kind, reading.points, reading.to_string())
    };
    match (one, other) {
        (Some(one), Some(other)) => Some(if rank(&other) > rank(&one) { other } else { one }),
        (one, other) => one.or(other),
    }
}
