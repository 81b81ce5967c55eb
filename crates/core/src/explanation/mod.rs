//! Why a call was denied and what would cure it, as messages tell it. Who explains stands
//! elsewhere; these are the words.

mod grant;
mod kinds;
mod reading;

use serde::{Deserialize, Serialize};

use crate::open::OpenEnum;

pub use grant::Grant;
pub use kinds::{Confidence, Effect, Layer};
pub use reading::{LooksLike, Reading};

/// What is known of a denial. Strings are as the log had them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The IAM action, as AWS spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The resource: an ARN, `*`, or an ARN with `*` for what is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Whether no policy allows it, or one denies it.
    pub effect: OpenEnum<Effect>,
    /// The kind of policy that decided.
    pub layer: OpenEnum<Layer>,
    /// The policy that decided, where AWS names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// What the action is told from.
    pub confidence: OpenEnum<Confidence>,
    /// Why, in a sentence.
    pub why: String,
    /// AWS found the key leaked.
    #[serde(default)]
    pub incident: bool,
    /// The policy that must change, where a change of policy would help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach_to: Option<String>,
    /// The statements that would cure it. They are kept for the group's [`Cure`], which decides
    /// whether they are offered; no message shows them from here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// Why no grant is offered, where an action or a resource forbids it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_grant: Option<String>,
    /// What it gives away beyond a lacking permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<Sign>,
    /// Who can decide, where there is no statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Actions that are likely to be denied next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// What else there is to know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// AWS's page about this denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_link: Option<String>,
}

impl Explanation {
    /// What a message may show of it. Statements are in the cure alone; where that is withheld,
    /// nothing of them is left.
    #[must_use]
    pub fn shown_with(&self, cure: Option<&Cure>) -> Self {
        let mut shown = Self { remedies: Vec::new(), ..self.clone() };
        if cure.is_none_or(|cure| cure.statements.is_empty()) {
            shown.next.clear();
            // Whose policy must change stays where the statement is the owner's to write.
            if !self.remedies.is_empty() {
                shown.attach_to = None;
            }
        }
        shown
    }
}

/// A statement, and the policy that it belongs into.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Remedy {
    /// The statement; with a principal where the policy is a resource's.
    pub statement: Grant,
    /// The policy: `identity policy of arn:…`.
    pub attach_to: String,
    /// What to know before it is added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_care: Vec<String>,
}

/// What a denial gives away beyond a lacking permission: a call towards another's place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sign {
    /// In a few words, for subjects: `another instance's place`.
    pub label: String,
    /// In a sentence, with names.
    pub text: String,
    /// Whether its level is high at least.
    pub is_high: bool,
}

/// What would cure a group of denials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cure {
    /// The policy to change.
    pub attach_to: Option<String>,
    /// The statements to add there, merged.
    pub statements: Vec<Grant>,
    /// What else must change: across accounts a cure takes two policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<PolicyChange>,
    /// What to know before anything is added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_care: Vec<String>,
    /// Why there is none, or none for some of its denials, and who decides.
    pub withheld: Option<String>,
}

/// Statements to add to one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    /// The policy.
    pub attach_to: String,
    /// The statements.
    pub statements: Vec<Grant>,
}

impl Cure {
    /// Every policy to change, with its statements.
    pub fn policies(&self) -> impl Iterator<Item = (&str, &[Grant])> {
        let first = (self.attach_to.as_deref().unwrap_or_default(), self.statements.as_slice());
        let more = self.also.iter();
        let more = more.map(|change| (change.attach_to.as_str(), change.statements.as_slice()));
        std::iter::once(first).chain(more).filter(|(_, statements)| !statements.is_empty())
    }

    /// Every policy to change, with its statements as JSON: one as it is, several as a list.
    pub fn changes(&self) -> Vec<(&str, String)> {
        self.policies().map(|(attach_to, statements)| (attach_to, as_json(statements))).collect()
    }
}

fn as_json(statements: &[Grant]) -> String {
    let text = match statements {
        [one] => serde_json::to_string(one),
        many => serde_json::to_string(many),
    };
    text.unwrap_or_default()
}
