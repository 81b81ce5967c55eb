//! The principal of an ARN.

use serde_json::json;

use super::cloudtrail;
use crate::event::{Arn, Principal};

/// The principal that CloudTrail's decoder makes of the same ARN, so that a principal in two logs is
/// one case. Returns `None` unless the text is an ARN of IAM or STS.
///
/// ```
/// use aware_core::source::common::principal_of_arn;
///
/// let role = principal_of_arn("arn:aws:sts::111122223333:assumed-role/app/i-0a1b").unwrap();
/// assert_eq!(role.name, "role/app");
/// assert!(principal_of_arn("alice").is_none());
/// ```
pub fn principal_of_arn(arn: &str) -> Option<Principal> {
    let parsed = Arn::parse(arn).filter(|arn| matches!(arn.service(), "iam" | "sts"))?;
    let resource = parsed.resource();
    let (kind, user) = match resource.split_once('/') {
        Some(("user", path)) => ("IAMUser", path.rsplit('/').next()),
        Some(("assumed-role", _)) => ("AssumedRole", None),
        Some(("role", _)) => ("Role", None),
        Some(("federated-user", name)) => ("FederatedUser", Some(name)),
        None if resource == "root" => ("Root", None),
        _ => ("Unknown", None),
    };
    Some(cloudtrail::read_principal(&json!({"userIdentity":
        {"type": kind, "arn": arn, "accountId": parsed.account(), "userName": user}})))
}
