//! The answer: which permissions were used.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// Whether a permission was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PermissionUse {
    /// It was used in the window.
    Used,
    /// Its use would have been seen, but was not.
    Unused,
    /// Its use would not have been seen, or another policy may have allowed what was seen.
    Unknown,
}

/// One action that a policy allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyPermission {
    /// The action as AWS spells it.
    pub action: String,
    /// Whether it was used.
    #[serde(rename = "use")]
    pub usage: PermissionUse,
    /// When it was last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// How the policy writes it, if as a pattern: `s3:Get*`, `all but iam:*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Why it is unknown, or why an unused one may still be needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// The result for a principal's policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsageReport {
    /// The time that the logs cover, from first to last.
    pub window: Option<(Timestamp, Timestamp)>,
    /// Days in the window, rounded down.
    pub days: i64,
    /// Every action that the policies allow, by name.
    pub permissions: Vec<PolicyPermission>,
    /// Patterns that match no action in the catalogue.
    pub unmatched: Vec<String>,
    /// Actions of calls that these policies do not allow on that resource: another policy does.
    pub from_elsewhere: Vec<String>,
    /// Calls whose action is unknown, and how often each was made.
    pub unmapped: BTreeMap<String, u64>,
}

impl PolicyPermission {
    /// Whether it may be proposed for removal: it is unused, and nothing speaks for keeping it.
    pub fn is_removable(&self) -> bool {
        self.usage == PermissionUse::Unused && self.note.is_none()
    }
}
