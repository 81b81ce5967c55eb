//! Whether something happens at steady intervals.

use std::collections::BTreeSet;

/// Calls closer together than this, in seconds, belong to one run: retries, and the steps of one
/// job.
const SAME_RUN: i64 = 120;
/// How many intervals establish a rhythm.
const MIN_INTERVALS: usize = 3;

/// The start times of runs.
pub(super) fn run_starts(times: &BTreeSet<i64>) -> Vec<i64> {
    let mut runs = Vec::new();
    let mut last = i64::MIN;
    for time in times {
        if time.saturating_sub(last) > SAME_RUN {
            runs.push(*time);
        }
        last = *time;
    }
    runs
}

/// Whether three quarters of the intervals are within a quarter of the median, or of a multiple of
/// it: a job that is occasionally skipped keeps its rhythm.
pub(super) fn is_steady(runs: &[i64]) -> bool {
    let mut gaps: Vec<i64> =
        runs.iter().zip(runs.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a)).collect();
    gaps.sort_unstable();
    let Some(middle) = gaps.get(gaps.len() / 2).copied().filter(|gap| *gap > 0) else {
        return false;
    };
    let fits = |gap: &&i64| {
        let times = ((**gap + middle / 2) / middle).clamp(1, 4);
        (**gap - times * middle).abs() * 4 <= middle
    };
    gaps.len() >= MIN_INTERVALS && gaps.iter().filter(fits).count() * 4 >= gaps.len() * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rhythms() {
        for (times, expected) in [
            (vec![0, 3_600, 7_205, 10_790], true),
            (vec![0, 30, 3_600, 3_650, 7_200, 10_800], true),
            (vec![0, 3_600, 10_800, 14_400, 18_000], true),
            (vec![0, 3_600, 7_200], false),
            (vec![0, 400, 1_500, 9_000, 9_500], false),
            (vec![0, 1, 2, 3, 4, 5], false),
        ] {
            assert_eq!(
                is_steady(&run_starts(&times.iter().copied().collect())),
                expected,
                "{times:?}"
            );
        }
    }
}
