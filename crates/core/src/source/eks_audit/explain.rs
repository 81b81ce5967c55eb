//! Why a request was denied, and which role would allow it.

use serde_json::Value;

use super::cure::{MissingRole, remedy};
use super::denial::{DeniedBy, denied_by};
use super::no_grant::no_grant;
use super::what::CLUSTER;
use crate::event::Event;
use crate::explanation::{ActionConfidence, DenialEffect, DenialLayer, DenialSign, Explanation};

/// Who decides where nothing is offered.
const DECIDES: &str = "whoever administers the cluster";

/// Explains a denied request.
pub(super) fn explain(event: &Event) -> Option<Explanation> {
    let record = &event.record;
    let by = denied_by(record)?;
    let (layer, effect) = layer_of(by);
    let cluster = event.resources.iter().find(|one| one.kind.as_deref() == Some(CLUSTER));
    let plain = Explanation {
        action: Some(event.action.to_string()),
        resource: event.first_resource().map(|resource| resource.name.clone()),
        effect: effect.into(),
        layer: layer.into(),
        confidence: match by {
            DeniedBy::Rbac => ActionConfidence::Message.into(),
            _ => ActionConfidence::Request.into(),
        },
        why: by.sentence(record),
        decided_by: Some(DECIDES.to_owned()),
        sign: sign_of(by),
        notes: note_of(by).map(str::to_owned).into_iter().collect(),
        ..Explanation::default()
    };
    Some(match by {
        DeniedBy::Rbac => with_cure(plain, event, cluster.map(|cluster| cluster.name.as_str())),
        _ => Explanation { no_grant: refusal_of(by).map(str::to_owned), ..plain },
    })
}

fn with_cure(plain: Explanation, event: &Event, cluster: Option<&str>) -> Explanation {
    let missing = MissingRole::of(&event.record);
    let refused = no_grant(&event.record).map_or_else(
        || match missing {
            Some(_) => None,
            None => Some("a name in the request is none that Kubernetes accepts".to_owned()),
        },
        Some,
    );
    let remedy =
        missing.filter(|_| refused.is_none()).map(|missing| remedy(&missing, event, cluster));
    Explanation {
        attach_to: remedy.as_ref().map(|remedy| remedy.attach_to.clone()),
        next: remedy.as_ref().and_then(|_| next_of(event)).into_iter().collect(),
        remedies: remedy.into_iter().collect(),
        no_grant: refused,
        ..plain
    }
}

/// What is refused next: whoever lists objects to follow them watches them afterwards.
fn next_of(event: &Event) -> Option<String> {
    let resource = event.action.name.strip_prefix("list ")?;
    Some(format!("{}:watch {resource}", event.action.service))
}

fn layer_of(by: DeniedBy) -> (DenialLayer, DenialEffect) {
    match by {
        DeniedBy::Rbac | DeniedBy::Authorizer | DeniedBy::Impersonation | DeniedBy::Escalation => {
            (DenialLayer::KubernetesRbac, DenialEffect::Implicit)
        }
        DeniedBy::Webhook
        | DeniedBy::Policy
        | DeniedBy::PodSecurity
        | DeniedBy::Quota
        | DeniedBy::Admission => (DenialLayer::KubernetesAdmission, DenialEffect::Explicit),
        DeniedBy::Unknown => (DenialLayer::Unknown, DenialEffect::Unknown),
    }
}

/// Why nothing is offered.
fn refusal_of(by: DeniedBy) -> Option<&'static str> {
    match by {
        DeniedBy::Rbac => None,
        DeniedBy::Authorizer => Some("the error does not say what the record says"),
        DeniedBy::Impersonation => Some("whoever may act as others has all that they may do"),
        DeniedBy::Escalation => Some("the caller would grant more than it has"),
        DeniedBy::Webhook | DeniedBy::Policy | DeniedBy::Admission => {
            Some("a policy of admission refuses it, and no role changes that")
        }
        DeniedBy::PodSecurity => {
            Some("the Pod Security Standard of the namespace refuses it, and no role changes that")
        }
        DeniedBy::Quota => Some("the quota of the namespace is used up, and no role changes that"),
        DeniedBy::Unknown => Some("it is not known what refused it"),
    }
}

fn sign_of(by: DeniedBy) -> Option<DenialSign> {
    let (label, text) = match by {
        DeniedBy::Impersonation => (
            "tried to act as another user",
            "it asked to act as another user of the cluster, which no role allows it",
        ),
        DeniedBy::Escalation => (
            "tried to grant more than it has",
            "it tried to grant permissions in the cluster that it does not have itself",
        ),
        _ => return None,
    };
    Some(DenialSign { label: label.to_owned(), text: text.to_owned(), is_high: true })
}

fn note_of(by: DeniedBy) -> Option<&'static str> {
    match by {
        DeniedBy::Quota => Some("Raise the quota, or request less."),
        DeniedBy::PodSecurity => {
            Some("Change the pod, or the label `pod-security.kubernetes.io/enforce`.")
        }
        _ => None,
    }
}

/// The name of what denied an event, for rules.
pub(super) fn denied_by_name(record: &Value) -> Option<&'static str> {
    denied_by(record).map(DeniedBy::as_str)
}
