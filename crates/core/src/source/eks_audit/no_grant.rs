//! Requests for which no role is offered, and why.

use serde_json::Value;

use super::fields as field;
use super::what::{group, resource_and_part, text};
use super::who::{ANONYMOUS, effective_user, impersonated, is_platform, service_account};

/// Verbs with which a role offers more than itself.
///
/// Source: Kubernetes documentation, "Role Based Access Control Good Practices".
const ESCALATING: [&str; 5] = ["bind", "escalate", "impersonate", "approve", "sign"];
/// The verbs of which a role can be made up unasked.
pub(super) const VERBS: [&str; 8] =
    ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
/// Resources of the whole cluster, or that protect it: whoever changes them changes more than a
/// namespace.
const PROTECTING: [&str; 14] = [
    "apiservices",
    "clusterrolebindings",
    "clusterroles",
    "customresourcedefinitions",
    "events",
    "limitranges",
    "namespaces",
    "networkpolicies",
    "nodes",
    "persistentvolumes",
    "poddisruptionbudgets",
    "priorityclasses",
    "resourcequotas",
    "storageclasses",
];
/// Of those, what workloads write themselves.
const WRITTEN_BY_ALL: [(&str, &str); 2] = [("events", "create"), ("events", "patch")];
/// Ways into what runs.
const INTO_PODS: [&str; 6] = [
    "pods/attach",
    "pods/ephemeralcontainers",
    "pods/exec",
    "pods/portforward",
    "pods/proxy",
    "services/proxy",
];

/// Why no role is offered, if so.
pub(super) fn no_grant(record: &Value) -> Option<String> {
    by_caller(record).or_else(|| by_request(record)).map(str::to_owned)
}

fn by_caller(record: &Value) -> Option<&'static str> {
    let user = effective_user(record);
    match () {
        () if user == ANONYMOUS || user.is_empty() => {
            Some("a role for callers who have not said who they are opens the cluster to everybody")
        }
        () if impersonated(record).is_some() => {
            Some("it was made as another user, whose roles are not those of its sender")
        }
        () if is_platform(record)
            || user.starts_with("system:") && service_account(user).is_none() =>
        {
            Some("the roles of Kubernetes' own parts come with them")
        }
        () => None,
    }
}

fn by_request(record: &Value) -> Option<&'static str> {
    let verb = text(record, &field::VERB).unwrap_or_default();
    let Some(resource) = resource_and_part(record) else {
        return Some("a path needs a role for the whole cluster");
    };
    let Some(namespace) = text(record, &field::NAMESPACE) else {
        return Some("it needs a role for the whole cluster");
    };
    match () {
        () if ESCALATING.contains(&verb) => Some("the verb gives more than the role itself"),
        () if !VERBS.contains(&verb) => Some("the verb is none of the usual ones"),
        () if namespace.starts_with("kube-") => Some("the namespace is Kubernetes' own"),
        () if INTO_PODS.contains(&resource.as_str()) => {
            Some("it leads into running pods, with all that they may do")
        }
        () if is_powerful(&resource, verb, group(record)) => {
            Some("whoever may do this can give themselves more")
        }
        () if is_protecting(&resource, verb) => {
            Some("it protects or governs more than the workload")
        }
        () if resource == "secrets" => no_secrets(record, verb, namespace),
        () => None,
    }
}

fn is_powerful(resource: &str, verb: &str, group: &str) -> bool {
    let is_reading = matches!(verb, "get" | "list" | "watch");
    let is_governing = group.ends_with("rbac.authorization.k8s.io")
        || matches!(group, "admissionregistration.k8s.io" | "certificates.k8s.io");
    is_governing && !is_reading
        || matches!(resource, "serviceaccounts/token" | "nodes/proxy")
        || resource.contains('*')
}

fn is_protecting(resource: &str, verb: &str) -> bool {
    let is_reading = matches!(verb, "get" | "list" | "watch");
    let kind = resource.split('/').next().unwrap_or_default();
    !is_reading && PROTECTING.contains(&kind) && !WRITTEN_BY_ALL.contains(&(kind, verb))
}

/// Secrets are opened one by one, to service accounts beside them.
fn no_secrets(record: &Value, verb: &str, namespace: &str) -> Option<&'static str> {
    let home = service_account(effective_user(record)).map(|(home, _)| home);
    match () {
        () if !matches!(verb, "get" | "list" | "watch") => {
            Some("whoever writes secrets can have a token of any service account")
        }
        () if verb != "get" => {
            Some("it opens every secret of the namespace; a role can name those that are needed")
        }
        () if text(record, &field::NAME).is_none() => Some("the secret has no name"),
        () if home.is_none() => Some("secrets are for the workloads beside them"),
        () if home.is_some_and(|home| home != namespace) => {
            Some("the secret belongs to another namespace")
        }
        () => None,
    }
}
