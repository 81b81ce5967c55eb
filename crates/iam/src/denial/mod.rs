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
//! The reader looks for these markers from left to right, in linear time. What follows a name
//! that the caller chose, such as an S3 key, cannot take the place of what stands before it.

mod action;
mod decoded;
mod extras;
mod reason;
mod refusal;
mod subject;

use serde::Serialize;

pub use decoded::{Decoded, decoded};
pub use extras::Encoded;
pub use refusal::Refusal;

/// Whether a policy said no, or none said yes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// No policy allows it.
    Implicit,
    /// A policy denies it.
    Explicit,
    /// One of the two, and nothing says which.
    #[serde(rename = "explicit_or_implicit")]
    Either,
    /// No policy was asked, as when a password was wrong.
    None,
    /// Not said.
    #[default]
    Unknown,
}

/// The kind of policy that decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// A policy of the user or role.
    Identity,
    /// A policy of the resource: bucket, queue, key, ….
    Resource,
    /// KMS's words: the key's policy refuses, or there is no such key.
    ResourceOrMissing,
    /// A service control policy of the organization.
    Scp,
    /// A resource control policy of the organization.
    Rcp,
    /// A permissions boundary.
    Boundary,
    /// A policy given along when the session was made.
    Session,
    /// A VPC endpoint's policy.
    #[serde(rename = "vpce")]
    VpcEndpoint,
    /// A role's trust policy.
    Trust,
    /// A setting or a service's own rule, no IAM policy.
    NotIam,
    /// Who the caller is was not proved.
    #[serde(rename = "authn")]
    Authentication,
    /// Nothing was denied.
    None,
    /// Not said.
    #[default]
    Unknown,
}

impl Layer {
    /// What people call the policy: `identity-based policy`.
    pub fn policy(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource | Self::ResourceOrMissing => "resource-based policy",
            Self::Scp => "service control policy",
            Self::Rcp => "resource control policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::VpcEndpoint => "VPC endpoint policy",
            Self::Trust => "role trust policy",
            Self::NotIam | Self::Authentication | Self::None | Self::Unknown => "policy",
        }
    }
}

/// What a text says of a denial. Every part is a piece of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial<'t> {
    /// Who, as the text has it: an ARN, a service, `with accountId: …`.
    pub principal: Option<&'t str>,
    /// The action as the text has it: `sqs:receivemessage`.
    pub action: Option<&'t str>,
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
}

/// Reads an error's code and text, either of which may be empty.
///
/// Nothing is an error: a text that says nothing gives a [`Denial`] that says nothing.
pub fn parse<'t>(code: &str, text: &'t str) -> Denial<'t> {
    let mut denial = Denial::default();
    let rest = match action::find(text) {
        Some(found) => {
            denial.principal = subject::principal(found.before);
            denial.action = found.action;
            let (resource, rest) = subject::resource(found.after);
            denial.resource = resource;
            rest
        }
        None => action::form(text, &mut denial),
    };
    let reason = reason::read(rest);
    denial.effect = reason.effect;
    denial.layer = reason.layer;
    denial.policy_arn = reason.policy_arn;
    denial.encoded = extras::encoded(text);
    denial.console_link = extras::console_link(rest);
    denial.authorization_id = extras::authorization_id(rest, denial.console_link);
    if denial.layer == Layer::Unknown && denial.effect == Effect::Unknown {
        refusal::judge(code, text, &mut denial);
    }
    denial
}

#[cfg(test)]
mod tests;
