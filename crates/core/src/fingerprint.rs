//! The key of a group.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::event::ErrorClass;
use crate::finding::Finding;

/// `fp2:` and 32 hexadecimal digits. The prefix is the version of the recipe: a new recipe gets a
/// new prefix, so that old groups are not silently regrouped.
///
/// Recipe 2: the first 16 bytes of the SHA-256 of the JSON list `["fp2", rule, account, principal,
/// action, error class, "service" or "finding"]`. Each denied action is a group of its own;
/// anything else that a rule sees of one principal is one group, and a new action in it is a
/// novelty. Region, address and user agent are deliberately left out: a new one of these is a
/// novelty within a group, not another group. What an AWS service does on its own behalf never
/// shares a group with what anybody else does, so that the order of events never decides how a
/// group is reported. Recipe 1 lacked that last part.
///
/// ```
/// use aware_core::event::Level;
/// use aware_core::finding::{Finding, RuleSummary};
/// use aware_core::fingerprint::Fingerprint;
/// use aware_core::source::decode_record;
///
/// let record = br#"{"eventTime": "2026-11-24T03:54:07Z", "eventSource": "iam.amazonaws.com",
///     "eventName": "CreateUser", "recipientAccountId": "111122223333"}"#;
/// let event = decode_record(record).unwrap();
/// let rule = RuleSummary::with_defaults("new-user", "New user", Level::Low).into();
/// let key = Fingerprint::for_finding(&Finding::from_event(&rule, &event));
/// assert!(key.as_str().starts_with("fp2:"));
/// assert_eq!(key.short_form().len(), 8);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The key of a finding's group.
    pub fn for_finding(finding: &Finding) -> Self {
        let denied = finding.error_class == ErrorClass::Denied;
        let (action, class) =
            if denied { (finding.action.as_str(), finding.error_class.as_str()) } else { ("", "") };
        let who = finding.principal.key.as_str();
        let group = if finding.principal.is_service { "service" } else { "finding" };
        let (rule, account) = (finding.rule.id.as_str(), finding.account.as_str());
        Self::hash_parts("fp2:", &["fp2", rule, account, who, action, class, group])
    }

    /// The key of a finding's group while a suppression hides it.
    pub fn for_hidden(finding: &Finding, by: &str) -> Self {
        Self::hash_parts("fp2:", &["hidden", Self::for_finding(finding).as_str(), by])
    }

    /// The key of other texts, for messages that concern no finding.
    pub fn from_parts(parts: &[&str]) -> Self {
        Self::hash_parts("fp1:", parts)
    }

    fn hash_parts(version: &str, parts: &[&str]) -> Self {
        let list = serde_json::Value::from(parts.to_vec()).to_string();
        let hash = Sha256::digest(list);
        let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{version}{hex}"))
    }

    /// The whole key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight digits, for display.
    pub fn short_form(&self) -> &str {
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
