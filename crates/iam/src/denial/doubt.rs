//! Which words of a logged error may be the caller's own: such a denial never gets a cure.
//!
//! A caller chooses the resource, and AWS repeats it in the middle of its sentence. Words of the
//! request are therefore expected there and prove nothing. The text before the resource is AWS's
//! alone, and after it comes the reason: whoever makes a request that contains those words knows
//! them. The texts are read all the same, since nobody may hide a denial by naming it in a request.
//! But the milder reading, that a policy merely lacks the action, is withdrawn if the request
//! contains the reason.

use aware_core::event::{Event, contains_any_text, denial_marks, is_denial_code};
use aware_core::explanation::{DenialEffect, DenialLayer};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use super::denied::Denial;
use super::extras::MAY_BE_CUT;

/// How much of a reason must occur in a request to count as the request's words, in bytes.
const OF_REASON: usize = 24;
/// How reasons begin.
const REASONS: [&str; 2] = ["because ", "with an explicit deny"];
/// Words that can follow an action or a resource in AWS's sentences.
const FOLLOWING: [&str; 10] =
    ["on", "because", "with", "in", "for", "due", "as", "since", "and", "using"];
/// What CloudTrail writes in place of a value.
const HIDDEN: [&str; 2] = ["***", "HIDDEN_DUE_TO_SECURITY_REASONS"];

const HELD: &str = "words of AWS's text also occur in the request, so they may be the caller's";
const UNSURE: &str =
    "only the text makes this a denial, and nothing proves that the caller did not write it";

/// Sets what is doubtful about a denial, and withdraws what a caller may have written of it.
pub(super) fn assess_doubt(event: &Event, text: &str, denial: &mut Denial<'_>) {
    let is_by_code = is_denial_code(event.error_code().unwrap_or_default());
    let Some(told) = SplitDenial::around_resource(text, denial) else { return };
    let holds = |words: &[&str]| caller_values(event).any(|value| contains_any_text(value, words));
    let of_head: Vec<&str> = denial_marks(told.head).collect();
    let reason = told.reason_start();
    if reason.is_some_and(|reason| holds(&[reason])) {
        denial.doubt = Some(HELD);
        if denial.effect != DenialEffect::Explicit {
            (denial.effect, denial.layer) = (DenialEffect::Unknown, DenialLayer::Unknown);
            (denial.resource, denial.reason_action) = (None, None);
        }
    } else if !of_head.is_empty() && holds(&of_head) {
        denial.doubt = Some(HELD);
    } else if !is_by_code && (told.has_unexpected_words() || is_hidden(event)) {
        denial.doubt = Some(UNSURE);
    }
    if text.len() >= MAY_BE_CUT && told.tail.trim().is_empty() {
        // The request shows the complete name.
        denial.resource = None;
    }
}

/// The values that a caller chooses.
fn caller_values(event: &Event) -> impl Iterator<Item = &Value> {
    [field::REQUEST, field::USER_AGENT, field::ADDITIONAL]
        .into_iter()
        .filter_map(|path| path.find_in(&event.record))
}

/// Whether the record omits part of what the caller wrote.
fn is_hidden(event: &Event) -> bool {
    let request = field::REQUEST.find_in(&event.record);
    request.is_none_or(|request| request.is_null() || contains_any_text(request, &HIDDEN))
}

/// A text, split around its resource.
struct SplitDenial<'t> {
    head: &'t str,
    tail: &'t str,
}

impl<'t> SplitDenial<'t> {
    /// `None` if the text names no action.
    fn around_resource(text: &'t str, denial: &Denial<'_>) -> Option<Self> {
        let action = end_of(text, denial.action?)?;
        let resource = denial.resource.and_then(|resource| end_of(text, resource));
        Some(Self { head: text.get(..action)?, tail: text.get(resource.unwrap_or(action)..)? })
    }

    /// The beginning of the reason.
    fn reason_start(&self) -> Option<&'t str> {
        let at = REASONS.iter().filter_map(|words| self.tail.find(words)).min()?;
        let reason = self.tail.get(at..)?;
        let end = (0..=reason.len().min(OF_REASON)).rev().find(|at| reason.is_char_boundary(*at));
        reason.get(..end?)
    }

    /// Whether the text continues as none of AWS's sentences does: with words about a value.
    fn has_unexpected_words(&self) -> bool {
        let behind = match self.tail.split_once(" action") {
            Some((reason, behind)) if reason.contains("because no") => behind,
            _ => self.tail,
        };
        let word = behind.strip_prefix(' ').and_then(|behind| behind.split(' ').next());
        word.is_some_and(|word| {
            word.starts_with(|first: char| first.is_ascii_lowercase()) && !FOLLOWING.contains(&word)
        })
    }
}

/// The position in a text at which a piece of it ends.
fn end_of(text: &str, piece: &str) -> Option<usize> {
    let at = piece.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    (text.get(at..)?.starts_with(piece)).then_some(at + piece.len())
}
