//! Explanations and readings: what the pure crate knows, in the words of messages.

use std::collections::HashMap;

use aware_core::event::{Event, Outcome};
use aware_core::explanation::{Explanation, Reading};
use aware_core::group::{Class, Tally};
use aware_iam::catalogue::Catalogue;
use aware_iam::explain::{self, Verdict};
use aware_iam::suggest::{self, Case};
use aware_iam::triage::{self, MAX_PRINCIPALS, Observation, Profile};
use serde::Serialize;

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
        remedies: known.remedies(),
        no_grant: known.no_grant,
        sign: known.sign,
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

/// What principals did, for the reading of their denials.
#[derive(Debug, Default)]
pub struct Profiles {
    known: HashMap<String, Profile>,
    /// Observations of principals beyond the limit.
    left_out: u64,
}

impl Profiles {
    /// Takes what a principal did.
    pub fn observe(&mut self, principal: &str, seen: &Observation) {
        if self.known.len() >= MAX_PRINCIPALS && !self.known.contains_key(principal) {
            self.left_out += 1;
            return;
        }
        self.known.entry(principal.to_owned()).or_default().observe(seen);
    }

    /// Takes another part's knowledge.
    pub fn merge(&mut self, other: Self) {
        self.left_out += other.left_out;
        for (principal, profile) in other.known {
            self.known.entry(principal).or_default().merge(profile);
        }
    }

    /// Judges a group of denials: what it looks like, and what would cure it.
    pub fn advise(&self, tally: &mut Tally) {
        let denied = tally.first.outcome == Outcome::Denied.as_str();
        if tally.class != Class::Finding || !denied || tally.first.correlated.is_some() {
            return;
        }
        let reading = self.known.get(&tally.first.principal.key).map(Profile::reading);
        let decided_by = tally.first.explanation.as_ref().and_then(|why| why.decided_by.as_deref());
        let case = Case {
            remedies: &tally.remedies,
            refusals: &tally.refusals,
            signs: &tally.signs,
            decided_by,
        };
        let decided = suggest::decide(Catalogue::builtin(), &case, reading);
        tally.cure = decided.cure;
        tally.reading = decided.reading.map(|reading| Reading {
            looks_like: reading.looks_like.as_str().to_owned(),
            points: reading.points,
            sentence: sentence(&reading),
            reasons: reading.reasons.into_iter().map(|one| (one.points, one.text)).collect(),
        });
    }

    /// What is known of one principal, to be kept.
    pub fn get(&self, principal: &str) -> Option<&Profile> {
        self.known.get(principal)
    }

    /// Takes up what was kept.
    pub fn restore(&mut self, principal: &str, profile: Profile) {
        self.known.insert(principal.to_owned(), profile);
    }
}

/// The reading in words, as they follow `looks like`.
fn sentence(reading: &triage::Reading) -> String {
    let text = reading.to_string();
    text.strip_prefix("looks like ").map(str::to_owned).unwrap_or(text)
}
