//! Why a call was denied, whose policy must change, and the smallest statement that would cure it.
//!
//! Three sources are read: an event of a log, the text of an error, and a decoded authorization
//! message. What is guessed says so: see [`Confidence`].

mod cure;
mod policy;
mod text;
mod why;

use aware_core::event::{Event, Outcome, field};
use serde::Serialize;

use crate::action;
use crate::catalogue::{ActionEntry, Catalogue};
use crate::denial::{self, Denial, Effect, Layer};
use crate::principal::Identity;
use crate::resource::{Evidence, Place};
use crate::suggest::Grant;

/// What the action of an explanation is told from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// AWS's own message.
    Message,
    /// The call's name and its request.
    Request,
    /// The call's name alone, or one of several actions that it may need.
    Guess,
}

/// How a single denial looks, without regard to what else its principal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A permission is lacking.
    Misconfig,
    /// The action is one that attackers want.
    Suspicious,
    /// AWS has put a quarantine policy on the user: its key has leaked.
    Incident,
    /// The caller did not prove who he is.
    Authn,
}

/// Why a call was denied.
///
/// Every string may hold what a caller wrote: show it through `aware_core::text` only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The user or role (not the session), by ARN where it is known.
    pub principal: Option<String>,
    /// The IAM action, as AWS spells it.
    pub action: Option<String>,
    /// The resource: an ARN, `*`, or an ARN with `*` for what is not known.
    pub resource: Option<String>,
    /// Whether no policy allows it, or one denies it.
    pub effect: Effect,
    /// The kind of policy that decided.
    pub layer: Layer,
    /// The policy that decided, where AWS names it.
    pub policy_arn: Option<String>,
    /// What the action is told from.
    pub confidence: Confidence,
    /// How it looks.
    pub verdict: Verdict,
    /// The policy that must change, where a change of policy would help.
    pub attach_to: Option<String>,
    /// The statement to add there.
    pub suggestion: Option<Grant>,
    /// Why, in a sentence: `no identity-based policy allows it (implicit; from AWS's message)`.
    pub why: String,
    /// Who can decide, where there is no suggestion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Every action that the call needs, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Actions that are likely to be denied next.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// What else there is to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The encoded authorization message, where there is a whole one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded: Option<String>,
    /// AWS's page about this denial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_link: Option<String>,
    /// The id that `iam:GetRequestAuthorizationDetails` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_id: Option<String>,
}

impl Explanation {
    /// Takes the suggestion back, as when the caller looks hostile, and says who decides.
    pub fn withhold(&mut self, reason: &str) {
        if self.suggestion.take().is_some() {
            self.notes.push(format!("no grant is offered: {reason}"));
            self.decided_by.get_or_insert_with(|| why::SECURITY.to_owned());
        }
        self.attach_to = None;
        self.next.clear();
        self.verdict = self.verdict.max(Verdict::Suspicious);
    }
}

/// Explains by a catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Explainer<'c> {
    catalogue: &'c Catalogue,
}

/// Explains an event by the built-in catalogue. Meant for denials; of another event it says that
/// nothing was denied.
pub fn explain(event: &Event) -> Explanation {
    Explainer::new(Catalogue::builtin()).explain(event)
}

/// Explains the text of an error, or a decoded authorization message, by the built-in catalogue;
/// `None` when neither action, policy nor refusal can be told from it.
pub fn explain_text(text: &str) -> Option<Explanation> {
    Explainer::new(Catalogue::builtin()).explain_text(text)
}

/// All that is known of one denial, whatever it was told by.
struct Facts<'e> {
    identity: Identity,
    denial: Denial<'e>,
    evidence: Evidence<'e>,
    /// The service called, as the log has it: `lambda`, `monitoring`.
    service: &'e str,
    invoked_by: Option<&'e str>,
    endpoint: Option<&'e str>,
    /// Whether anything was refused at all.
    denied: bool,
}

impl<'c> Explainer<'c> {
    /// An explainer that knows what the catalogue knows.
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue }
    }

    /// Explains an event.
    pub fn explain(&self, event: &Event) -> Explanation {
        let code = event.error_code.as_deref().unwrap_or_default();
        let message = event.error_message.as_deref().unwrap_or_default();
        let mut denial = denial::parse(code, message);
        let is_unsaid = denial.refusal.is_none() && denial.layer == Layer::Unknown;
        let denied = event.outcome == Outcome::Denied || !is_unsaid;
        if !denied {
            denial.effect = Effect::None;
            denial.layer = Layer::None;
        }
        let place =
            Place { region: &event.region, account: event.account.as_deref().unwrap_or_default() };
        let evidence = Evidence {
            place,
            operation: &event.action.name,
            named: denial.resource,
            resources: own_resources(event),
            request: field::REQUEST.get(&event.record),
        };
        let facts = Facts {
            identity: Identity::of(event),
            evidence,
            service: &event.action.service,
            invoked_by: event.principal.invoked_by.as_deref(),
            endpoint: field::VPC_ENDPOINT.text(&event.record),
            denied,
            denial,
        };
        self.conclude(&facts)
    }

    /// Explains the text of an error, or a decoded authorization message.
    pub fn explain_text(&self, text: &str) -> Option<Explanation> {
        text::explain(self, text)
    }

    fn conclude(&self, facts: &Facts<'_>) -> Explanation {
        let denial = &facts.denial;
        if let Some(told) = denial.action {
            let entry = self.catalogue.action_in_brief(told);
            let name = entry.as_ref().map(ActionEntry::full_name);
            let name = name.unwrap_or_else(|| action::canonical(self.catalogue, told));
            return cure::conclude(facts, &[name], entry, true, false);
        }
        let operation = facts.evidence.operation;
        let needed = action::needed(self.catalogue, facts.service, operation);
        let alternatives = needed.as_ref().is_some_and(|needed| needed.alternatives);
        let actions = needed.map(|needed| needed.actions).unwrap_or_default();
        let entry = actions.first().and_then(|action| self.catalogue.action_in_brief(action));
        cure::conclude(facts, &actions, entry, false, alternatives)
    }
}

/// The resources that the record itself lists. Without `resources[]` an event has what was read
/// from the message, which is read again here, and better.
fn own_resources(event: &Event) -> &[aware_core::event::Resource] {
    if field::RESOURCES.get(&event.record).is_some() { &event.resources } else { &[] }
}

#[cfg(test)]
mod tests;
