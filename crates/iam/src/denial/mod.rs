//! AWS's texts about denials, read: who, what, on what, why, and by whose policy.
//!
//! The grammar, from AWS's user guide ("Troubleshoot access denied error messages") and from what
//! services really write:
//!
//! ```text
//! [wrapper] User: P is not authorized to perform: A [on resource: R] [REASON]
//!     [. Encoded authorization failure message: B] [. Go to LINK … authorization id: I]
//! REASON   because no K policy allows the A action
//!        | with an explicit deny in a K policy[: ARN][ transitively through a K policy]
//! ```
//!
//! The reader looks for these markers from left to right, in linear time. Of a log's error it
//! believes what stands in AWS's place alone: see [`aware_core::event::sentence`]. What people paste
//! has words of theirs around AWS's, and [`pasted`] looks for the sentence in it.

mod action;
mod decoded;
mod doubt;
mod extras;
mod linked;
mod pasted;
mod reason;
mod refusal;
mod subject;
mod worded;

use std::borrow::Cow;

use aware_core::event::{Event, is_denial_code, is_echo, named_resource, sentence};
use aware_core::source::cloudtrail::fields as field;

use crate::catalogue::Catalogue;

pub use aware_core::explanation::{Effect, Layer};
pub use decoded::{Decoded, decoded};
pub use extras::Encoded;
pub use pasted::pasted;
pub use refusal::Refusal;
pub use worded::{Whose, Worded};

/// What a text says of a denial. Every part is a piece of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial<'t> {
    /// Who, as the text has it: an ARN, a service, `with accountId: …`.
    pub principal: Option<&'t str>,
    /// The action as the text has it: `sqs:receivemessage`.
    pub action: Option<&'t str>,
    /// The action that the reason names: nearly always the same.
    pub reason_action: Option<&'t str>,
    /// The resource, without quotes, never cut at a dot.
    pub resource: Option<&'t str>,
    /// No policy allows it, or one denies it.
    pub effect: Effect,
    /// The kind of policy that decided.
    pub layer: Layer,
    /// The policy that decided, where AWS names it.
    pub policy_arn: Option<&'t str>,
    /// The encoded message that `sts:DecodeAuthorizationMessage` reads.
    pub encoded: Option<Encoded<'t>>,
    /// AWS's page about this denial (Access Troubleshooter).
    pub console_link: Option<&'t str>,
    /// The id that `iam:GetRequestAuthorizationDetails` takes.
    pub authorization_id: Option<&'t str>,
    /// What refused it, where that was no IAM policy.
    pub refusal: Option<Refusal>,
    /// The service whose service-linked role could not be created, `spot` of `spot.amazonaws.com`.
    pub linked_service: Option<&'static str>,
    /// What a service's own wording stands for, where it names no action.
    pub worded: Option<&'static Worded>,
    /// Whether the text is not believed: the request holds its sentence, too, or it is about an action
    /// that the call has nothing to do with.
    pub is_doubtful: bool,
    /// Why nothing may be granted by this text, where some of its words may be the caller's.
    pub doubt: Option<&'static str>,
}

/// Reads the error of an event. Nothing is believed that the request may have put there: see [`doubt`].
pub fn of(event: &Event) -> Denial<'_> {
    let code = event.error_code().unwrap_or_default();
    let text = event.error_message().unwrap_or_default();
    let request = field::REQUEST.get(&event.record);
    // A code that is a denial's is AWS's, and so is the beginning of its text.
    if !is_denial_code(code) && request.is_some_and(|request| is_echo(text, request)) {
        return Denial { is_doubtful: true, ..parse(code, "") };
    }
    let mut denial = parse(code, text);
    if denial.refusal.is_none() && denial.is_wordless() {
        refusal::judge_service(event, text, &mut denial);
    }
    doubt::judge(event, text, &mut denial);
    denial
}

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
    complete(code, refusal::outside_quotes(text), rest, &mut denial);
    distrusted(said.unwrap_or_default(), &mut denial);
    denial
}

/// What CodeBuild says when it may not take the role that a project has: the role does not trust it.
///
/// Source: CodeBuild user guide, "Troubleshooting", `CodeBuild is not authorized to perform:
/// sts:AssumeRole`.
fn distrusted(said: &str, denial: &mut Denial<'_>) {
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
fn read<'t>(
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
fn complete<'t>(code: &str, words: Cow<'_, str>, rest: &'t str, denial: &mut Denial<'t>) {
    let reason = reason::read(rest);
    denial.effect = reason.effect;
    denial.layer = reason.layer;
    denial.policy_arn = reason.policy_arn;
    denial.reason_action = reason.action;
    denial.action = denial.action.or(reason.action);
    denial.console_link = extras::console_link(rest);
    denial.authorization_id = extras::authorization_id(rest, denial.console_link);
    if denial.action.is_none() {
        worded::read(code, &words, denial);
    }
    denial.linked_service = linked::service(&words);
    if denial.worded.is_none() && denial.is_open() {
        let words = if denial.action.is_some() { rest } else { &*words };
        refusal::judge(code, words, denial);
    }
}

impl<'t> Denial<'t> {
    /// The action that is lacking. Where the reason names another than the sentence it is the
    /// reason's (`vpce:AllowMultiRegion`), if there is such an action.
    pub fn lacking(&self, catalogue: &Catalogue) -> Option<&'t str> {
        let is_known = |action: &&str| catalogue.spelling(action).is_some();
        self.reason_action.filter(is_known).or(self.action)
    }

    /// Whether nothing is known of the policy that decided.
    fn is_open(&self) -> bool {
        self.layer == Layer::Unknown && self.effect == Effect::Unknown
    }

    /// Whether the text says nothing of a denial at all.
    pub fn says_nothing(&self) -> bool {
        self.is_wordless() && self.refusal.is_none() && self.encoded.is_none()
    }

    /// Whether the text names neither an action nor a policy.
    pub fn is_wordless(&self) -> bool {
        self.action.is_none() && self.worded.is_none() && self.is_open()
    }
}

#[cfg(test)]
mod tests;
