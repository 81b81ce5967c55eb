//! Reasons with their points, and which of them weigh most.

use super::reading::Reason;

pub(super) fn reason(points: i32, text: impl Into<String>) -> Reason {
    Reason { points, text: text.into() }
}

pub(super) fn none() -> Reason {
    reason(0, "")
}

pub(super) fn sum(reasons: &[Reason]) -> i32 {
    reasons.iter().map(|reason| reason.points).sum()
}

/// The reasons with the most points; the first of equals.
pub(super) fn worst(all: impl Iterator<Item = Vec<Reason>>) -> Vec<Reason> {
    let more = |worst: Vec<Reason>, reasons: Vec<Reason>| {
        if sum(&reasons) > sum(&worst) { reasons } else { worst }
    };
    all.fold(Vec::new(), more)
}
