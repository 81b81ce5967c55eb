//! Whether what was changed still holds: the first question of whoever responds.

use aware_core::case::{CaseKind, EventMark};

use super::shown_names::{actor_name, shown_name, shown_text};
use super::times::full_minute;
use super::words::count_noun;
use crate::case::{Case, NotableLine, UndoState};

/// The most characters of a change in the sentence.
const MAX_CHANGE: usize = 100;

/// Whether what was changed, or what is refused, is so at the end of the logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Whether anything of it is; `None` if that is not known.
    pub holds: Option<bool>,
    /// The sentence.
    pub sentence: String,
    /// The event that took it back.
    pub event_id: Option<String>,
}

impl InForce {
    /// What is known, if there is anything that could be taken back.
    pub(super) fn of_case(case: &Case) -> Option<Self> {
        let holding: Vec<&NotableLine> =
            case.notable.iter().filter(|line| line.undo == UndoState::InForce).collect();
        let undone: Vec<&NotableLine> =
            case.notable.iter().filter(|line| is_undone(line)).collect();
        let unknown = case.notable.iter().filter(|line| line.undo == UndoState::NotKnown);
        let unknown: u64 = unknown.map(|line| line.count).sum();
        let known = Self::of_known(case, &holding, &undone);
        if unknown == 0 { known } else { Some(Self::with_unknown(known, unknown)) }
    }

    /// What is known of the changes of which something is.
    fn of_known(case: &Case, holding: &[&NotableLine], undone: &[&NotableLine]) -> Option<Self> {
        let until = full_minute(case.logs_until);
        match (holding, undone) {
            ([], []) if case.kind == CaseKind::Chain => Some(refusals_at_end(case)),
            ([], []) => None,
            ([one], []) => {
                let what = match case.notable.len() {
                    1 => "this".to_owned(),
                    _ => shown_text(&one.action, MAX_CHANGE),
                };
                Some(Self::still_so(format!(
                    "Nothing in these logs undoes {what}, up to {until} UTC."
                )))
            }
            (all, []) => Some(Self::still_so(format!(
                "Nothing in these logs undoes these {} changes, up to {until} UTC.",
                all.len()
            ))),
            ([], [one]) => {
                let what = shown_text(&one.action, MAX_CHANGE);
                Some(Self::taken_back(case, one, "", &format!(" undid {what}")))
            }
            ([], [.., last]) => {
                let start = format!("{} changes are undone, the last one by ", undone.len());
                Some(Self::taken_back(case, last, &start, ""))
            }
            (some, gone) => Some(Self::partly(some, gone.len(), &until)),
        }
    }

    /// Adds changes of which these logs do not tell whether they hold.
    fn with_unknown(known: Option<Self>, unknown: u64) -> Self {
        let more = if known.is_some() { " more" } else { "" };
        let about = match unknown {
            1 => format!("It is not known whether 1{more} change is still in force."),
            _ => format!("It is not known whether {unknown}{more} changes are still in force."),
        };
        match known {
            None => Self { holds: None, sentence: about, event_id: None },
            Some(known) => Self {
                holds: known.holds.filter(|holds| *holds),
                sentence: format!("{} {about}", known.sentence),
                event_id: known.event_id,
            },
        }
    }

    fn still_so(sentence: String) -> Self {
        Self { holds: Some(true), sentence, event_id: None }
    }

    fn taken_back(case: &Case, line: &NotableLine, start: &str, did: &str) -> Self {
        let UndoState::Undone { by, time, event_id } = &line.undo else {
            return Self { holds: Some(false), sentence: String::new(), event_id: None };
        };
        let own = if is_of_case(case, by) { ", who is in this case," } else { "" };
        let (who, at) = (shown_name(by), full_minute(*time));
        let sentence = format!("{start}{who}{own}{did} at {at} UTC.");
        Self { holds: Some(false), sentence, event_id: Some(event_id.clone()) }
    }

    fn partly(holding: &[&NotableLine], undone: usize, until: &str) -> Self {
        let all = (holding.len() + undone) as u64;
        let is = if holding.len() == 1 { "is" } else { "are" };
        let worst = holding.iter().max_by_key(|line| line.fact.weight);
        let worst = worst.map(|line| shown_text(&line.fact.text, MAX_CHANGE)).unwrap_or_default();
        let begin = if holding.len() == 1 { ": " } else { ", first of all " };
        Self::still_so(format!(
            "{} of {} {is} still in force at {until} UTC{begin}{worst}.",
            holding.len(),
            count_noun(all, "change", "changes"),
        ))
    }
}

fn is_undone(line: &NotableLine) -> bool {
    matches!(line.undo, UndoState::Undone { .. })
}

fn is_of_case(case: &Case, name: &str) -> bool {
    case.actors.iter().any(|actor| actor.name == name)
}

/// Whether the refusals of an AWS service go on: none of the refused actions has worked since.
fn refusals_at_end(case: &Case) -> InForce {
    let until = full_minute(case.logs_until);
    let denied = || case.actions.iter().filter(|line| line.mark == EventMark::Denied);
    let last_denied = denied().map(|line| line.last).max().unwrap_or(case.last);
    let worked = case.actions.iter().find(|line| {
        !matches!(line.mark, EventMark::Denied | EventMark::Failed | EventMark::Reported)
            && line.last > last_denied
            && denied().any(|one| one.action == line.action)
    });
    match worked {
        Some(line) => InForce {
            holds: Some(false),
            sentence: format!(
                "It works again: {} by {} went through at {} UTC.",
                shown_text(&line.action, MAX_CHANGE),
                actor_name(case, line.actor),
                full_minute(line.last)
            ),
            event_id: None,
        },
        None => InForce::still_so(format!(
            "Still denied at {} UTC, and not seen to work since; the logs end at {until} UTC.",
            full_minute(last_denied)
        )),
    }
}
