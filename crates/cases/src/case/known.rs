//! Cases that their owner knows.

use aware_core::case::CaseReading;
use aware_core::event::Level;
use aware_iam::policy::{Glob, Truth};
use jiff::Timestamp;

use super::{Case, CaseActor};

/// From this weight on, something that went through is told although its actor is known.
const TOLD_WEIGHT: u8 = 2;

/// A principal that is refused what its owner knows, until a day: a vendor's inventory, a scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownActor {
    /// The principal's ARN or display name, with `*` and `?`.
    pub principal: String,
    /// The actions that it is refused, with `*` and `?`; empty for all.
    pub what: Vec<String>,
    /// Who is responsible.
    pub owner: String,
    /// Why it is known.
    pub reason: String,
    /// When the exception ends.
    pub until: Timestamp,
}

impl KnownActor {
    /// Whether it covers a case: every principal of it, everything that they were refused, and
    /// until its last event. An intruder, the root user and a service that cannot deliver are never
    /// covered, nor is a person who explores, nor a case in which something sensitive went through.
    pub fn covers(&self, case: &Case) -> bool {
        let is_mild = !matches!(
            case.reading,
            CaseReading::Intrusion | CaseReading::MisuseOfRoot | CaseReading::BrokenChain
        );
        let has_person = case.actors.iter().any(|actor| actor.is_person);
        let is_quiet = case.notable.iter().all(|line| line.fact.weight < TOLD_WEIGHT);
        is_mild
            && !(has_person && case.reading == CaseReading::Exploring)
            && is_quiet
            && case.last < self.until
            && case.actors.iter().all(|actor| self.names_actor(actor))
            && case.refused_actions().all(|action| self.names_action(action))
    }

    fn names_actor(&self, actor: &CaseActor) -> bool {
        let pattern = Glob::new(&self.principal);
        // Whoever assumes a role may choose the session's name, which stands in the display name.
        let name = Some(actor.name.as_str()).filter(|name| !name.contains(" as "));
        let names = [name, actor.arn.as_deref()];
        names.into_iter().flatten().any(|name| pattern.matches_text(name) == Truth::True)
    }

    fn names_action(&self, action: &str) -> bool {
        let matches = |pattern: &String| {
            Glob::new_folded(pattern).matches_text(&action.to_ascii_lowercase()) == Truth::True
        };
        self.what.is_empty() || self.what.iter().any(matches)
    }

    /// Who knows it, why and until when, in a sentence.
    fn sentence(&self) -> String {
        format!("to {} until {}: {}", self.owner, self.until, self.reason)
    }
}

/// Marks the cases that their owners know: they are informational, and told in the digest only.
/// Cases stay in order, worst first.
pub fn mark_known_cases(cases: &mut [Case], known: &[KnownActor]) {
    for case in cases.iter_mut() {
        if let Some(actor) = known.iter().find(|actor| actor.covers(case)) {
            case.known = Some(actor.sentence());
            case.level = Level::Informational;
        }
    }
    cases.sort_by_key(|case| std::cmp::Reverse(case.level));
}
