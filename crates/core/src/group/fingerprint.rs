//! A group's key.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::event::ErrorClass;
use crate::finding::Finding;

/// `fp1:` and 32 hexadecimal digits. The prefix is the version of the recipe: another recipe gets
/// another one, so that old groups are not regrouped in silence.
///
/// Recipe 1: SHA-256 of the JSON list `["fp1", rule, account, principal, action, error class]`,
/// its first 16 bytes. Each action that is denied is a group of its own; what else a rule sees of
/// one principal is one group, and a new action in it is news. Region, address and user agent are left out on purpose: a new one of these
/// is news within a group, not another group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The key of a finding's group.
    pub fn of(finding: &Finding) -> Self {
        let denied = finding.error_class == ErrorClass::Denied.as_str();
        let (action, class) =
            if denied { (finding.action.as_str(), finding.error_class.as_str()) } else { ("", "") };
        let who = finding.principal.key.as_str();
        Self::from_parts(&["fp1", &finding.rule.id, &finding.account, who, action, class])
    }

    /// The key of a finding's group while a suppression hides it.
    pub fn of_hidden(finding: &Finding, by: &str) -> Self {
        Self::from_parts(&["hidden", Self::of(finding).as_str(), by])
    }

    /// The key of other texts, for messages that are about no finding.
    pub fn from_parts(parts: &[&str]) -> Self {
        let list = serde_json::Value::from(parts.to_vec()).to_string();
        let hash = Sha256::digest(list);
        let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("fp1:{hex}"))
    }

    /// The whole key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(4..12).unwrap_or(&self.0)
    }
}

impl From<String> for Fingerprint {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
