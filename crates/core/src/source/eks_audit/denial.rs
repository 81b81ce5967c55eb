//! What denied a request. Whoever asks chooses the names of objects, and a webhook the words of its
//! message: a text counts only where it says what the record's own fields say.

use serde_json::Value;

use super::fields as field;
use super::refusal_text::{AskedFor, RefusalText, subject};
use super::stage::{decision, is_final, outcome};
use super::what::{group, object_name, qualified_resource, resource_and_part, target, text};
use super::who::{ANONYMOUS, effective_user, user};
use crate::event::Outcome;

/// What denied a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeniedBy {
    /// No role allows it.
    Rbac,
    /// No role allows it, but the text is missing or is about another request.
    Authorizer,
    /// The caller may not act as another user.
    Impersonation,
    /// The caller wanted to grant more than it has.
    Escalation,
    /// An admission webhook.
    Webhook,
    /// A policy of admission.
    Policy,
    /// The Pod Security Standard of the namespace.
    PodSecurity,
    /// The quota of the namespace.
    Quota,
    /// Another check of what is admitted.
    Admission,
    /// Not known.
    Unknown,
}

impl DeniedBy {
    /// The name in rules.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Rbac | Self::Authorizer => "rbac",
            Self::Impersonation => "impersonation",
            Self::Escalation => "escalation",
            Self::Webhook => "webhook",
            Self::Policy => "policy",
            Self::PodSecurity => "pod-security",
            Self::Quota => "quota",
            Self::Admission => "admission",
            Self::Unknown => "unknown",
        }
    }

    /// Why it was denied, in a sentence.
    pub(super) fn sentence(self, record: &Value) -> String {
        let said = field::MESSAGE.text_in(record).filter(|text| !text.is_empty());
        match self {
            Self::Rbac | Self::Authorizer => no_role_sentence(record),
            Self::Impersonation => format!("no role lets {} act as another user", user(record)),
            Self::Escalation => "it grants permissions that the caller does not have".to_owned(),
            Self::Webhook
            | Self::Policy
            | Self::PodSecurity
            | Self::Quota
            | Self::Admission
            | Self::Unknown => said.unwrap_or("Kubernetes does not say why").to_owned(),
        }
    }
}

fn no_role_sentence(record: &Value) -> String {
    let who = match effective_user(record) {
        ANONYMOUS => "callers who have not said who they are",
        user => user,
    };
    let verb = text(record, &field::VERB).unwrap_or("do this");
    match (qualified_resource(record), text(record, &field::NAMESPACE)) {
        (Some(resource), Some(namespace)) => {
            format!("no Kubernetes role lets {who} {verb} {resource} in namespace {namespace}")
        }
        (Some(resource), None) => {
            format!("no Kubernetes role lets {who} {verb} {resource} at the scope of the cluster")
        }
        (None, _) => {
            let path = target(record).unwrap_or_else(|| "this".to_owned());
            format!("no Kubernetes role lets {who} {verb} {path}")
        }
    }
}

/// What denied a request; none if it was not denied.
pub(super) fn denied_by(record: &Value) -> Option<DeniedBy> {
    if !is_final(record) || outcome(record) != Outcome::Denied {
        return None;
    }
    let said = field::MESSAGE.text_in(record).unwrap_or_default();
    let is_allowed = decision(record) == Some("allow");
    Some(match RefusalText::parse(said).filter(|_| !is_allowed) {
        Some(refusal) if is_about(&refusal, record) => DeniedBy::Rbac,
        Some(refusal) if is_impersonation(&refusal, record) => DeniedBy::Impersonation,
        _ if decision(record) == Some("forbid") => DeniedBy::Authorizer,
        _ => by_admission(said, is_allowed && is_admitted(record)),
    })
}

/// Whether it is a request that admission decides about, which is no request that only reads.
fn is_admitted(record: &Value) -> bool {
    !matches!(text(record, &field::VERB), Some("get" | "list" | "watch"))
}

fn by_admission(said: &str, is_allowed: bool) -> DeniedBy {
    let reason = subject(said).map_or("", |(_, _, reason)| reason);
    let is_escalation = reason.starts_with("user \"")
        && reason.contains("is attempting to grant RBAC permissions not currently held");
    match () {
        () if said.starts_with("admission webhook \"") => DeniedBy::Webhook,
        () if is_escalation => DeniedBy::Escalation,
        () if reason.starts_with("exceeded quota") => DeniedBy::Quota,
        () if reason.starts_with("violates PodSecurity") => DeniedBy::PodSecurity,
        () if reason.starts_with("ValidatingAdmissionPolicy ") => DeniedBy::Policy,
        () if is_allowed => DeniedBy::Admission,
        () => DeniedBy::Unknown,
    }
}

/// Whether a refusal says of user, verb and object what the record says.
fn is_about(refusal: &RefusalText, record: &Value) -> bool {
    let is_same = |said: &str, known: &str| said == sanitized(known);
    let is_verb = text(record, &field::VERB) == Some(refusal.verb.as_str());
    if !is_verb || !is_same(&refusal.user, effective_user(record)) {
        return false;
    }
    let AskedFor::Resource { resource, group: said_group, namespace } = &refusal.asked else {
        return refusal.kind.is_none() && text(record, &field::RESOURCE).is_none();
    };
    let known = text(record, &field::RESOURCE).unwrap_or_default();
    let group = group(record);
    let kind = if group.is_empty() { known.to_owned() } else { format!("{known}.{group}") };
    let name = text(record, &field::NAME).or_else(|| object_name(record));
    let is_named = refusal.name.is_none() || refusal.name.as_deref() == name;
    Some(resource.as_str()) == resource_and_part(record).as_deref()
        && said_group == group
        && refusal.kind.as_deref() == Some(kind.as_str())
        && namespace.as_deref().unwrap_or_default()
            == text(record, &field::NAMESPACE).unwrap_or_default()
        && is_named
}

/// Whether its sender may not act as the user that it asked to be. The object in the record is
/// that of the request itself, whose kind is a plain word unless it was made up.
fn is_impersonation(refusal: &RefusalText, record: &Value) -> bool {
    let is_plain = resource_and_part(record).is_none_or(|kind| super::name::is_resource(&kind));
    is_plain && refusal.verb == "impersonate" && refusal.user == sanitized(user(record))
}

/// A name as the API server writes it into messages.
fn sanitized(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
