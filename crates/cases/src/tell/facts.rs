//! What the decision to tell considers of a case.

use aware_core::case::{CaseReading, EventMark};
use aware_core::event::Level;

use crate::case::{Case, CaseAddition, NotableLine, UndoState};

/// How heavy a success must be to matter by itself; see [`crate::case::NotableFact::weight`].
const IMPORTANT_WEIGHT: u8 = 3;

/// What the decision to tell considers of a case, as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseFactsForTelling<'a> {
    /// How bad it is.
    pub level: Level,
    /// What it looks like.
    pub reading: CaseReading,
    /// What is new in it since it was last decided about.
    pub added: CaseAddition,
    /// What in it is important, as keys: see [`important_things`].
    pub important: &'a [String],
    /// Whether it offers a cure.
    pub offers_cure: bool,
    /// Whether everything that was denied works now.
    pub is_cured: bool,
    /// Whether it has been the same for days.
    pub is_steady: bool,
}

impl<'a> CaseFactsForTelling<'a> {
    /// The facts of a case; `important` is what [`important_things`] finds in it, `added` what is
    /// new in it.
    pub fn from_case(case: &Case, important: &'a [String], added: CaseAddition) -> Self {
        let (cured, denied) = case.cured;
        Self {
            level: case.level,
            reading: case.reading,
            added,
            important,
            offers_cure: case.cure.as_ref().is_some_and(aware_core::explanation::Cure::is_offered),
            is_steady: case.steady_since.is_some() || case.known.is_some(),
            is_cured: case.reading == CaseReading::LacksPermission && denied > 0 && cured >= denied,
        }
    }

    /// Whether it has an event that was not decided about.
    pub(super) fn has_new_events(&self) -> bool {
        self.added != CaseAddition::default()
    }

    /// Whether nobody is told about such a case alone: it needs nothing, or has needed the same for
    /// days.
    pub(super) fn is_for_digest(&self) -> bool {
        let needs_nothing = match self.reading {
            CaseReading::NotConsistentYet
            | CaseReading::ConsolePage
            | CaseReading::NotServed
            | CaseReading::Background => true,
            CaseReading::Intrusion
            | CaseReading::Exploring
            | CaseReading::MisuseOfRoot
            | CaseReading::BrokenChain
            | CaseReading::Change
            | CaseReading::ReportedThreat
            | CaseReading::ReportedWeakness
            | CaseReading::Unclear
            | CaseReading::LacksPermission => false,
        };
        self.level < Level::High && (self.is_steady || needs_nothing)
    }
}

/// The things in a case that are worth a message when they are new, as stable keys: a turn, each
/// sensitive success, that it was taken back, the first use of what it created, another principal or
/// account, the change that caused it.
pub fn important_things(case: &Case) -> Vec<String> {
    let mut things: Vec<String> = case.notable.iter().flat_map(things_of_line).collect();
    things.extend((!case.turns.is_empty()).then(|| "turn".to_owned()));
    things.extend(case.actors.iter().skip(1).map(|actor| format!("actor {}", actor.name)));
    things.extend(case.accounts.iter().skip(1).map(|account| format!("account {account}")));
    let is_caused = case.cause.as_ref().is_some_and(|cause| cause.changed_by.is_some());
    things.extend(is_caused.then(|| "cause".to_owned()));
    // Each of them makes the cure longer.
    let is_lacking = case.reading == CaseReading::LacksPermission;
    let denied = case.actions.iter().filter(|line| is_lacking && line.mark == EventMark::Denied);
    things.extend(denied.map(|line| format!("lacks {}", line.action)));
    let reported = case.reported.iter().filter(|line| line.level >= Level::Medium);
    things.extend(reported.map(|line| format!("reported {} {}", line.level, line.finding_id)));
    things.sort();
    things.dedup();
    things
}

fn things_of_line(line: &NotableLine) -> Vec<String> {
    if line.fact.weight < IMPORTANT_WEIGHT {
        return Vec::new();
    }
    let what = line.fact.undo_key.as_deref().unwrap_or(&line.action);
    let mut things = vec![format!("did {what}")];
    if line.first_used.is_some() {
        things.push(format!("used {what}"));
    }
    if matches!(line.undo, UndoState::Undone { .. }) {
        things.push(format!("undone {what}"));
    }
    things
}
