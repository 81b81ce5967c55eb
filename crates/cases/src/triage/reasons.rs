//! Reasons with their points, and which of them weigh most.

use super::reading::ReadingReason;

pub(super) fn new_reason(points: i32, text: impl Into<String>) -> ReadingReason {
    ReadingReason { points, text: text.into() }
}

pub(super) fn no_reason() -> ReadingReason {
    new_reason(0, "")
}

pub(super) fn sum_points(reasons: &[ReadingReason]) -> i32 {
    reasons.iter().map(|reason| reason.points).sum()
}

/// The reasons with the most points; the first of equals.
pub(super) fn worst_reasons(all: impl Iterator<Item = Vec<ReadingReason>>) -> Vec<ReadingReason> {
    let more = |worst: Vec<ReadingReason>, reasons: Vec<ReadingReason>| {
        if sum_points(&reasons) > sum_points(&worst) { reasons } else { worst }
    };
    all.fold(Vec::new(), more)
}
