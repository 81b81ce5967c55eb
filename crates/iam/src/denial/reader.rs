//! Reads the text of a denial from left to right.

use std::borrow::Cow;

use aware_core::event::{denial_sentence, is_denial_code, named_resource};
use aware_core::explanation::{DenialEffect, DenialLayer};

use super::denied::Denial;
use super::{action, extras, linked, reason, refused, subject, wording};
use crate::steps::scan;

/// Parses an error's code and text as AWS has written them; either may be empty.
///
/// Never fails: a text that says nothing gives a [`Denial`] that says nothing.
pub fn parse_denial<'t>(code: &str, text: &'t str) -> Denial<'t> {
    let said = denial_sentence(scan(text));
    let mut denial = Denial::default();
    let is_other_form = |said: &&str| OTHER_FORMS.iter().any(|form| said.starts_with(form));
    let rest = match said.filter(is_other_form) {
        Some(other) => {
            read_found(action::find_other_form(other), named_resource, &mut denial).unwrap_or("")
        }
        None => said.map_or("", |said| read_sentence(said, named_resource, &mut denial)),
    };
    // The words of a wrapper's inner text may be a caller's unless the code says otherwise.
    let is_said = said.is_some() || is_denial_code(code);
    denial.encoded = extras::find_encoded(said.unwrap_or(text), true).filter(|_| is_said);
    complete_denial(code, refused::outside_quotes(text), rest, &mut denial);
    mark_distrusted(said.unwrap_or_default(), &mut denial);
    denial
}

/// CodeBuild's wording when it cannot assume a project's role: the role does not trust it.
///
/// Source: CodeBuild user guide, "Troubleshooting", `CodeBuild is not authorized to perform:
/// sts:AssumeRole`.
pub(super) fn mark_distrusted(said: &str, denial: &mut Denial<'_>) {
    let is_role = denial.action == Some("sts:AssumeRole") && denial.is_open();
    if is_role && said.starts_with("CodeBuild is not authorized to perform") {
        denial.principal = Some("codebuild.amazonaws.com");
        (denial.effect, denial.layer) = (DenialEffect::Implicit, DenialLayer::Trust);
    }
}

/// Beginnings of sentences that never continue with `is not authorized to perform`: if one contains
/// that phrase, someone else wrote it.
const OTHER_FORMS: [&str; 10] = [
    "API: ",
    "AccessDenied",
    "User doesn't have ",
    "User does not have ",
    "You do not have ",
    "You don't have ",
    "The provided ",
    "The function ",
    "The caller does ",
    "Caller does ",
];

/// Reads a sentence and returns the text after the resource.
pub(super) fn read_sentence<'t>(
    said: &'t str,
    resource: impl Fn(&'t str) -> (Option<&'t str>, &'t str),
    denial: &mut Denial<'t>,
) -> &'t str {
    let found = action::find_action(said).or_else(|| action::find_other_form(said));
    read_found(found, resource, denial).unwrap_or(said)
}

fn read_found<'t>(
    found: Option<action::ActionMatch<'t>>,
    resource: impl Fn(&'t str) -> (Option<&'t str>, &'t str),
    denial: &mut Denial<'t>,
) -> Option<&'t str> {
    let found = found?;
    denial.principal = subject::find_principal(found.before);
    denial.action = found.action;
    let (named, rest) = resource(found.after);
    denial.resource = named;
    Some(rest)
}

/// Completes a denial with the reason, the links, and the services' own wordings, which are
/// searched for in all the words.
pub(super) fn complete_denial<'t>(
    code: &str,
    words: Cow<'_, str>,
    rest: &'t str,
    denial: &mut Denial<'t>,
) {
    let reason = reason::read_reason(rest);
    denial.effect = reason.effect;
    denial.layer = reason.layer;
    denial.policy_arn = reason.policy_arn;
    denial.reason_action = reason.action;
    denial.action = denial.action.or(reason.action);
    denial.console_link = extras::console_link(rest);
    denial.authorization_id = extras::authorization_id(rest, denial.console_link);
    if denial.action.is_none() {
        wording::match_wording(code, &words, denial);
    }
    denial.linked_service = linked::find_linked_service(&words);
    if denial.worded.is_none() && denial.is_open() {
        let words = if denial.action.is_some() { rest } else { &*words };
        refused::classify_refusal(code, words, denial);
    }
}
