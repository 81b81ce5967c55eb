//! Why a call was denied, as messages tell it. Who explains stands elsewhere; these are the words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is known of a denial. Strings are as the log had them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The IAM action, as AWS spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The resource: an ARN, `*`, or an ARN with `*` for what is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// `implicit`, `explicit` or the like.
    pub effect: String,
    /// The kind of policy that decided: `identity`, `scp`, ….
    pub layer: String,
    /// The policy that decided, where AWS names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// `message`, `request` or `guess`.
    pub confidence: String,
    /// Why, in a sentence.
    pub why: String,
    /// AWS found the key leaked.
    #[serde(default)]
    pub incident: bool,
    /// The policy that must change, where a change of policy would help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach_to: Option<String>,
    /// The statement to add there, as policies have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Value>,
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

/// Which of two things a denial looks like, judged by all that its principal did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// `exploring`, `lacks-permission` or `unclear`.
    pub looks_like: String,
    /// Above zero for exploring, below for a lacking permission.
    pub points: i32,
    /// In a sentence, after `looks like`.
    pub sentence: String,
    /// Every reason with its points.
    pub reasons: Vec<(i32, String)>,
}

/// What would cure a group of denials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cure {
    /// The policy to change.
    pub attach_to: Option<String>,
    /// The statements to add, merged.
    pub statements: Vec<Value>,
    /// Why there is none, and who decides.
    pub withheld: Option<String>,
}

impl Cure {
    /// The statements as JSON: one as it is, several as a list, none as nothing.
    pub fn text(&self) -> String {
        match self.statements.as_slice() {
            [] => String::new(),
            [one] => one.to_string(),
            many => Value::from(many.to_vec()).to_string(),
        }
    }
}
