//! Leaves that can stand together: EventBridge's *array consistency*.

use std::collections::BTreeSet;

/// The lists that a leaf stands in: a name for each list, and the index of its member.
pub type Trail = Vec<(usize, usize)>;

/// How many combinations are tried before the answer is yes: a list of thousands of members in
/// each of several fields must not stop the program, and a finding too many is better than one
/// too few.
const MAX_STEPS: usize = 100_000;

/// Whether one trail can be chosen of each set so that no two stand in different members of one
/// list.
pub fn can_stand_together(sets: &[BTreeSet<Trail>]) -> bool {
    let mut sets: Vec<&BTreeSet<Trail>> = sets.iter().collect();
    sets.sort_by_key(|set| set.len());
    let mut steps = 0;
    choose(&sets, &mut Vec::new(), &mut steps)
}

fn choose<'a>(
    sets: &[&'a BTreeSet<Trail>],
    chosen: &mut Vec<&'a Trail>,
    steps: &mut usize,
) -> bool {
    let Some((set, rest)) = sets.split_first() else { return true };
    for trail in *set {
        *steps += 1;
        if *steps > MAX_STEPS {
            return true;
        }
        if chosen.iter().all(|other| agree(other, trail)) {
            chosen.push(trail);
            if choose(rest, chosen, steps) {
                return true;
            }
            chosen.pop();
        }
    }
    false
}

fn agree(a: &Trail, b: &Trail) -> bool {
    a.iter().all(|(list, at)| b.iter().all(|(other, place)| list != other || at == place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(trails: &[&[(usize, usize)]]) -> BTreeSet<Trail> {
        trails.iter().map(|trail| trail.to_vec()).collect()
    }

    #[test]
    fn members_of_one_list_do_not_mix() {
        assert!(can_stand_together(&[]));
        assert!(can_stand_together(&[set(&[&[]]), set(&[&[(1, 0)]])]));
        assert!(!can_stand_together(&[set(&[&[(1, 1)]]), set(&[&[(1, 0)]])]));
        assert!(can_stand_together(&[set(&[&[(1, 1)], &[(1, 0)]]), set(&[&[(1, 0)], &[(2, 0)]])]));
        assert!(!can_stand_together(&[set(&[]), set(&[&[]])]));
    }

    #[test]
    fn many_members_end() {
        let many: BTreeSet<Trail> = (0..200).map(|at| vec![(1, at)]).collect();
        let other: BTreeSet<Trail> = (200..400).map(|at| vec![(1, at)]).collect();
        assert!(!can_stand_together(&[many, other]));
    }
}
