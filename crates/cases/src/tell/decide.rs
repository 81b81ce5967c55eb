//! Decides whether a case is told now or counted.

use aware_core::event::Level;
use jiff::Timestamp;

use super::budget::{MessageReserve, later};
use super::cause::{TellCause, TellingDecision};
use super::facts::CaseFactsForTelling;
use super::limits::TellingLimits;
use super::state::{CaseTelling, TellingChannel, ToldFacts};
use super::status::{CaseStatus, ClosedBy};

/// Decides what to do about a case whose facts may have changed, or whose time may have come.
///
/// ```
/// use aware_cases::case::CaseAddition;
/// use aware_cases::tell::*;
/// use aware_core::case::CaseReading;
/// use aware_core::event::Level;
///
/// let facts = CaseFactsForTelling {
///     level: Level::High, reading: CaseReading::Exploring,
///     added: CaseAddition { findings: 1, events: 1 }, important: &[], offers_cure: false, is_cured: false, is_steady: false,
/// };
/// let (limits, now) = (TellingLimits::default(), "2026-11-24T03:54:07Z".parse()?);
/// let mut case = CaseTelling::default();
/// let first = decide_telling(&case, &facts, now, &limits);
/// assert_eq!(first, TellingDecision::Tell(TellCause::First));
/// case.record_decision(&first, &facts, now);
/// // The repeat waits for an update.
/// assert_eq!(decide_telling(&case, &facts, now, &limits), TellingDecision::Count);
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn decide_telling(
    case: &CaseTelling,
    facts: &CaseFactsForTelling<'_>,
    now: Timestamp,
    limits: &TellingLimits,
) -> TellingDecision {
    match &case.status {
        CaseStatus::Merged { .. } => TellingDecision::LeaveToDigest,
        CaseStatus::Closed { by: ClosedBy::Person { level, reading, .. }, .. } => {
            // Readings are ordered, the gravest first.
            let is_worse = facts.level > *level || facts.reading < *reading;
            if is_worse {
                TellingDecision::Tell(reopened(case, facts))
            } else {
                TellingDecision::LeaveToDigest
            }
        }
        CaseStatus::Closed { .. } if !facts.has_new_events() => TellingDecision::LeaveToDigest,
        CaseStatus::Closed { .. } if facts.is_for_digest() => TellingDecision::LeaveToDigest,
        CaseStatus::Closed { .. } => TellingDecision::Tell(reopened(case, facts)),
        CaseStatus::Open => match &case.told {
            None => decide_untold(case, facts, now, limits),
            Some(told) => decide_told(case, told, facts, now, limits),
        },
    }
}

fn reopened(case: &CaseTelling, facts: &CaseFactsForTelling<'_>) -> TellCause {
    TellCause::Reopened { retracts_cure: case.retracts_cure(facts) }
}

/// Nobody was told about it.
fn decide_untold(
    case: &CaseTelling,
    facts: &CaseFactsForTelling<'_>,
    now: Timestamp,
    limits: &TellingLimits,
) -> TellingDecision {
    let is_held = case.heard.is_some() && facts.level < Level::High;
    match case.channel {
        _ if is_quiet(case, facts, now, limits) => TellingDecision::CloseSilently,
        TellingChannel::Storm if is_held => TellingDecision::Count,
        _ if facts.is_for_digest() => TellingDecision::LeaveToDigest,
        // A storm that is over left it to the digest.
        TellingChannel::Digest if is_held && case.was_in_storm => TellingDecision::LeaveToDigest,
        TellingChannel::Own | TellingChannel::Storm | TellingChannel::Digest => {
            let is_again = case.reopened > 0;
            TellingDecision::Tell(if is_again { reopened(case, facts) } else { TellCause::First })
        }
    }
}

fn is_quiet(
    case: &CaseTelling,
    facts: &CaseFactsForTelling<'_>,
    now: Timestamp,
    limits: &TellingLimits,
) -> bool {
    !facts.has_new_events() && case.heard.is_some_and(|heard| now >= later(heard, limits.quiet))
}

fn decide_told(
    case: &CaseTelling,
    told: &ToldFacts,
    facts: &CaseFactsForTelling<'_>,
    now: Timestamp,
    limits: &TellingLimits,
) -> TellingDecision {
    let (from, retracts_cure) = (told.reading, case.retracts_cure(facts));
    if facts.level > told.level {
        let from = told.level;
        return TellingDecision::Tell(TellCause::LevelRose { from, retracts_cure });
    }
    let turned = TellCause::ReadingChanged { from, retracts_cure };
    // A cure that is wrong is retracted whatever was sent before: each was given by a message that
    // the budget allowed.
    if retracts_cure {
        return TellingDecision::Tell(turned);
    }
    if is_quiet(case, facts, now, limits) {
        return TellingDecision::Tell(TellCause::Closed(ClosedBy::Quiet));
    }
    let new = case.new_things(facts);
    // A cure that works and fails in turns must not use up the messages.
    let has_settled = || case.heard.is_none_or(|heard| now >= later(heard, limits.cured_for));
    let news = if facts.is_cured && !facts.has_new_events() && has_settled() {
        Some((TellCause::Closed(ClosedBy::Cured), MessageReserve::Some))
    } else if facts.reading != told.reading {
        Some((turned, MessageReserve::None))
    } else if !new.is_empty() {
        Some((TellCause::Important(new), MessageReserve::None))
    } else {
        None
    };
    match news {
        Some((cause, reserve)) if now >= case.budget.free_at(reserve, limits) => {
            TellingDecision::Tell(cause)
        }
        Some(_) => TellingDecision::Count,
        None if facts.is_for_digest() => TellingDecision::LeaveToDigest,
        None if are_counts_due(case, facts, now, limits) => {
            TellingDecision::Tell(TellCause::CountsDue)
        }
        None => TellingDecision::Count,
    }
}

fn are_counts_due(
    case: &CaseTelling,
    facts: &CaseFactsForTelling<'_>,
    now: Timestamp,
    limits: &TellingLimits,
) -> bool {
    case.findings + facts.added.findings > case.reported
        && case.counts_due_at(limits).is_some_and(|due| now >= due)
}
