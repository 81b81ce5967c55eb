//! Whom a second look at the logs follows, and when.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use aware_core::case::CaseReading;
use aware_core::event::PrincipalKind;
use jiff::Timestamp;

use super::book::CaseBook;
use super::joining::search_texts;
use super::log::ActorLog;
use super::verdict::{CaseVerdict, judge_alone, may_be_inconsistent};
use crate::triage::{PrincipalHistories, ReadingCache};

/// How long before its first event a followed principal's other events are looked for, and how
/// long after its last one, in seconds.
const BEFORE: i64 = 3_600;
const AFTER: i64 = 86_400;

/// Which records a second look at the logs must find.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowPlan {
    /// Texts of which a wanted record contains at least one: access keys, and the ARNs of users and
    /// sessions, sorted.
    pub texts: Vec<String>,
    /// When: only records within one of these spans are wanted, in seconds since 1970, sorted.
    pub spans: Vec<(i64, i64)>,
    /// The keys of the principals who are followed.
    pub actors: BTreeSet<String>,
    /// How many more would be worth it.
    pub left_out: u64,
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
    /// Whom a second look must follow: whoever has findings, unless all that they need is a
    /// permission. If there are too many, the worst.
    pub fn follow_plan(&self, histories: &PrincipalHistories) -> FollowPlan {
        let mut plan = FollowPlan::default();
        let mut followed = self.followed_logs(histories);
        followed.sort_by_cached_key(|(key, log, reading)| {
            (rank_of(*reading), Reverse(log.retention_weight()), (*key).to_owned())
        });
        plan.left_out = followed.len().saturating_sub(MAX_FOLLOWED) as u64;
        for (key, log, reading) in followed.into_iter().take(MAX_FOLLOWED) {
            plan.actors.insert(key.to_owned());
            plan.texts.extend(search_texts(log, is_hostile(reading)));
            let (first, last) = (log.first().as_second(), log.last.as_second());
            plan.spans.push((first.saturating_sub(BEFORE), last.saturating_add(AFTER)));
        }
        plan.texts.sort_unstable();
        plan.texts.dedup();
        plan.spans = merge_spans(plan.spans);
        plan
    }

    /// The same texts by the key of the principal, with the principal's last event.
    pub fn followed_actors(
        &self,
        histories: &PrincipalHistories,
    ) -> Vec<(String, Vec<String>, Timestamp)> {
        let followed = self.followed_logs(histories).into_iter();
        followed.map(|(key, log, _)| (key.to_owned(), search_texts(log, true), log.last)).collect()
    }

    fn followed_logs(&self, histories: &PrincipalHistories) -> Vec<(&str, &ActorLog, CaseReading)> {
        let mut readings = ReadingCache::new(histories);
        let with_findings = self.actor_logs().filter(|(_, log)| log.findings > 0);
        with_findings
            .filter_map(|(key, log)| {
                let verdict = judge_alone(&mut readings, log);
                is_worth_following(&verdict, &[log]).then_some((key, log, verdict.reading))
            })
            .collect()
    }
}

/// How many principals a second look follows at most.
const MAX_FOLLOWED: usize = 64;

fn is_hostile(reading: CaseReading) -> bool {
    matches!(reading, CaseReading::Intrusion | CaseReading::Exploring)
}

/// The worst first.
fn rank_of(reading: CaseReading) -> u8 {
    match reading {
        CaseReading::Intrusion => 0,
        CaseReading::Exploring => 1,
        CaseReading::MisuseOfRoot => 2,
        CaseReading::Unclear | CaseReading::ReportedThreat => 3,
        CaseReading::Change
        | CaseReading::ReportedWeakness
        | CaseReading::Background
        | CaseReading::LacksPermission
        | CaseReading::NotConsistentYet
        | CaseReading::ConsolePage
        | CaseReading::NotServed
        | CaseReading::BrokenChain => 4,
    }
}

/// From this weight on, something that went through makes a workload worth following.
const FOLLOWED_WEIGHT: u8 = 2;

/// A workload that lacks a permission is not followed, as what else it does would change nothing;
/// unless IAM may not have been consistent yet, which only what went through afterwards shows. Nor
/// is one that is unclear, as long as nothing sensitive went through.
pub(super) fn is_worth_following(verdict: &CaseVerdict, logs: &[&ActorLog]) -> bool {
    let may_be_inconsistent = || logs.iter().any(|log| may_be_inconsistent(log));
    match verdict.reading {
        CaseReading::Intrusion | CaseReading::Exploring | CaseReading::MisuseOfRoot => true,
        CaseReading::ReportedThreat => true,
        CaseReading::Unclear | CaseReading::Change | CaseReading::ReportedWeakness => {
            may_be_inconsistent() || logs.iter().any(|log| is_person_or_sensitive(log))
        }
        CaseReading::LacksPermission | CaseReading::NotConsistentYet => may_be_inconsistent(),
        CaseReading::ConsolePage
        | CaseReading::NotServed
        | CaseReading::BrokenChain
        | CaseReading::Background => false,
    }
}

/// Whether a principal is a person, or whether something sensitive went through.
fn is_person_or_sensitive(log: &ActorLog) -> bool {
    let who = &log.principal;
    let is_workload = who.event_kind() == Some(PrincipalKind::AssumedRole)
        && who.arn.as_ref() == Some(&who.key)
        && log.denials.signs.is_empty();
    !is_workload || log.notables.operations().any(|(_, fact, _)| fact.weight >= FOLLOWED_WEIGHT)
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
