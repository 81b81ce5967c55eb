//! Explanations and readings: what the pure crate knows, in the words of messages.

use aware_core::event::{Event, Outcome};
use aware_core::explanation::{Cure, Explanation, Reading};
use aware_core::group::{Class, Tally};
use aware_iam::explain::{self, Verdict};
use aware_iam::policy::Statement;
use aware_iam::suggest::{Grant, merge};
use aware_iam::triage::{self, LooksLike, Readings};
use serde::Serialize;
use serde_json::Value;

/// Explains a denied event.
pub fn explanation(event: &Event) -> Option<Explanation> {
    if event.outcome != Outcome::Denied {
        return None;
    }
    let known = explain::explain(event);
    Some(Explanation {
        effect: name(&known.effect),
        layer: name(&known.layer),
        confidence: name(&known.confidence),
        incident: known.verdict == Verdict::Incident,
        statement: known.suggestion.and_then(|grant| serde_json::to_value(grant).ok()),
        action: known.action,
        resource: known.resource,
        policy_arn: known.policy_arn,
        why: known.why,
        attach_to: known.attach_to,
        decided_by: known.decided_by,
        next: known.next,
        notes: known.notes,
        console_link: known.console_link,
    })
}

/// The name of an enum's value, as its JSON has it.
fn name(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().map(str::to_owned).unwrap_or_default()
}

/// Judges a group of denials: what it looks like, by all that its principal did, and what would cure
/// it.
pub fn advise(readings: &mut Readings<'_>, tally: &mut Tally) {
    let denied = tally.first.outcome == Outcome::Denied.as_str();
    if tally.class != Class::Finding || !denied || tally.first.correlated.is_some() {
        return;
    }
    let who = &tally.first.principal;
    let reading = readings.of(&who.key, who.issuer.as_deref()).cloned();
    let exploring =
        reading.as_ref().is_some_and(|reading| reading.looks_like == LooksLike::Exploring);
    tally.cure = cure(tally, exploring);
    tally.reading = reading.map(|reading| Reading {
        looks_like: reading.looks_like.as_str().to_owned(),
        points: reading.points,
        sentence: sentence(&reading),
        reasons: reading.reasons.into_iter().map(|one| (one.points, one.text)).collect(),
    });
}

/// The reading in words, as they follow `looks like`.
fn sentence(reading: &triage::Reading) -> String {
    let text = reading.to_string();
    text.strip_prefix("looks like ").map(str::to_owned).unwrap_or(text)
}

/// The statements that would cure a group, merged; none for a caller that looks hostile.
fn cure(tally: &Tally, exploring: bool) -> Option<Cure> {
    let why = tally.first.explanation.as_ref()?;
    let decides = why.decided_by.as_deref().unwrap_or("whoever is responsible for security");
    if exploring && !tally.cures.is_empty() {
        let withheld = format!("it looks like somebody exploring; {decides} decides");
        return Some(Cure { withheld: Some(withheld), ..Cure::default() });
    }
    if tally.cures.is_empty() {
        let withheld = why.decided_by.as_ref().map(|who| format!("{who} decides"));
        return withheld.map(|withheld| Cure { withheld: Some(withheld), ..Cure::default() });
    }
    let grants: Vec<Grant> = tally.cures.iter().filter_map(|text| grant(text)).collect();
    let merged = merge(&grants);
    let statements: Vec<Value> =
        merged.iter().filter_map(|grant| serde_json::to_value(grant).ok()).collect();
    Some(Cure { attach_to: why.attach_to.clone(), statements, withheld: None })
}

/// A grant from its statement's JSON.
fn grant(text: &str) -> Option<Grant> {
    let policy = format!("{{\"Version\":\"2012-10-17\",\"Statement\":{text}}}");
    let policy = aware_iam::policy::Policy::parse(&policy).ok()?;
    let statement: Statement = policy.statements.into_iter().next()?;
    Grant::try_from(&statement).ok()
}
