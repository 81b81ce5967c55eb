//! What would cure denials.

use serde::{Deserialize, Serialize};

use super::{Grant, StatementStyle, write_statements};

/// A statement, and the policy that it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CureStatement {
    /// The statement, with a principal if the policy is a resource's; an empty one if IAM plays no
    /// part.
    pub statement: Grant,
    /// The policy: `identity policy of arn:…`; or whatever else must change.
    pub attach_to: String,
    /// The change where IAM plays no part, in every form in which it can be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<ChangeForm>,
    /// Warnings to heed before it is added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_care: Vec<String>,
}

/// One form of a change that is no policy statement. All forms of a change do the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChangeForm {
    /// The tool that it is for: `aws-cli`, `kubectl`, `terraform`.
    pub tool: String,
    /// Its text, of one or more lines, to be copied.
    pub text: String,
}

/// What would cure a group of denials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredCure", into = "StoredCure")]
pub struct Cure {
    /// Every policy to change, the first one first: across accounts a cure takes two policies.
    pub changes: Vec<PolicyChange>,
    /// Warnings to heed before anything is added.
    pub take_care: Vec<String>,
    /// Why there is no cure, or none for some of the denials, and who decides.
    pub withheld: Option<String>,
}

/// Statements to add to one policy, or another change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    /// The policy, or whatever else must change.
    pub attach_to: String,
    /// The statements, merged.
    pub statements: Vec<Grant>,
    /// The change where IAM plays no part, in every form in which it can be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<ChangeForm>,
}

impl PolicyChange {
    /// Whether there is nothing to add.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.forms.is_empty()
    }

    /// What to add: the statements, or the first form of another change.
    ///
    /// ```
    /// use aware_core::explanation::{ChangeForm, PolicyChange, StatementStyle};
    ///
    /// let form = ChangeForm { tool: "kubectl".into(), text: "kubectl create role …".into() };
    /// let change = PolicyChange { forms: vec![form], ..PolicyChange::default() };
    /// assert_eq!(change.written(StatementStyle::Compact), "kubectl create role …");
    /// ```
    pub fn written(&self, style: StatementStyle) -> String {
        match self.forms.first() {
            Some(form) => form.text.clone(),
            None => write_statements(&self.statements, style),
        }
    }
}

impl Cure {
    /// No cure, and why.
    pub fn withheld(why: String) -> Self {
        Self { withheld: Some(why), ..Self::default() }
    }

    /// Whether it offers any statement.
    pub fn is_offered(&self) -> bool {
        self.changes.iter().any(|change| !change.is_empty())
    }
}

/// A cure as stores and OCSF findings have it: the first policy is separate from the others.
#[derive(Serialize, Deserialize)]
struct StoredCure {
    attach_to: Option<String>,
    statements: Vec<Grant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    forms: Vec<ChangeForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also: Vec<PolicyChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    take_care: Vec<String>,
    withheld: Option<String>,
}

impl From<StoredCure> for Cure {
    fn from(stored: StoredCure) -> Self {
        let StoredCure { attach_to, statements, forms, also, take_care, withheld } = stored;
        let has_first = attach_to.is_some() || !statements.is_empty() || !forms.is_empty();
        let attach_to = attach_to.unwrap_or_default();
        let first = has_first.then_some(PolicyChange { attach_to, statements, forms });
        Self { changes: first.into_iter().chain(also).collect(), take_care, withheld }
    }
}

impl From<Cure> for StoredCure {
    fn from(cure: Cure) -> Self {
        let mut changes = cure.changes.into_iter();
        let first = changes.next();
        let attach_to = first.as_ref().map(|first| first.attach_to.clone());
        let PolicyChange { statements, forms, .. } = first.unwrap_or_default();
        Self {
            attach_to,
            statements,
            forms,
            also: changes.collect(),
            take_care: cure.take_care,
            withheld: cure.withheld,
        }
    }
}
