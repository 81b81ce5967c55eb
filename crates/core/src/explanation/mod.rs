//! Why a call was denied and what would cure it, as messages report it. The explainers live
//! elsewhere; these are their results.

mod cure;
mod grant;
mod kinds;
mod reading;
mod statements;

use serde::{Deserialize, Serialize};

use crate::open::OpenEnum;

pub use cure::{ChangeForm, Cure, CureStatement, PolicyChange};
pub use grant::Grant;
pub use kinds::{ActionConfidence, DenialEffect, DenialLayer};
pub use reading::{LooksLike, Reading};
pub use statements::{StatementStyle, write_statements};

/// What is known about a denial. Strings are as the log had them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The IAM action, as AWS spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The resource: an ARN, `*`, or an ARN with `*` for its unknown parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Whether no policy allows it, or one denies it.
    pub effect: OpenEnum<DenialEffect>,
    /// The kind of policy that decided.
    pub layer: OpenEnum<DenialLayer>,
    /// The policy that decided, if AWS names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// What the action is derived from.
    pub confidence: OpenEnum<ActionConfidence>,
    /// The reason, in a sentence.
    pub why: String,
    /// Whether AWS found the key leaked.
    #[serde(default)]
    pub incident: bool,
    /// The policy that must change, if a change of policy would help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach_to: Option<String>,
    /// The statements that would cure it. They are kept for the group's [`Cure`], which decides
    /// whether to offer them; no message shows them from here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<CureStatement>,
    /// Why no grant is offered, if an action or a resource rules it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_grant: Option<String>,
    /// What the denial reveals beyond a missing permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<DenialSign>,
    /// Who can decide, if no statement can be offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Actions that are likely to be denied next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// Further remarks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// AWS's page about this denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_link: Option<String>,
}

impl Explanation {
    /// The part that a message may show. Statements are shown by the cure alone; when it is
    /// withheld, nothing of them remains.
    #[must_use]
    pub fn visible_with(&self, cure: Option<&Cure>) -> Self {
        let mut shown = Self { remedies: Vec::new(), ..self.clone() };
        if !cure.is_some_and(Cure::is_offered) {
            shown.next.clear();
            // Whose policy must change remains where the owner must write the statement.
            if !self.remedies.is_empty() {
                shown.attach_to = None;
            }
        }
        shown
    }
}

/// What a denial reveals beyond a missing permission: a call aimed at what belongs to another
/// principal.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DenialSign {
    /// A short label for subjects: `another instance's place`.
    pub label: String,
    /// A sentence, with names.
    pub text: String,
    /// Whether its level is at least high.
    pub is_high: bool,
}
