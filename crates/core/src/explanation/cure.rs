//! What would cure denials.

use serde::{Deserialize, Serialize};

use super::Grant;

/// A statement, and the policy that it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CureStatement {
    /// The statement, with a principal if the policy is a resource's.
    pub statement: Grant,
    /// The policy: `identity policy of arn:…`.
    pub attach_to: String,
    /// Warnings to heed before it is added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_care: Vec<String>,
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

/// Statements to add to one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    /// The policy.
    pub attach_to: String,
    /// The statements, merged.
    pub statements: Vec<Grant>,
}

impl Cure {
    /// No cure, and why.
    pub fn withheld(why: String) -> Self {
        Self { withheld: Some(why), ..Self::default() }
    }

    /// Whether it offers any statement.
    pub fn is_offered(&self) -> bool {
        self.changes.iter().any(|change| !change.statements.is_empty())
    }
}

/// A cure as stores and OCSF findings have it: the first policy is separate from the others.
#[derive(Serialize, Deserialize)]
struct StoredCure {
    attach_to: Option<String>,
    statements: Vec<Grant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also: Vec<PolicyChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    take_care: Vec<String>,
    withheld: Option<String>,
}

impl From<StoredCure> for Cure {
    fn from(stored: StoredCure) -> Self {
        let StoredCure { attach_to, statements, also, take_care, withheld } = stored;
        let has_first = attach_to.is_some() || !statements.is_empty();
        let attach_to = attach_to.unwrap_or_default();
        let first = has_first.then_some(PolicyChange { attach_to, statements });
        Self { changes: first.into_iter().chain(also).collect(), take_care, withheld }
    }
}

impl From<Cure> for StoredCure {
    fn from(cure: Cure) -> Self {
        let mut changes = cure.changes.into_iter();
        let (attach_to, statements) =
            changes.next().map(|first| (first.attach_to, first.statements)).unzip();
        Self {
            attach_to,
            statements: statements.unwrap_or_default(),
            also: changes.collect(),
            take_care: cure.take_care,
            withheld: cure.withheld,
        }
    }
}
