//! The role that a denied request lacks, as commands and as a manifest.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::fields as field;
use super::name::{is_label, is_plain_user, is_resource, is_subdomain, shell_word, yaml_text};
use super::no_grant::VERBS;
use super::what::{group, text};
use super::who::{effective_user, iam_arn, service_account};
use crate::event::{Event, PrincipalKind};
use crate::explanation::{ChangeForm, CureStatement, Grant};

/// Verbs for which a role can name the objects.
///
/// Source: Kubernetes documentation, "Using RBAC Authorization", "Referring to resources": `create`
/// has no name yet, and `list` and `watch` are seldom sent with one.
const NAMED: [&str; 4] = ["get", "update", "patch", "delete"];
/// What runs pods.
const WORKLOADS: [&str; 8] = [
    "pods",
    "deployments",
    "daemonsets",
    "statefulsets",
    "replicasets",
    "replicationcontrollers",
    "jobs",
    "cronjobs",
];

/// A role that is missing: every part is a name that Kubernetes accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MissingRole {
    verb: String,
    resource: String,
    part: Option<String>,
    group: String,
    namespace: String,
    name: Option<String>,
    subject: Subject,
}

/// Who needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    ServiceAccount { namespace: String, name: String },
    User(String),
}

impl MissingRole {
    /// The role that a request lacks; `None` if a part of it is no name that Kubernetes accepts.
    pub(super) fn of(record: &Value) -> Option<Self> {
        let part = text(record, &field::SUBRESOURCE);
        let name = text(record, &field::NAME);
        let verb = text(record, &field::VERB).filter(|verb| VERBS.contains(verb))?;
        let resource = text(record, &field::RESOURCE).filter(|one| is_resource(one))?;
        let group = Some(group(record)).filter(|group| group.is_empty() || is_subdomain(group))?;
        let namespace = text(record, &field::NAMESPACE).filter(|one| is_label(one))?;
        let is_fit = part.is_none_or(is_label)
            && !resource.contains(['.', '/'])
            && name.is_none_or(is_subdomain);
        is_fit.then_some(())?;
        Some(Self {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            part: part.map(str::to_owned),
            group: group.to_owned(),
            namespace: namespace.to_owned(),
            name: name.filter(|_| NAMED.contains(&verb)).map(str::to_owned),
            subject: Subject::of(effective_user(record))?,
        })
    }

    /// The resource as kubectl takes it: `deployments.apps/scale`.
    fn qualified(&self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        let part = self.part.as_ref().map(|part| format!("/{part}"));
        format!("{}{dot}{}{}", self.resource, self.group, part.unwrap_or_default())
    }

    /// A name that tells what it is for, and differs for whatever else is missing.
    fn role_name(&self) -> String {
        let subject = match &self.subject {
            Subject::ServiceAccount { namespace, name } => format!("{namespace}:{name}"),
            Subject::User(user) => user.clone(),
        };
        let name = self.name.as_deref().unwrap_or_default();
        let parts = [&self.verb, &self.qualified(), &self.namespace, name, &subject];
        let hash = Sha256::digest(parts.join("\n"));
        let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let resource: String = self.resource.chars().take(32).collect();
        format!("{}-{}-{hash}", self.verb, resource.trim_end_matches('-'))
    }

    fn commands(&self) -> String {
        let (role, namespace) = (self.role_name(), &self.namespace);
        let name = self.name.as_ref().map(|name| format!(" --resource-name={}", shell_word(name)));
        let subject = match &self.subject {
            Subject::ServiceAccount { namespace, name } => {
                format!("--serviceaccount={}", shell_word(&format!("{namespace}:{name}")))
            }
            Subject::User(user) => format!("--user={}", shell_word(user)),
        };
        format!(
            "kubectl create role {role} --namespace={namespace} --verb={} --resource={}{} && \
             kubectl create rolebinding {role} --namespace={namespace} --role={role} {subject}",
            self.verb,
            shell_word(&self.qualified()),
            name.unwrap_or_default(),
        )
    }

    fn manifest(&self) -> String {
        let (role, namespace) = (yaml_text(&self.role_name()), yaml_text(&self.namespace));
        let part = self.part.as_ref().map(|part| format!("/{part}"));
        let resource = yaml_text(&format!("{}{}", self.resource, part.unwrap_or_default()));
        let names =
            self.name.as_ref().map(|name| format!("    resourceNames: [{}]\n", yaml_text(name)));
        let subject = match &self.subject {
            Subject::ServiceAccount { namespace, name } => format!(
                "  - kind: ServiceAccount\n    name: {}\n    namespace: {}\n",
                yaml_text(name),
                yaml_text(namespace)
            ),
            Subject::User(user) => format!(
                "  - kind: User\n    apiGroup: rbac.authorization.k8s.io\n    name: {}\n",
                yaml_text(user)
            ),
        };
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {role}\n  \
             namespace: {namespace}\nrules:\n  - apiGroups: [{}]\n    resources: [{resource}]\n{}    \
             verbs: [{}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
             metadata:\n  name: {role}\n  namespace: {namespace}\nroleRef:\n  \
             apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {role}\nsubjects:\n{subject}",
            yaml_text(&self.group),
            names.unwrap_or_default(),
            yaml_text(&self.verb),
        )
    }

    fn warnings(&self, event: &Event) -> Vec<String> {
        let is_new = matches!(self.verb.as_str(), "create" | "update" | "patch");
        let runs = is_new && self.part.is_none() && WORKLOADS.contains(&self.resource.as_str());
        let is_default =
            matches!(&self.subject, Subject::ServiceAccount { name, .. } if name == "default");
        let is_elsewhere = matches!(&self.subject, Subject::ServiceAccount { namespace, .. }
            if namespace != &self.namespace);
        let is_iam = iam_arn(&event.record).is_some()
            && event.principal.kind != PrincipalKind::ServiceAccount;
        let all = [
            (
                runs,
                "whoever may start pods can run as every service account of the namespace, and \
                 read all of its secrets",
            ),
            (self.resource == "secrets", "it opens a secret: is the caller meant to have it?"),
            (
                self.verb == "deletecollection",
                "it deletes all objects of the kind in the namespace",
            ),
            (
                is_default,
                "every pod of the namespace that names no service account has `default`: make one \
                 for this workload",
            ),
            (is_elsewhere, "the service account belongs to another namespace"),
            (
                is_iam,
                "the name of a user may change: bind the role to a group that the access entry of \
                 the IAM identity names",
            ),
        ];
        all.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text.to_owned()).collect()
    }
}

impl Subject {
    fn of(user: &str) -> Option<Self> {
        let Some((namespace, name)) = service_account(user) else {
            return is_plain_user(user).then(|| Self::User(user.to_owned()));
        };
        (is_label(namespace) && is_subdomain(name)).then(|| Self::ServiceAccount {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// What cures a denial by a role that is missing.
pub(super) fn remedy(missing: &MissingRole, event: &Event, cluster: Option<&str>) -> CureStatement {
    let cluster = cluster.map(|cluster| format!(" of cluster {cluster}")).unwrap_or_default();
    let form = |tool: &str, text: String| ChangeForm { tool: tool.to_owned(), text };
    CureStatement {
        statement: Grant::default(),
        attach_to: format!("Kubernetes roles in namespace {}{cluster}", missing.namespace),
        forms: vec![form("kubectl", missing.commands()), form("yaml", missing.manifest())],
        take_care: missing.warnings(event),
    }
}
