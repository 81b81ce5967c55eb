//! What a request asked for.

use serde_json::Value;

use super::fields as field;
use super::name::is_resource;
use crate::event::{Action, TargetResource};
use crate::source::field::FieldPath;

/// The service of every action.
pub(super) const SERVICE: &str = "k8s";
/// What stands for a path that names no resource, such as `/metrics`.
const NO_RESOURCE: &str = "nonResourceURL";
/// Parts of an object through which something runs or passes, whatever the verb.
const ACTING: [&str; 6] =
    ["attach", "exec", "portforward", "proxy", "token", "ephemeralcontainers"];
/// Resources that are created only to ask a question.
const QUESTIONS: [&str; 5] = [
    "selfsubjectaccessreviews",
    "selfsubjectrulesreviews",
    "selfsubjectreviews",
    "subjectaccessreviews",
    "localsubjectaccessreviews",
];
/// The type of a cluster as a resource.
pub(super) const CLUSTER: &str = "AWS::EKS::Cluster";

/// A text that is not empty.
pub(super) fn text<'r>(record: &'r Value, path: &FieldPath) -> Option<&'r str> {
    path.text_in(record).filter(|text| !text.is_empty())
}

/// The API group; empty for the core group.
pub(super) fn group(record: &Value) -> &str {
    let of_version = || {
        let version = field::OBJECT_VERSION.text_in(record)?;
        version.split_once('/').map(|(group, _)| group)
    };
    text(record, &field::GROUP).or_else(of_version).unwrap_or_default()
}

/// The resource with its part: `pods/exec`.
pub(super) fn resource_and_part(record: &Value) -> Option<String> {
    let resource = text(record, &field::RESOURCE)?;
    Some(match text(record, &field::SUBRESOURCE) {
        Some(part) => format!("{resource}/{part}"),
        None => resource.to_owned(),
    })
}

/// The resource with its group and part, as kubectl writes it: `deployments.apps/scale`.
pub(super) fn qualified_resource(record: &Value) -> Option<String> {
    let resource = text(record, &field::RESOURCE)?;
    let group = group(record);
    let dot = if group.is_empty() { "" } else { "." };
    let part = text(record, &field::SUBRESOURCE).map(|part| format!("/{part}"));
    Some(format!("{resource}{dot}{group}{}", part.unwrap_or_default()))
}

/// The verb and the kind of resource: `k8s:get secrets`. A caller may ask for any path and any kind
/// of resource; those that cannot exist have one name.
pub(super) fn action(record: &Value) -> Action {
    let verb = text(record, &field::VERB).filter(|verb| is_resource(verb)).unwrap_or("request");
    let resource = qualified_resource(record);
    let name = match resource.as_deref() {
        Some(resource) if is_resource(resource) => resource,
        Some(_) => "unknown resource",
        None => NO_RESOURCE,
    };
    Action {
        service: SERVICE.to_owned(),
        name: format!("{verb} {name}"),
        read_only: Some(is_reading(record)),
    }
}

fn is_reading(record: &Value) -> bool {
    let is = |path: &FieldPath, names: &[&str]| {
        path.text_in(record).is_some_and(|text| names.contains(&text))
    };
    let reads = is(&field::VERB, &["get", "list", "watch", "head", "options"]);
    reads && !is(&field::SUBRESOURCE, &ACTING) || is(&field::RESOURCE, &QUESTIONS)
}

/// The path that was asked for, without its query.
pub(super) fn path(record: &Value) -> Option<&str> {
    let uri = text(record, &field::URI)?;
    Some(uri.split_once('?').map_or(uri, |(path, _)| path))
}

/// The name of the object, also if only the object that was sent has it.
pub(super) fn object_name(record: &Value) -> Option<&str> {
    let sent = || field::REQUEST.find_in(record)?.get("metadata")?.get("name")?.as_str();
    text(record, &field::NAME).or_else(sent).filter(|name| !name.is_empty())
}

/// The object: `namespaces/prod/secrets/db`, or the path that was asked for.
pub(super) fn target(record: &Value) -> Option<String> {
    let Some(resource) = text(record, &field::RESOURCE) else {
        return path(record).map(str::to_owned);
    };
    let group = group(record);
    let dot = if group.is_empty() { "" } else { "." };
    let namespace = text(record, &field::NAMESPACE).filter(|_| resource != "namespaces");
    let within = namespace.map(|namespace| format!("namespaces/{namespace}/"));
    let name = object_name(record).map(|name| format!("/{name}"));
    let part = text(record, &field::SUBRESOURCE).map(|part| format!("/{part}"));
    let [within, name, part] = [within, name, part].map(Option::unwrap_or_default);
    Some(format!("{within}{resource}{dot}{group}{name}{part}"))
}

/// The object, and the cluster if it is known.
pub(super) fn resources(record: &Value, cluster: Option<&str>) -> Vec<TargetResource> {
    let object = target(record).map(|name| TargetResource { name, kind: None, account: None });
    let cluster = cluster.filter(|_| object.is_some()).map(|name| TargetResource {
        name: name.to_owned(),
        kind: Some(CLUSTER.to_owned()),
        account: None,
    });
    object.into_iter().chain(cluster).collect()
}
