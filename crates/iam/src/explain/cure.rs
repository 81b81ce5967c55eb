//! What follows from the facts: verdict, policy to change, statement to add.

use super::{Confidence, Explanation, Facts, Verdict, policy, why};
use crate::catalogue::ActionEntry;
use crate::denial::{Effect, Layer};
use crate::principal::{Identity, Kind};
use crate::resource::{self, Found, Origin};
use crate::suggest::{self, Need};

/// The policies that AWS itself attaches to users whose keys it has found in public.
const QUARANTINE: &str = ":policy/AWSCompromisedKeyQuarantine";
/// Instance types with accelerators, which are what stolen credentials are used for first.
const ACCELERATED: [&str; 9] = ["p2.", "p3", "p4", "p5", "p6", "g4", "g5", "g6", "trn"];

pub(super) fn conclude(
    facts: &Facts<'_>,
    actions: &[String],
    entry: Option<ActionEntry>,
    is_told: bool,
    alternatives: bool,
) -> Explanation {
    let told = resource::find(entry.as_ref(), &facts.evidence);
    let confidence = confidence(facts, entry.as_ref(), told.as_ref(), is_told, alternatives);
    let found = told.and_then(|told| asked_about(facts, told));
    let mut out = bare(facts, actions, found.as_ref(), confidence);
    if alternatives && !is_told {
        out.notes.push(format!("depending on the request, one of {}", actions.join(", ")));
    }
    out.notes.extend(why::notes(facts, actions, entry.as_ref()));
    let case = Case { facts, actions, entry: entry.as_ref(), found: found.as_ref(), alternatives };
    case.judge(&mut out);
    out
}

/// The resource. What no policy was asked about has one only where the request tells it, and a
/// pattern for what nothing tells is none.
fn asked_about(facts: &Facts<'_>, found: Found) -> Option<Found> {
    match facts.denial.layer {
        Layer::Authentication | Layer::None => None,
        Layer::NotIam => Some(found).filter(|found| {
            found.whole
                && matches!(found.origin, Origin::Message | Origin::Record | Origin::Request)
        }),
        _ => Some(found).filter(|found| found.origin != Origin::Pattern),
    }
}

fn confidence(
    facts: &Facts<'_>,
    entry: Option<&ActionEntry>,
    found: Option<&Found>,
    is_told: bool,
    alternatives: bool,
) -> Confidence {
    if is_told || facts.denial.layer == Layer::Authentication {
        return Confidence::Message;
    }
    let is_open = found.is_some_and(|found| found.origin == Origin::Pattern);
    if entry.is_none() || alternatives || is_open { Confidence::Guess } else { Confidence::Request }
}

/// An explanation without judgement.
fn bare(
    facts: &Facts<'_>,
    actions: &[String],
    found: Option<&Found>,
    confidence: Confidence,
) -> Explanation {
    let denial = &facts.denial;
    let is_call = denial.layer != Layer::Authentication;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Explanation {
        principal: principal(facts),
        caller: facts.caller.as_ref().map(Identity::label),
        action: actions.first().filter(|_| is_call).cloned(),
        resource: found.map(|found| found.name.clone()),
        effect: denial.effect,
        layer: denial.layer,
        policy_arn: owned(denial.policy_arn),
        confidence,
        verdict: Verdict::Misconfig,
        attach_to: None,
        suggestion: None,
        why: why::why(facts, confidence),
        decided_by: None,
        actions: if actions.len() > 1 && is_call { actions.to_vec() } else { Vec::new() },
        next: Vec::new(),
        notes: Vec::new(),
        encoded: denial.encoded.filter(|encoded| !encoded.likely_cut).map(|it| it.text.to_owned()),
        console_link: owned(denial.console_link),
        authorization_id: owned(denial.authorization_id),
    }
}

fn principal(facts: &Facts<'_>) -> Option<String> {
    match &facts.identity.kind {
        Kind::WebIdentity(web) => Some(web.label()),
        Kind::Unknown if facts.identity.arn.is_none() => facts.denial.principal.map(str::to_owned),
        Kind::Service if facts.identity.arn.is_none() => {
            facts.invoked_by.or(facts.denial.principal).map(str::to_owned)
        }
        _ => Some(facts.identity.label()),
    }
}

/// One denial, to be judged.
struct Case<'e> {
    facts: &'e Facts<'e>,
    actions: &'e [String],
    entry: Option<&'e ActionEntry>,
    found: Option<&'e Found>,
    alternatives: bool,
}

impl Case<'_> {
    fn judge(&self, out: &mut Explanation) {
        let denial = &self.facts.denial;
        out.verdict = self.verdict();
        if out.verdict == Verdict::Incident {
            out.decided_by = Some(why::SECURITY.to_owned());
            out.notes.push("AWS has quarantined this user: its access key has leaked. Treat it as a critical incident and rotate the key".to_owned());
            return;
        }
        if !self.facts.denied {
            return;
        }
        if let Some(refusal) = denial.refusal {
            out.decided_by = refusal.decided_by().map(str::to_owned);
            return;
        }
        let is_organizations = matches!(denial.layer, Layer::Scp | Layer::Rcp);
        if denial.effect == Effect::Explicit || is_organizations {
            out.decided_by = why::owner(self.facts);
            return;
        }
        if denial.layer == Layer::None {
            return;
        }
        self.cure(out);
    }

    fn verdict(&self) -> Verdict {
        let denial = &self.facts.denial;
        if denial.policy_arn.is_some_and(|arn| arn.contains(QUARANTINE)) {
            return Verdict::Incident;
        }
        match denial.layer {
            Layer::Authentication => Verdict::Authn,
            Layer::NotIam | Layer::None => Verdict::Misconfig,
            _ if self.is_withheld() || self.is_tempting() => Verdict::Suspicious,
            _ => Verdict::Misconfig,
        }
    }

    /// Whether nobody should be offered this action unasked.
    fn is_withheld(&self) -> bool {
        let marked = self.entry.is_some_and(|entry| entry.sensitivity.is_withheld());
        marked || self.passes_beyond_boundary()
    }

    /// A boundary that keeps a role from being passed is doing its work.
    fn passes_beyond_boundary(&self) -> bool {
        let passes = self.actions.first().is_some_and(|action| action == "iam:PassRole");
        passes && self.facts.denial.layer == Layer::Boundary
    }

    /// What is ordinary by its action, and not by its request.
    fn is_tempting(&self) -> bool {
        let asked = |key: &str| self.facts.evidence.request?.get(key)?.as_str();
        match self.actions.first().map(String::as_str) {
            Some("ec2:RunInstances") => asked("instanceType")
                .is_some_and(|kind| ACCELERATED.iter().any(|start| kind.starts_with(start))),
            Some("ec2:DescribeInstanceAttribute") => asked("attribute") == Some("userData"),
            _ => false,
        }
    }

    /// The policy to change and the statement to add, or who decides instead.
    fn cure(&self, out: &mut Explanation) {
        let action = self.actions.first().map(String::as_str).unwrap_or_default();
        if self.is_withheld() {
            let marks = self.entry.map(|entry| entry.sensitivity.describe()).unwrap_or_default();
            out.notes.push(format!("no grant is offered: the action {}", marks.join(" and ")));
            out.decided_by = Some(why::SECURITY.to_owned());
            if self.passes_beyond_boundary() {
                out.attach_to = policy::attach_to(self.facts, action, self.found);
            }
            return;
        }
        out.attach_to = policy::attach_to(self.facts, action, self.found);
        if out.attach_to.is_none() {
            out.decided_by = self.facts.identity.note();
            return;
        }
        if !self.has_statement(action) {
            out.decided_by =
                why::owner(self.facts).filter(|_| self.facts.denial.layer != Layer::Unknown);
            return;
        }
        match suggest::grant(&self.need()) {
            Ok(grant) => {
                out.suggestion = Some(grant);
                out.next = suggest::likely_next(action, self.entry);
                self.caution(out);
            }
            Err(problem) => out.notes.push(format!("no grant is offered: {problem}")),
        }
    }

    /// Whether a statement of this action on this resource would cure it.
    fn has_statement(&self, action: &str) -> bool {
        let is_named = self.found.is_some_and(|found| found.name != "*");
        let is_abroad = policy::other_account(self.facts, self.found).is_some();
        match self.facts.denial.layer {
            Layer::Trust | Layer::ResourceOrMissing => false,
            _ if policy::by_trust_alone(self.facts, action) => false,
            Layer::Resource => is_named,
            Layer::Unknown => !is_abroad || action == "sts:AssumeRole",
            _ => true,
        }
    }

    fn need(&self) -> Need<'_> {
        // Of several that may be needed only the first is granted: no more than is known.
        let count = if self.alternatives { 1 } else { self.actions.len() };
        Need {
            actions: self.actions.get(..count).unwrap_or_default(),
            entry: self.entry,
            found: self.found,
            evidence: &self.facts.evidence,
            service: self.facts.service,
            invoked_by: self.facts.invoked_by,
        }
    }

    /// What to know before the statement is added.
    fn caution(&self, out: &mut Explanation) {
        let marks = self.entry.map(|entry| entry.sensitivity.describe()).unwrap_or_default();
        if !marks.is_empty() {
            out.notes.push(format!("take care: the action {}", marks.join(" and ")));
        }
        let is_open = self.found.is_some_and(|found| !found.whole && found.name != "*");
        if is_open && self.facts.denial.resource.is_none() {
            out.notes.push("the `*` stands for what nothing tells: narrow it".to_owned());
        }
        let shows_all = self.facts.denial.resource == Some("*");
        if shows_all && out.suggestion.as_ref().is_some_and(|grant| grant.resources != ["*"]) {
            out.notes.push(
                "AWS's message shows `*`; if the denial stays, the call is checked on `*`"
                    .to_owned(),
            );
        }
    }
}
