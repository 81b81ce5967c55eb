//! The identity of a case, and who answers for a principal.

use aware_core::event::PrincipalKind;
use aware_core::finding::FindingPrincipal;
use aware_core::fingerprint::Fingerprint;

use super::event::is_instance;
use super::log::ActorLog;

/// The id of a case: stable for whoever began it, whatever joins later.
pub(super) fn case_id(parts: &[&str]) -> String {
    let all: Vec<&str> = std::iter::once("case").chain(parts.iter().copied()).collect();
    let digest = Fingerprint::from_parts(&all);
    let digits: String = digest.as_str().chars().rev().take_while(|c| *c != ':').collect();
    let digits: String = digits.chars().rev().take(16).collect();
    format!("c{digits}")
}

/// The id of the case that a principal began, by the principal's key.
pub fn actor_case_id(key: &str) -> String {
    case_id(&["actor", key])
}

/// Who answers for a principal: its role, if whoever assumes that chooses the names of sessions;
/// IAM Identity Center chooses them for people. Otherwise the principal itself.
pub(super) fn named_by<'l>(key: &'l str, log: &'l ActorLog) -> &'l str {
    naming_role(key, log.principal.issuer.as_deref()).unwrap_or(key)
}

/// The role whose sessions are named by whoever assumes it, if this principal is one of them.
pub(super) fn naming_role<'l>(key: &str, issuer: Option<&'l str>) -> Option<&'l str> {
    let is_permission_set = |role: &str| {
        role.rsplit('/').next().is_some_and(|name| name.starts_with("AWSReservedSSO_"))
    };
    issuer.filter(|role| *role != key && !is_permission_set(role))
}

/// The instances that a principal is, or whose credentials it used.
pub(super) fn instances_of_log(log: &ActorLog) -> impl Iterator<Item = &str> {
    let sessions = log.sessions.keys().map(String::as_str).filter(|name| is_instance(name));
    sessions.chain(instance_of(&log.principal))
}

/// The instance that a principal is, in a log that names instances.
pub(super) fn instance_of(principal: &FindingPrincipal) -> Option<&str> {
    let is_one = principal.event_kind() == Some(PrincipalKind::Instance);
    Some(principal.name.as_str()).filter(|name| is_one && is_instance(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_identity_center_are_names_of_people() {
        let named = |name: &str| {
            let role = format!("arn:aws:iam::111122223333:role/{name}");
            naming_role("key", Some(&role)).is_some()
        };
        assert!(named("ops") && named("ops-AWSReservedSSO_Admin_0a1b"));
        assert!(!named("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a1b"));
    }

    #[test]
    fn an_id_is_short_and_stable() {
        let id = case_id(&["arn:aws:iam::111122223333:user/alice"]);
        assert_eq!(id.len(), 17);
        assert_eq!(id, case_id(&["arn:aws:iam::111122223333:user/alice"]));
        assert_ne!(id, case_id(&["arn:aws:iam::111122223333:user/bob"]));
        assert!(id.chars().skip(1).all(|c| c.is_ascii_hexdigit()), "{id}");
    }
}
