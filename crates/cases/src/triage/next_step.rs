//! What to do about somebody who looks like exploring.

use aware_core::event::PrincipalKind;
use aware_core::finding::FindingPrincipal;

/// Whom to ask, and what to replace if nobody knows about it: `Ask user/alice. If it was not them,
/// deactivate access key AKIA… and replace their credentials.` Names are as the log had them.
///
/// ```
/// use aware_cases::triage::{NextStepCaller, next_step};
/// use aware_core::event::PrincipalKind;
///
/// let caller = NextStepCaller {
///     kind: Some(PrincipalKind::IamUser),
///     name: "user/alice",
///     person: None,
///     access_key: None,
/// };
/// assert_eq!(
///     next_step(&caller),
///     "Ask user/alice. If it was not them, replace their credentials."
/// );
/// ```
pub fn next_step(who: &NextStepCaller<'_>) -> String {
    let NextStepCaller { name, .. } = who;
    match (who.kind, who.person) {
        (Some(PrincipalKind::Root), _) => {
            "Ask who uses the root user. If it was nobody, change its password and delete its access keys."
                .to_owned()
        }
        (Some(PrincipalKind::IamUser), _) => {
            let key = who.access_key.filter(|key| key.starts_with("AKIA"));
            let key = key.map(|key| format!("deactivate access key {key} and ")).unwrap_or_default();
            format!("Ask {name}. If it was not them, {key}replace their credentials.")
        }
        (_, Some(person)) => format!(
            "Ask {person}. If it was not them, revoke their sessions and replace their credentials."
        ),
        (Some(PrincipalKind::AssumedRole | PrincipalKind::Role), None) => format!(
            "Ask who runs {name}. If they do not know about it, revoke the role's active sessions and find out where its credentials leaked."
        ),
        _ => format!("Ask who is behind {name}. If nobody knows about it, replace the credentials."),
    }
}

/// What the next step needs to know about a caller.
#[derive(Clone, Copy, Debug)]
pub struct NextStepCaller<'a> {
    /// AWS's kind, where it is known.
    pub kind: Option<PrincipalKind>,
    /// Its display name: `user/alice`.
    pub name: &'a str,
    /// The name in its session, if that names a person.
    pub person: Option<&'a str>,
    /// The access key id.
    pub access_key: Option<&'a str>,
}

impl<'a> From<&'a FindingPrincipal> for NextStepCaller<'a> {
    fn from(who: &'a FindingPrincipal) -> Self {
        let is_person = who.arn.as_ref() != Some(&who.key);
        Self {
            kind: who.event_kind(),
            name: &who.name,
            person: who.session.as_deref().filter(|_| is_person),
            access_key: who.access_key.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_to_ask_and_what_to_replace() {
        let step = |kind, name, person, access_key| {
            next_step(&NextStepCaller { kind: Some(kind), name, person, access_key })
        };
        assert_eq!(
            step(PrincipalKind::IamUser, "user/mara", None, Some("AKIAIOSFODNN7EXAMPLE")),
            "Ask user/mara. If it was not them, deactivate access key AKIAIOSFODNN7EXAMPLE and replace their credentials."
        );
        assert_eq!(
            step(PrincipalKind::IamUser, "user/mara", None, Some("ASIAIOSFODNN7EXAMPLE")),
            "Ask user/mara. If it was not them, replace their credentials."
        );
        let person = Some("mara@example.org");
        assert!(
            step(PrincipalKind::AssumedRole, "role/x as mara", person, None)
                .starts_with("Ask mara@example.org.")
        );
        assert!(
            step(PrincipalKind::AssumedRole, "role/app", None, None)
                .starts_with("Ask who runs role/app.")
        );
    }
}
