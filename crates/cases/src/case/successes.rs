//! How much what went through speaks for an intruder.

use jiff::{SignedDuration, Timestamp};

use super::log::ActorLog;
use super::{CaseSign, NotableClass, NotableFact};
use crate::triage::LooksLike;
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

/// How much everything that went through speaks for an intruder.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SuccessWeight {
    /// Together.
    pub(super) sum: i32,
    /// The heaviest of it.
    pub(super) heaviest: i32,
}

impl SuccessWeight {
    /// Whether somebody must look, whatever was denied: then nothing is a mere hiccup, and no
    /// permission is all that is missing.
    pub(super) fn is_telling(self) -> bool {
        self.heaviest >= 3 || self.sum >= 6
    }

    /// Whether it is an intrusion beside denials that look like this.
    pub(super) fn is_intrusion_beside(self, looks_like: Option<LooksLike>) -> bool {
        let [exploring, unclear, other] = INTRUSION_FROM;
        match looks_like {
            Some(LooksLike::Exploring) => self.sum >= exploring,
            Some(LooksLike::Unclear) => self.sum >= unclear,
            _ => self.sum >= other,
        }
    }
}

/// One operation that went through, of all principals of a case.
struct WeighedOperation<'l> {
    weight: i32,
    count: u64,
    fact: &'l NotableFact,
    /// The times that are known, in order.
    times: Vec<Timestamp>,
}

impl WeighedOperation<'_> {
    fn points(&self) -> i32 {
        self.weight + i32::from(self.count >= 10 && self.is_of_one_day())
    }

    fn is_of_one_day(&self) -> bool {
        let span = self.times.first().zip(self.times.last());
        span.is_none_or(|(first, last)| last.duration_since(*first) <= WINDOW)
    }

    /// Whether it was done within a day that ends at this time. What is grave is taken to have been
    /// done all along between the times that are known.
    fn is_within(&self, end: Timestamp) -> bool {
        let start = end.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
        let begun = self.times.first().is_some_and(|first| *first <= end);
        match self.weight >= GRAVE {
            true => begun && self.times.last().is_some_and(|last| *last > start),
            false => {
                let before = self.times.partition_point(|time| *time <= start);
                self.times.get(before).is_some_and(|next| *next <= end)
            }
        }
    }
}

/// What went through counts together within this long: who deploys and operates does everything
/// some day.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// From this weight on, an operation is grave.
const GRAVE: i32 = 3;

/// The points of everything notable that went through within the worst day, and the signs that it
/// makes: each operation counts once.
pub(super) fn weigh_successes(logs: &[&ActorLog]) -> (SuccessWeight, Vec<CaseSign>) {
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
    let mut all: Vec<WeighedOperation<'_>> =
        all.into_values().filter(|one| one.weight > 0).collect();
    all.iter_mut().for_each(|one| one.times.sort_unstable());
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
