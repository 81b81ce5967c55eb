//! What one principal looks like by itself, before it is joined to others.

use aware_core::case::CaseReading;
use aware_core::event::PrincipalKind;
use jiff::{SignedDuration, Timestamp};

use super::log::ActorLog;
use super::turns::{self, FoundTurn};
use super::{CaseSign, NotableClass, NotableFact};
use crate::triage::{LooksLike, ReadingCache, TriageReading};
use crate::view::count_noun;

/// From how many points of what went through, besides refusals, a principal that explores is an
/// intruder; one that is unclear; and any other.
const INTRUSION_FROM: [i32; 3] = [3, 6, 8];
/// How much all credentials together count: a new colleague needs a user, a password and a key.
const CREDENTIALS_AT_MOST: i32 = 4;
/// The most points that commands, shells and changed code give together: whoever develops uses them
/// all day.
const EXECUTION_AT_MOST: i32 = 4;
/// The most points that operations of one point each give together: whoever builds or takes down an
/// environment makes many of them.
const LIGHT_AT_MOST: i32 = 3;
/// The most points that both give together: less than is an intrusion beside unclear denials.
const EVERYDAY_AT_MOST: i32 = 5;
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

/// How much everything that went through speaks for an intruder.
#[derive(Clone, Copy, Debug, Default)]
struct SuccessWeight {
    /// Together.
    sum: i32,
    /// The heaviest of it.
    heaviest: i32,
}

impl SuccessWeight {
    /// Whether somebody must look, whatever was denied: then nothing is a mere hiccup, and no
    /// permission is all that is missing.
    fn is_telling(self) -> bool {
        self.heaviest >= 3 || self.sum >= 6
    }

    /// Whether it is an intrusion beside denials that look like this.
    fn is_intrusion_beside(self, looks_like: Option<LooksLike>) -> bool {
        let [exploring, unclear, other] = INTRUSION_FROM;
        match looks_like {
            Some(LooksLike::Exploring) => self.sum >= exploring,
            Some(LooksLike::Unclear) => self.sum >= unclear,
            _ => self.sum >= other,
        }
    }
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
    let is_root = logs.iter().any(|log| log.principal.event_kind() == Some(PrincipalKind::Root));
    let has_sign = logs.iter().any(|log| !log.denials.signs.is_empty());
    match looks_like {
        Some(LooksLike::Exploring) => CaseReading::Exploring,
        _ if is_root => CaseReading::MisuseOfRoot,
        _ if denied == 0 || logs.iter().all(|log| log.is_of_other_log()) => CaseReading::Change,
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
        Some(LooksLike::LacksPermission) if !weight.is_telling() => CaseReading::LacksPermission,
        Some(LooksLike::LacksPermission | LooksLike::Unclear) | None => CaseReading::Unclear,
    }
}

/// One operation that went through, of all principals of a case.
struct WeighedOperation<'l> {
    weight: i32,
    count: u64,
    fact: &'l NotableFact,
    /// The times that are known.
    times: Vec<Timestamp>,
}

impl WeighedOperation<'_> {
    fn points(&self) -> i32 {
        self.weight + i32::from(self.count >= 10 && self.is_of_one_day())
    }

    fn is_of_one_day(&self) -> bool {
        let span = self.times.iter().min().zip(self.times.iter().max());
        span.is_none_or(|(first, last)| last.duration_since(*first) <= WINDOW)
    }

    /// Whether it was done within a day that ends at this time. What is grave is taken to have been
    /// done all along between the times that are known.
    fn is_within(&self, end: Timestamp) -> bool {
        let start = end.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
        let (first, last) = (self.times.iter().min(), self.times.iter().max());
        let spans =
            first.is_some_and(|first| *first <= end) && last.is_some_and(|last| *last > start);
        let is_known = || self.times.iter().any(|time| *time > start && *time <= end);
        if self.weight >= GRAVE { spans } else { is_known() }
    }
}

/// What went through counts together within this long: who deploys and operates does everything
/// some day.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// From this weight on, an operation is grave.
const GRAVE: i32 = 3;

/// The points of everything notable that went through within the worst day, and the signs that it
/// makes: each operation counts once.
fn weigh_successes(logs: &[&ActorLog]) -> (SuccessWeight, Vec<CaseSign>) {
    let mut all: std::collections::BTreeMap<&str, WeighedOperation<'_>> = Default::default();
    for log in logs {
        for (operation, fact, action) in log.notables.timed_operations() {
            let weight = i32::from(fact.weight);
            let seen = all.entry(operation).or_insert(WeighedOperation {
                weight: 0,
                count: 0,
                fact,
                times: Vec::new(),
            });
            if weight > seen.weight {
                (seen.weight, seen.fact) = (weight, fact);
            }
            seen.count += action.count;
            seen.times.extend(action.known_times());
        }
    }
    let all: Vec<WeighedOperation<'_>> = all.into_values().filter(|one| one.weight > 0).collect();
    let heaviest = all.iter().map(|one| one.weight).max().unwrap_or_default();
    let mut ends: Vec<Timestamp> = all.iter().flat_map(|one| one.times.iter().copied()).collect();
    ends.sort_unstable();
    ends.dedup();
    let worst = ends.into_iter().map(|end| {
        let within = all.iter().filter(|one| one.is_within(end));
        (sum_of(within), end)
    });
    // Of days that are equally bad, the first.
    let (sum, end) = worst
        .max_by_key(|(sum, end)| (*sum, std::cmp::Reverse(*end)))
        .map_or((0, None), |(sum, end)| (sum, Some(end)));
    let sign = |one: &WeighedOperation<'_>| {
        let text = times(&one.fact.achieved, one.count);
        match end.is_some_and(|end| one.is_within(end)) {
            true => CaseSign { points: one.points(), text, event_id: None },
            false => {
                CaseSign { points: 0, text: format!("{text}, on another day"), event_id: None }
            }
        }
    };
    let signs = all.iter().map(sign).collect();
    (SuccessWeight { sum, heaviest }, signs)
}

/// What operations weigh together.
fn sum_of<'w>(operations: impl Iterator<Item = &'w WeighedOperation<'w>>) -> i32 {
    let (mut by_class, mut light) = (std::collections::BTreeMap::new(), 0);
    for one in operations {
        match one.points() {
            1 => light += 1,
            points => *by_class.entry(one.fact.class).or_insert(0) += points,
        }
    }
    let everyday = by_class.remove(&NotableClass::Execution).unwrap_or(0).min(EXECUTION_AT_MOST)
        + light.min(LIGHT_AT_MOST);
    let capped = by_class.into_iter().map(|(class, points): (NotableClass, i32)| match class {
        NotableClass::Credentials => points.min(CREDENTIALS_AT_MOST),
        _ => points,
    });
    capped.sum::<i32>() + everyday.min(EVERYDAY_AT_MOST)
}

/// The calls may have been about different things.
fn times(text: &str, count: u64) -> String {
    match count.saturating_sub(1) {
        0 => text.to_owned(),
        more => format!("{text}, and {}", count_noun(more, "more such call", "more such calls")),
    }
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
