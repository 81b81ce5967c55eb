//! Which case comes first.

use std::cmp::{Ordering, Reverse};

use aware_core::event::Level;
use jiff::Timestamp;

use super::in_force::InForce;
use crate::case::Case;

/// Orders cases for people: the worst level first, then what still holds, then by how much was
/// changed, denied and read, and then the earliest.
///
/// ```
/// use aware_cases::case::Case;
/// use aware_cases::view::compare_cases;
///
/// let mut cases: Vec<Case> = Vec::new();
/// cases.sort_by(compare_cases);
/// ```
pub fn compare_cases(one: &Case, other: &Case) -> Ordering {
    sort_key(one).cmp(&sort_key(other))
}

type SortKey<'c> = (Reverse<Level>, Reverse<bool>, Reverse<[u64; 3]>, Timestamp, &'c str);

fn sort_key(case: &Case) -> SortKey<'_> {
    let holds = InForce::of_case(case).is_some_and(|state| state.holds != Some(false));
    let counts = [case.counts.changed, case.counts.denied, case.counts.read];
    (Reverse(case.level), Reverse(holds), Reverse(counts), case.first, &case.id)
}
