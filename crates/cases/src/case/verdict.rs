//! What one principal looks like by itself, before it is joined to others.

use aware_core::case::CaseReading;
use aware_core::event::PrincipalKind;
use jiff::{SignedDuration, Timestamp};

use super::CaseSign;
use super::denials::PLACES;
use super::log::ActorLog;
use super::report_signs::report_signs;
use super::rules_seen::told_rank;
use super::successes::{SuccessWeight, weigh_successes};
use super::turns::{self, FoundTurn};
use crate::triage::{LooksLike, ReadingCache, TriageReading};

/// IAM is consistent within this time.
///
/// Source: IAM user guide, "Troubleshoot IAM", on eventual consistency, which gives no number;
/// Terraform's provider waits two minutes.
const CONSISTENT_WITHIN: SignedDuration = SignedDuration::from_secs(120);

/// What several principals of one case, or one alone, look like.
#[derive(Clone, Debug)]
pub(super) struct CaseVerdict {
    pub(super) reading: CaseReading,
    /// The heaviest first.
    pub(super) signs: Vec<CaseSign>,
    pub(super) turns: Vec<FoundTurn>,
    /// The reading of the denials alone.
    pub(super) triage: Option<TriageReading>,
    /// Whether nothing speaks for more than what the denials say.
    is_quiet: bool,
}

impl CaseVerdict {
    /// Whether it looks hostile.
    pub(super) fn is_hostile(&self) -> bool {
        matches!(self.reading, CaseReading::Intrusion | CaseReading::Exploring)
    }

    /// How much must be known of one of many that one cause refuses: what is unclear counts most.
    pub(super) fn calm_rank(&self) -> u8 {
        match self.reading {
            CaseReading::Unclear => 3,
            CaseReading::LacksPermission => 2,
            CaseReading::NotConsistentYet => 1,
            _ => 0,
        }
    }

    /// The text of the heaviest sign.
    pub(super) fn first_sign(&self) -> &str {
        self.signs.first().map_or("", |sign| sign.text.as_str())
    }

    /// Whether it may be one of many that one cause refuses: nothing speaks for more.
    pub(super) fn is_calm(&self) -> bool {
        match self.reading {
            CaseReading::LacksPermission
            | CaseReading::NotConsistentYet
            | CaseReading::ConsolePage
            | CaseReading::NotServed => true,
            CaseReading::Unclear => self.is_quiet,
            CaseReading::Intrusion
            | CaseReading::Exploring
            | CaseReading::MisuseOfRoot
            | CaseReading::Change
            | CaseReading::ReportedThreat
            | CaseReading::ReportedWeakness
            | CaseReading::Background
            | CaseReading::BrokenChain => false,
        }
    }
}

/// Judges principals together; `triage` is the worst reading of their denials.
pub(super) fn judge_actors(
    logs: &[&ActorLog],
    triage: Option<TriageReading>,
    extra: Vec<CaseSign>,
) -> CaseVerdict {
    let denied: u64 = logs.iter().map(|log| log.denied.count).sum();
    let turns = turns::find_turns(logs);
    let (mut weight, mut signs) = weigh_successes(logs);
    let extra_points: i32 = extra.iter().map(|sign| sign.points).sum();
    signs.extend(extra);
    signs.extend(session_signs(logs));
    signs.extend(denial_signs(logs));
    signs.extend(report_signs(logs));
    signs.extend(rule_signs(logs));
    signs.extend(spread_signs(logs));
    signs.extend(turns.iter().map(|turn| CaseSign {
        points: 8,
        text: turn.sentence(),
        event_id: Some(turn.event_id.clone()),
    }));
    if logs.iter().any(|log| log.denials.is_leaked) {
        let text = "AWS found the access key exposed and quarantined it".to_owned();
        signs.push(CaseSign { points: 8, text, event_id: None });
    }
    let strongest = signs.iter().map(|sign| sign.points).max().unwrap_or_default();
    let is_own_grant = denied > 0 && logs.iter().any(|log| gave_itself(log));
    weight.sum += extra_points;
    if let Some(reading) = &triage {
        signs.extend(reading.reasons.iter().map(|reason| CaseSign {
            points: reason.points,
            text: reason.text.clone(),
            event_id: None,
        }));
    }
    signs.sort_by(|a, b| (-a.points.abs(), &a.text).cmp(&(-b.points.abs(), &b.text)));
    signs.dedup_by(|a, b| a.text == b.text);
    let looks_like = triage.as_ref().map(|reading| reading.looks_like);
    let is_intrusion = strongest >= 8 || is_own_grant || weight.is_intrusion_beside(looks_like);
    let is_quiet = !weight.is_telling()
        && triage.as_ref().is_some_and(|one| one.points <= 0 && one.withhold.is_none());
    let reading = if is_intrusion {
        CaseReading::Intrusion
    } else {
        mild_reading(logs, denied, looks_like, weight, is_quiet)
    };
    CaseVerdict { reading, signs, turns, triage, is_quiet }
}

/// Who is refused at many places.
fn spread_signs(logs: &[&ActorLog]) -> impl Iterator<Item = CaseSign> {
    logs.iter().filter(|log| log.denials.is_wide()).map(|_| CaseSign {
        points: 2,
        text: format!("refused at {PLACES} places or more"),
        event_id: None,
    })
}

/// What a principal looks like by itself.
pub(super) fn judge_alone(readings: &mut ReadingCache<'_>, log: &ActorLog) -> CaseVerdict {
    judge_actors(&[log], reading_of(readings, log), Vec::new())
}

pub(super) fn reading_of(readings: &mut ReadingCache<'_>, log: &ActorLog) -> Option<TriageReading> {
    if log.denied.is_empty() {
        return None;
    }
    let who = &log.principal;
    readings.reading_for(&who.key, who.issuer.as_deref()).cloned()
}

/// The reading of what is no intrusion; `weight` is that of what went through. The readings that
/// are told to nobody at once take that it `is_quiet`.
fn mild_reading(
    logs: &[&ActorLog],
    denied: u64,
    looks_like: Option<LooksLike>,
    weight: SuccessWeight,
    is_quiet: bool,
) -> CaseReading {
    let told = told_by_rules(logs);
    let is_elsewhere = logs.iter().all(|log| log.is_of_other_log());
    let is_root = logs.iter().any(|log| log.principal.event_kind() == Some(PrincipalKind::Root));
    let has_sign = logs.iter().any(|log| !log.denials.signs.is_empty());
    match looks_like {
        Some(LooksLike::Exploring) => CaseReading::Exploring,
        _ if told == Some(CaseReading::Exploring) => CaseReading::Exploring,
        _ if told == Some(CaseReading::ReportedThreat) => CaseReading::ReportedThreat,
        _ if is_root => CaseReading::MisuseOfRoot,
        _ if told == Some(CaseReading::Unclear) => CaseReading::Unclear,
        _ if told == Some(CaseReading::ReportedWeakness) && is_elsewhere => {
            CaseReading::ReportedWeakness
        }
        _ if told == Some(CaseReading::LacksPermission) && is_elsewhere && denied > 0 => {
            match weight.is_telling() || logs.iter().any(|log| log.denials.is_wide()) {
                true => CaseReading::Unclear,
                false => CaseReading::LacksPermission,
            }
        }
        _ if told == Some(CaseReading::Background) && is_elsewhere => CaseReading::Background,
        _ if denied == 0 || is_elsewhere => CaseReading::Change,
        _ if has_sign => CaseReading::Unclear,
        _ if is_quiet && logs.iter().all(|log| log.denied.count == log.denials.unserved) => {
            CaseReading::NotServed
        }
        _ if is_quiet && logs.iter().all(|log| log.denied.count == log.denials.console) => {
            CaseReading::ConsolePage
        }
        _ if is_quiet && logs.iter().all(|log| was_inconsistent(log)) => {
            CaseReading::NotConsistentYet
        }
        Some(LooksLike::LacksPermission)
            if !weight.is_telling() && !logs.iter().any(|log| log.denials.is_wide()) =>
        {
            CaseReading::LacksPermission
        }
        Some(LooksLike::LacksPermission | LooksLike::Unclear) | None => CaseReading::Unclear,
    }
}

/// The worst of what rules say that their findings look like.
fn told_by_rules(logs: &[&ActorLog]) -> Option<CaseReading> {
    let rules = logs.iter().flat_map(|log| log.rules.iter());
    let told = rules.filter_map(|(_, rule)| rule.reading.as_ref()?.known());
    told.max_by_key(|reading| told_rank(*reading))
}

/// What rules say that their findings look like, as signs.
fn rule_signs(logs: &[&ActorLog]) -> Vec<CaseSign> {
    let rules = logs.iter().flat_map(|log| log.rules.iter());
    let signs = rules.filter_map(|(_, rule)| {
        let points = match rule.reading.as_ref()?.known()? {
            CaseReading::Exploring => 5,
            CaseReading::Unclear => 1,
            CaseReading::LacksPermission => -2,
            _ => return None,
        };
        Some(CaseSign { points, text: rule.name.clone(), event_id: None })
    });
    signs.collect()
}

/// Whether it changed what it may do itself, and by much.
fn gave_itself(log: &ActorLog) -> bool {
    log.notables.operations().any(|(_, fact, _)| fact.is_own_permission() && fact.weight >= 3)
}

/// What denials reveal beyond a missing permission.
fn denial_signs(logs: &[&ActorLog]) -> Vec<CaseSign> {
    let signs = logs.iter().flat_map(|log| log.denials.signs.iter());
    signs
        .map(|sign| CaseSign {
            points: if sign.is_high { 4 } else { 2 },
            text: sign.text.clone(),
            event_id: None,
        })
        .collect()
}

/// Sessions that were used from two networks: an instance has one; a person may change theirs.
fn session_signs(logs: &[&ActorLog]) -> Vec<CaseSign> {
    let instances = logs.iter().flat_map(|log| log.instance_networks.iter());
    let keys = logs.iter().flat_map(|log| log.key_networks.iter());
    let all = instances.map(|one| (true, one)).chain(keys.map(|one| (false, one)));
    let two = all.filter(|(_, (_, seen))| seen.networks.len() > 1);
    two.map(|(is_instance, (session, seen))| {
        let networks: Vec<&str> = seen.networks.keys().map(String::as_str).collect();
        let (points, whose) = match is_instance {
            true => (8, format!("credentials of instance {session} were")),
            false => (2, format!("the session with key {session} was")),
        };
        let from = format!("from {} networks: {}", networks.len(), networks.join(", "));
        let ends = seen.networks.values().filter_map(|ends| ends.first());
        let event_id = ends.max().map(|(_, id)| id.clone());
        CaseSign { points, text: format!("{whose} used {from}"), event_id }
    })
    .collect()
}

/// Whether everything that was denied went through shortly afterwards, right after something was
/// made.
fn was_inconsistent(log: &ActorLog) -> bool {
    may_be_inconsistent(log)
        && log.denied.iter().all(|(operation, seen)| {
            let known = [&log.changed, &log.read];
            let mut since = known.iter().filter_map(|memory| memory.get(operation));
            let (first, last) = (seen.first_time(), seen.last_time());
            last.duration_since(first) <= CONSISTENT_WITHIN
                && since.any(|went| {
                    went.ends
                        .after(last)
                        .is_some_and(|(time, _)| time.duration_since(last) <= CONSISTENT_WITHIN)
                })
        })
}

/// Whether it was denied for the first time right after it had made something.
pub(super) fn may_be_inconsistent(log: &ActorLog) -> bool {
    let first = log.denied.iter().map(|(_, seen)| seen.first_time()).min();
    first.is_some_and(|first| made_before(log, first))
}

/// Whether something was created within two minutes before.
fn made_before(log: &ActorLog, time: Timestamp) -> bool {
    let makes = |operation: &str| {
        let name = operation.split_once(':').map_or(operation, |(_, name)| name);
        ["Create", "Put", "Attach", "Add"].iter().any(|start| name.starts_with(start))
    };
    log.changed.iter().filter(|(operation, _)| makes(operation)).any(|(_, seen)| {
        seen.ends.iter().any(|(made, _)| {
            (SignedDuration::ZERO..=CONSISTENT_WITHIN).contains(&time.duration_since(*made))
        })
    })
}
