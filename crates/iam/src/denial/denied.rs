//! What a text says about a denial.

use aware_core::explanation::{DenialEffect, DenialLayer};

use super::extras::EncodedMessage;
use super::refusal::NonIamRefusal;
use super::worded::ServiceWording;
use crate::catalogue::Catalogue;

/// What a text says about a denial. Every part is a slice of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial<'t> {
    /// Who, as the text writes it: an ARN, a service, `with accountId: …`.
    pub principal: Option<&'t str>,
    /// The action as the text writes it: `sqs:receivemessage`.
    pub action: Option<&'t str>,
    /// The action that the reason names; nearly always the same.
    pub reason_action: Option<&'t str>,
    /// The resource, without quotes, never cut off at a dot.
    pub resource: Option<&'t str>,
    /// Whether no policy allows the action, or one denies it.
    pub effect: DenialEffect,
    /// The kind of policy that decided.
    pub layer: DenialLayer,
    /// The policy that decided, where AWS names it.
    pub policy_arn: Option<&'t str>,
    /// The encoded message that `sts:DecodeAuthorizationMessage` reads.
    pub encoded: Option<EncodedMessage<'t>>,
    /// AWS's page about this denial (Access Troubleshooter).
    pub console_link: Option<&'t str>,
    /// The id that `iam:GetRequestAuthorizationDetails` takes.
    pub authorization_id: Option<&'t str>,
    /// What refused the call, if it was not an IAM policy.
    pub refusal: Option<NonIamRefusal>,
    /// The service whose service-linked role could not be created, `spot` of `spot.amazonaws.com`.
    pub linked_service: Option<&'static str>,
    /// What a service's own wording means, if it names no action.
    pub worded: Option<&'static ServiceWording>,
    /// Whether the text is not trusted: the request contains its sentence, too, or the text is
    /// about an action unrelated to the call.
    pub is_doubtful: bool,
    /// Why this text justifies no grant, if some of its words may be the caller's.
    pub doubt: Option<&'static str>,
}

impl<'t> Denial<'t> {
    /// The action that is lacking. If the reason names another action than the sentence, the
    /// reason's counts (`vpce:AllowMultiRegion`), provided that it exists.
    pub fn lacking_action(&self, catalogue: &Catalogue) -> Option<&'t str> {
        let is_known = |action: &&str| catalogue.find_spelling(action).is_some();
        self.reason_action.filter(is_known).or(self.action)
    }

    /// Whether nothing is known about the policy that decided.
    pub(super) fn is_open(&self) -> bool {
        self.layer == DenialLayer::Unknown && self.effect == DenialEffect::Unknown
    }

    /// Whether the text says nothing about a denial.
    pub fn says_nothing(&self) -> bool {
        self.is_wordless() && self.refusal.is_none() && self.encoded.is_none()
    }

    /// Whether the text names neither an action nor a policy.
    pub fn is_wordless(&self) -> bool {
        self.action.is_none() && self.worded.is_none() && self.is_open()
    }
}
