//! Reads the text of a denial from left to right.

use std::borrow::Cow;

use aware_core::event::{is_denial_code, named_resource, sentence};

use super::denied::Denial;
use super::{action, extras, linked, reason, refused, subject, wording};
use aware_core::explanation::{Effect, Layer};

/// Reads an error's code and text, either of which may be empty, as AWS has written them.
///
/// Nothing is an error: a text that says nothing gives a [`Denial`] that says nothing.
pub fn parse<'t>(code: &str, text: &'t str) -> Denial<'t> {
    let said = sentence(text);
    let mut denial = Denial::default();
    let is_other_form = |said: &&str| OTHER_FORMS.iter().any(|form| said.starts_with(form));
    let rest = match said.filter(is_other_form) {
        Some(other) => read_found(action::form(other), named_resource, &mut denial).unwrap_or(""),
        None => said.map_or("", |said| read(said, named_resource, &mut denial)),
    };
    // The words of a wrapper's inner text are a caller's as long as no code says otherwise.
    let is_said = said.is_some() || is_denial_code(code);
    denial.encoded = extras::encoded(said.unwrap_or(text), true).filter(|_| is_said);
    complete(code, refused::outside_quotes(text), rest, &mut denial);
    distrusted(said.unwrap_or_default(), &mut denial);
    denial
}

/// What CodeBuild says when it may not take the role that a project has: the role does not trust it.
///
/// Source: CodeBuild user guide, "Troubleshooting", `CodeBuild is not authorized to perform:
/// sts:AssumeRole`.
pub(super) fn distrusted(said: &str, denial: &mut Denial<'_>) {
    let is_role = denial.action == Some("sts:AssumeRole") && denial.is_open();
    if is_role && said.starts_with("CodeBuild is not authorized to perform") {
        denial.principal = Some("codebuild.amazonaws.com");
        (denial.effect, denial.layer) = (Effect::Implicit, Layer::Trust);
    }
}

/// Beginnings of sentences that do not go on with `is not authorized to perform`: where one holds
/// that, somebody else wrote it.
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

/// Reads a sentence, and returns what follows the resource.
pub(super) fn read<'t>(
    said: &'t str,
    resource: impl Fn(&'t str) -> (Option<&'t str>, &'t str),
    denial: &mut Denial<'t>,
) -> &'t str {
    let found = action::find(said).or_else(|| action::form(said));
    read_found(found, resource, denial).unwrap_or(said)
}

fn read_found<'t>(
    found: Option<action::Found<'t>>,
    resource: impl Fn(&'t str) -> (Option<&'t str>, &'t str),
    denial: &mut Denial<'t>,
) -> Option<&'t str> {
    let found = found?;
    denial.principal = subject::principal(found.before);
    denial.action = found.action;
    let (named, rest) = resource(found.after);
    denial.resource = named;
    Some(rest)
}

/// Reason, links, and what a service words in its own way, for which all of its words are looked at.
pub(super) fn complete<'t>(
    code: &str,
    words: Cow<'_, str>,
    rest: &'t str,
    denial: &mut Denial<'t>,
) {
    let reason = reason::read(rest);
    denial.effect = reason.effect;
    denial.layer = reason.layer;
    denial.policy_arn = reason.policy_arn;
    denial.reason_action = reason.action;
    denial.action = denial.action.or(reason.action);
    denial.console_link = extras::console_link(rest);
    denial.authorization_id = extras::authorization_id(rest, denial.console_link);
    if denial.action.is_none() {
        wording::read(code, &words, denial);
    }
    denial.linked_service = linked::service(&words);
    if denial.worded.is_none() && denial.is_open() {
        let words = if denial.action.is_some() { rest } else { &*words };
        refused::judge(code, words, denial);
    }
}
