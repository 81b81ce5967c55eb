//! One explanation, with its context.

use std::collections::BTreeSet;

use aware_cases::advise;
use aware_cases::decide::{self, CallerReading, ExplainedDenials};
use aware_cases::triage::{LooksLike, NextStepCaller, TriageReading, next_step};
use aware_core::event::{Event, Outcome};
use aware_core::explanation::{Cure, Explanation};
use aware_core::finding::FindingPrincipal;
use aware_iam::denial::DenialLayer;
use aware_iam::explain::DenialExplanation;
use aware_iam::suggest::CureStatement;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::iam::catalogue;

/// One explanation, and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct ExplainedCause {
    pub(super) explanation: DenialExplanation,
    /// What is offered to cure it.
    pub(super) cure: Cure,
    pub(super) event: Option<EventBrief>,
    pub(super) reading: Option<TriageReading>,
    /// Whom to ask, if it looks like somebody exploring.
    pub(super) next_step: Option<String>,
    /// Whether it is about a call that IAM decides about.
    pub(super) is_call: bool,
}

/// The facts shown about an event.
#[derive(Clone, Debug)]
pub(super) struct EventBrief {
    pub(super) id: String,
    pub(super) time: Timestamp,
    /// The principal that lacks the permission, as people call it: `role/app`.
    pub(super) who: String,
    /// `logs:CreateLogGroup`, by the call's name.
    pub(super) call: String,
    pub(super) account: String,
    pub(super) region: String,
}

impl ExplainedCause {
    pub(super) fn from_text(mut explanation: DenialExplanation) -> Self {
        let (cure, reading) = decide_grant(&mut explanation, CallerReading::Asking);
        Self { explanation, cure, event: None, reading, next_step: None, is_call: true }
    }

    /// Withdraws the suggestion if it should not be offered.
    pub(super) fn from_event(
        mut explanation: DenialExplanation,
        event: &Event,
        reading: Option<TriageReading>,
    ) -> Self {
        let reading = reading.filter(|_| explanation.layer != DenialLayer::None);
        let (cure, reading) = decide_grant(&mut explanation, reading.into());
        let brief = EventBrief {
            id: event.id.clone(),
            time: event.time,
            who: lacking_principal(&explanation).unwrap_or_else(|| event.principal.name.clone()),
            call: event.action.to_string(),
            account: event.account_or_unknown().to_owned(),
            region: event.region.clone(),
        };
        let looks = reading.as_ref().map(|reading| reading.looks_like);
        let next_step = (looks == Some(LooksLike::Exploring))
            .then(|| next_step(&NextStepCaller::from(&FindingPrincipal::from_event(event))));
        Self { explanation, cure, event: Some(brief), reading, next_step, is_call: true }
    }

    /// An event of a log in which IAM plays no part, as its source explains it. Rules judge the
    /// caller, in its case; here nothing is known of it.
    pub(super) fn from_other_log(event: &Event) -> Self {
        let known = advise::explain_event(event);
        let is_denied = event.outcome == Outcome::Denied;
        let said = event.why().unwrap_or_default();
        let known = known.unwrap_or_else(|| Explanation { why: said, ..Explanation::default() });
        let layer = if is_denied { DenialLayer::NotIam } else { DenialLayer::None };
        let explanation = DenialExplanation {
            principal: Some(event.principal.name.clone()),
            action: Some(known.action.unwrap_or_else(|| event.action.to_string())),
            resource: known.resource,
            effect: known.effect.known().unwrap_or_default(),
            layer: known
                .layer
                .known()
                .filter(|layer| *layer != DenialLayer::Unknown)
                .unwrap_or(layer),
            take_care: known.remedies.iter().flat_map(|one| one.take_care.clone()).collect(),
            attach_to: known.attach_to,
            also: known.remedies,
            no_grant: known.no_grant,
            why: known.why,
            decided_by: known.decided_by,
            next: known.next,
            notes: known.notes,
            ..DenialExplanation::default()
        };
        let cause = Self::from_event(explanation, event, None);
        Self { is_call: false, ..cause }
    }

    /// Whether anything was denied.
    pub(super) fn is_denial(&self) -> bool {
        self.explanation.layer != DenialLayer::None
    }

    /// `logs:CreateLogGroup denied to role/app in 111122223333, eu-west-1`.
    pub(super) fn headline(&self) -> String {
        let action = self.explanation.action.as_deref();
        let verb = match (self.is_denial(), self.is_call) {
            (true, _) => "denied to",
            (false, true) => "not denied to",
            (false, false) => "by",
        };
        match &self.event {
            Some(event) => {
                let action = action.unwrap_or(&event.call);
                let region = Some(&event.region).filter(|region| !region.is_empty());
                let region = region.map(|region| format!(", {region}")).unwrap_or_default();
                format!("{action} {verb} {} in {}{region}", event.who, event.account)
            }
            None => {
                let action = action.unwrap_or("a call");
                let who = self.explanation.principal.as_deref().unwrap_or("the caller");
                format!("{action} {verb} {who}")
            }
        }
    }

    /// The object of `--format json` and `jsonl`.
    pub(super) fn to_json(&self) -> Value {
        let mut map = match serde_json::to_value(&self.explanation) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        };
        if let Some(reading) = &self.reading {
            map.insert("looks_like".to_owned(), json!(reading));
        }
        if let Some(step) = &self.next_step {
            map.insert("next_step".to_owned(), json!(step));
        }
        if let Some(event) = &self.event {
            map.insert("event_id".to_owned(), json!(event.id));
            map.insert("time".to_owned(), json!(event.time));
            map.insert("account".to_owned(), json!(event.account));
            map.insert("region".to_owned(), json!(event.region));
        }
        Value::Object(map)
    }
}

/// `role/app`, if AWS's message names somebody other than the caller.
fn lacking_principal(explanation: &DenialExplanation) -> Option<String> {
    explanation.caller.as_ref()?;
    let arn = explanation.principal.as_deref()?;
    let (kind, path) = arn.rsplit(':').next()?.split_once('/')?;
    Some(format!("{kind}/{}", path.rsplit('/').next()?))
}

/// Decides as scans and messages do whether a grant is offered, and takes the suggestion back where
/// it is not.
fn decide_grant(
    explanation: &mut DenialExplanation,
    caller: CallerReading,
) -> (Cure, Option<TriageReading>) {
    let remedies: BTreeSet<CureStatement> = explanation.list_remedies().into_iter().collect();
    let refusals = explanation.no_grant.iter().cloned().collect();
    let signs = explanation.sign.iter().cloned().collect();
    let case = ExplainedDenials {
        remedies: &remedies,
        refusals: &refusals,
        signs: &signs,
        decided_by: explanation.decided_by.as_deref(),
    };
    let decided = decide::decide_cure(catalogue::current_catalogue(), &case, caller);
    let cure = decided.cure.unwrap_or_default();
    if !cure.is_offered() && explanation.suggestion.is_some() {
        explanation.withhold_grant(cure.withheld.as_deref().unwrap_or_default());
    }
    (cure, decided.reading)
}
