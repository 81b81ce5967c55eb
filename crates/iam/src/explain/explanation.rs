//! The explanation of a denial.

use aware_core::explanation::ActionConfidence;
use serde::Serialize;

use super::why;
use crate::denial::{DenialEffect, DenialLayer};
use crate::suggest::{CureStatement, DenialSign, Grant};

/// What a single denial looks like, whatever else its principal did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DenialVerdict {
    /// A permission is lacking.
    #[default]
    Misconfig,
    /// The action is one that attackers want.
    Suspicious,
    /// AWS has attached a quarantine policy to the user, because its key has leaked.
    Incident,
    /// The caller did not prove their identity.
    Authn,
}

/// Why a call was denied.
///
/// Every string may contain a caller's text: print it only through `aware_core::text`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DenialExplanation {
    /// The user or role (not the session), by ARN if it is known.
    pub principal: Option<String>,
    /// Who called, if AWS's text says that another principal lacks the permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The IAM action, as AWS spells it.
    pub action: Option<String>,
    /// The resource: an ARN, `*`, or an ARN with `*` for its unknown parts.
    pub resource: Option<String>,
    /// Whether no policy allows the action, or one denies it.
    pub effect: DenialEffect,
    /// The kind of policy that decided.
    pub layer: DenialLayer,
    /// The policy that decided, if AWS names it.
    pub policy_arn: Option<String>,
    /// Where the action comes from.
    pub confidence: ActionConfidence,
    /// What the denial looks like.
    pub verdict: DenialVerdict,
    /// The policy that must change, if a change of policy would help.
    pub attach_to: Option<String>,
    /// The statement to add there.
    pub suggestion: Option<Grant>,
    /// The one policy that the statement belongs in, if [`Self::attach_to`] names two.
    #[serde(skip)]
    pub goes_to: Option<String>,
    /// What else must change if the cure takes two policies, each with its statement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<CureStatement>,
    /// What to know before adding a statement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub take_care: Vec<String>,
    /// Why there is no statement, if the action, the caller or the resource rules one out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_grant: Option<String>,
    /// What it reveals beyond a lacking permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<DenialSign>,
    /// Why, in a sentence: `no identity-based policy allows it (implicit; from AWS's message)`.
    pub why: String,
    /// Who can decide, if there is no suggestion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Every action that the call needs, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Actions that are likely to be denied next.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// Other remarks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The encoded authorization message, if it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded: Option<String>,
    /// AWS's page about this denial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_link: Option<String>,
    /// The id that `iam:GetRequestAuthorizationDetails` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_id: Option<String>,
}

impl DenialExplanation {
    /// Withdraws the suggestion, as when the caller looks hostile, and says who decides.
    pub fn withhold_grant(&mut self, reason: &str) {
        if self.suggestion.take().is_some() {
            self.refuse_grant(reason.to_owned());
            self.decided_by.get_or_insert_with(|| why::SECURITY.to_owned());
        }
        self.also.clear();
        self.take_care.clear();
        self.attach_to = None;
        self.next.clear();
        self.verdict = self.verdict.max(DenialVerdict::Suspicious);
    }

    /// Records why there is no grant.
    pub(super) fn refuse_grant(&mut self, reason: String) {
        self.notes.push(format!("no grant is offered: {reason}"));
        self.no_grant = Some(reason);
    }

    /// The statements, each with its policy and what to know before adding it.
    pub fn list_remedies(&self) -> Vec<CureStatement> {
        let policy = self.goes_to.as_ref().or(self.attach_to.as_ref()).cloned();
        let first = policy.zip(self.suggestion.clone());
        let first = first.map(|(attach_to, statement)| CureStatement {
            statement,
            attach_to,
            ..CureStatement::default()
        });
        let all = first.into_iter().chain(self.also.iter().cloned());
        all.map(|remedy| CureStatement { take_care: self.take_care.clone(), ..remedy }).collect()
    }
}
