//! Leaves that can stand together: EventBridge's *array consistency*.
//!
//! Source: event-ruler, the library behind EventBridge, whose `ACFinder` takes a pattern's fields
//! in the order of their names and keeps track of the list members that it is in. A field that must
//! be absent is searched for in these members only.

use std::collections::BTreeSet;

/// The lists that contain a leaf: an identifier for each list, and the index of the member. A leaf
/// that is itself a member of a list is in no member of that list.
pub type ListTrail = Vec<(usize, usize)>;

/// How many combinations are tried before the answer is yes: lists of thousands of members in
/// several fields must not stop the program, and one finding too many is better than one too few.
const MAX_STEPS: usize = 100_000;

/// What one field has to offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JointChoice {
    /// The trails of the leaves that match.
    pub matching: BTreeSet<ListTrail>,
    /// The trails of all leaves, if it is sufficient that none of them can stand together with the
    /// earlier choices.
    pub absent_from: Option<BTreeSet<ListTrail>>,
}

/// Whether each field in turn has a matching leaf, or is absent, such that no two of the chosen
/// leaves are in different members of one list.
pub fn can_stand_together(fields: &[JointChoice]) -> bool {
    choose_leaves(fields, &mut Vec::new(), &mut 0)
}

fn choose_leaves<'a>(
    fields: &'a [JointChoice],
    chosen: &mut Vec<&'a ListTrail>,
    steps: &mut usize,
) -> bool {
    let Some((field, rest)) = fields.split_first() else { return true };
    for trail in &field.matching {
        *steps += 1;
        if *steps > MAX_STEPS {
            return true;
        }
        if chosen.iter().all(|other| trails_agree(other, trail)) {
            chosen.push(trail);
            if choose_leaves(rest, chosen, steps) {
                return true;
            }
            chosen.pop();
        }
    }
    let there = |trail: &ListTrail| chosen.iter().all(|other| trails_agree(other, trail));
    let absent = field.absent_from.as_ref().is_some_and(|all| {
        *steps += all.len();
        !all.iter().any(there)
    });
    absent && choose_leaves(rest, chosen, steps)
}

fn trails_agree(a: &ListTrail, b: &ListTrail) -> bool {
    a.iter().all(|(list, at)| b.iter().all(|(other, place)| list != other || at == place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(trails: &[&[(usize, usize)]]) -> BTreeSet<ListTrail> {
        trails.iter().map(|trail| trail.to_vec()).collect()
    }

    fn some(trails: &[&[(usize, usize)]]) -> JointChoice {
        JointChoice { matching: set(trails), absent_from: None }
    }

    fn absent(trails: &[&[(usize, usize)]]) -> JointChoice {
        JointChoice { matching: BTreeSet::new(), absent_from: Some(set(trails)) }
    }

    #[test]
    fn members_of_one_list_do_not_mix() {
        assert!(can_stand_together(&[]));
        assert!(can_stand_together(&[some(&[&[]]), some(&[&[(1, 0)]])]));
        assert!(!can_stand_together(&[some(&[&[(1, 1)]]), some(&[&[(1, 0)]])]));
        assert!(can_stand_together(&[
            some(&[&[(1, 1)], &[(1, 0)]]),
            some(&[&[(1, 0)], &[(2, 0)]])
        ]));
        assert!(!can_stand_together(&[some(&[]), some(&[&[]])]));
    }

    #[test]
    fn absence_is_that_of_the_members_chosen_before() {
        let second = some(&[&[(1, 1)]]);
        assert!(can_stand_together(&[absent(&[])]));
        assert!(!can_stand_together(&[absent(&[&[(1, 0)]])]));
        assert!(can_stand_together(&[second.clone(), absent(&[&[(1, 0)]])]));
        assert!(!can_stand_together(&[second.clone(), absent(&[&[(1, 0)], &[(1, 1)]])]));
        assert!(!can_stand_together(&[absent(&[&[(1, 0)]]), second]));
    }

    #[test]
    fn many_members_end() {
        let many = |from: usize| {
            let matching = (from..from + 200).map(|at| vec![(1, at)]).collect();
            JointChoice { matching, absent_from: None }
        };
        assert!(!can_stand_together(&[many(0), many(200)]));
    }
}
