//! Explanations and readings, from the pure crates, in the form that messages need.

use aware_core::event::{Event, Outcome};
use aware_core::explanation::{Explanation, Reading};
use aware_core::source::source_of;
use aware_iam::catalogue::Catalogue;
use aware_iam::explain::{self, DenialVerdict};

use crate::decide::{self, ExplainedDenials};
use crate::group::{FindingGroup, GroupClass};
use crate::triage::{LooksLike, NextStepCaller, ReadingCache, next_step};

/// Explains a denied API call by IAM's rules, and other denied events as their source does.
///
/// ```
/// use aware_cases::advise::explain_event;
/// use aware_core::source::decode_record;
///
/// let event = decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z", "errorCode": "AccessDenied",
///     "eventSource": "s3.amazonaws.com", "eventName": "HeadObject"}"#)
/// .unwrap();
/// assert_eq!(explain_event(&event).unwrap().action.as_deref(), Some("s3:GetObject"));
/// ```
pub fn explain_event(event: &Event) -> Option<Explanation> {
    if event.outcome != Outcome::Denied {
        return None;
    }
    if event.api_call().is_none() {
        return source_of(event.source).explain(event);
    }
    let known = explain::explain_event(event);
    Some(Explanation {
        effect: known.effect.into(),
        layer: known.layer.into(),
        confidence: known.confidence.into(),
        incident: known.verdict == DenialVerdict::Incident,
        remedies: known.list_remedies(),
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

/// Judges a group of denials: what it looks like, given everything that its principal did, and what
/// would cure it.
pub fn judge_tally(readings: &mut ReadingCache<'_>, tally: &mut FindingGroup) {
    let denied = tally.first.is_denied() && tally.first.explanation.is_some();
    if tally.class != GroupClass::Finding || !denied || tally.first.correlated.is_some() {
        return;
    }
    let who = &tally.first.principal;
    let reading = readings.reading_for(&who.key, who.issuer.as_deref()).cloned();
    let case = ExplainedDenials {
        remedies: &tally.remedies,
        refusals: &tally.refusals,
        signs: &tally.signs,
        decided_by: tally.first.explanation.as_ref().and_then(|why| why.decided_by.as_deref()),
    };
    let decided = decide::decide_cure(Catalogue::built_in(), &case, reading.into());
    tally.cure = decided.cure;
    let exploring =
        decided.reading.as_ref().is_some_and(|it| it.looks_like == LooksLike::Exploring);
    let withheld = tally.cure.as_mut().and_then(|cure| cure.withheld.as_mut());
    if let Some(withheld) = withheld.filter(|_| exploring) {
        *withheld = format!("{withheld}. {}", next_step(&NextStepCaller::from(who)));
    }
    tally.reading = decided.reading.map(Reading::from);
}
