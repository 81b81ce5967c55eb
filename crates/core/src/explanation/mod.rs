//! Why a call was denied and what would cure it, as messages tell it. Who explains stands
//! elsewhere; these are the words.

mod cure;
mod grant;
mod kinds;
mod reading;
mod statements;

use serde::{Deserialize, Serialize};

use crate::open::OpenEnum;

pub use cure::{Cure, PolicyChange, Remedy};
pub use grant::Grant;
pub use kinds::{Confidence, Effect, Layer};
pub use reading::{LooksLike, Reading};
pub use statements::{StatementStyle, write_statements};

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
        if !cure.is_some_and(Cure::is_offered) {
            shown.next.clear();
            // Whose policy must change stays where the statement is the owner's to write.
            if !self.remedies.is_empty() {
                shown.attach_to = None;
            }
        }
        shown
    }
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
