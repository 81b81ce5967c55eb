//! Who sent a request.
//!
//! Source: Amazon EKS user guide, "Grant IAM users and roles access to Kubernetes APIs";
//! aws-iam-authenticator, which writes `user.extra`.

use serde_json::{Value, json};

use super::controllers::is_controller;
use super::fields as field;
use super::what::text;
use crate::event::{Principal, PrincipalKind, is_account_id};
use crate::source::cloudtrail::read_principal;

/// What the names of service accounts begin with.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";
/// Whoever has not said who they are.
pub(super) const ANONYMOUS: &str = "system:anonymous";
/// The parts of the control plane, which have certificates that only the cluster issues.
const CONTROL_PLANE: [&str; 4] = [
    "system:apiserver",
    "system:kube-controller-manager",
    "system:kube-scheduler",
    "system:cloud-controller-manager",
];
/// What `user.extra` calls the pod to which a token belongs.
pub(super) const POD: &str = "authentication.kubernetes.io/pod-name";
/// What the names of EKS's own roles begin with, in accounts of AWS.
const EKS_ROLE: &str = "AWSWesley";

/// A value of `user.extra`, the first one.
pub(super) fn extra<'r>(record: &'r Value, name: &str) -> Option<&'r str> {
    let values = field::EXTRA.find_in(record)?.get(name)?;
    let first = values.as_str().or_else(|| values.get(0)?.as_str());
    first.filter(|text| !text.is_empty())
}

/// The user's name.
pub(super) fn user(record: &Value) -> &str {
    field::USER.text_in(record).unwrap_or_default()
}

/// The user as whom the request was made, if not as its sender.
pub(super) fn impersonated(record: &Value) -> Option<&str> {
    text(record, &field::AS_USER)
}

/// The user whose permissions count.
pub(super) fn effective_user(record: &Value) -> &str {
    impersonated(record).unwrap_or_else(|| user(record))
}

/// Whether nobody has said who they are, or somebody acts as such a caller.
pub(super) fn is_anonymous(record: &Value) -> bool {
    effective_user(record) == ANONYMOUS
}

/// The namespace and name of a service account.
pub(super) fn service_account(user: &str) -> Option<(&str, &str)> {
    user.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')
}

/// The ARN of the IAM identity that was authenticated. Only the authenticator writes it: who
/// impersonates somebody writes elsewhere.
pub(super) fn iam_arn(record: &Value) -> Option<&str> {
    let of_name = || Some(user(record)).filter(|name| name.starts_with("arn:"));
    let canonical = || extra(record, "canonicalArn");
    extra(record, "arn").or_else(canonical).or_else(of_name)
}

/// Whether the cluster or EKS itself sent it. A name proves this only for the control plane, since
/// whoever may edit the access entries of a cluster can give a role almost any name.
pub(super) fn is_control_plane(record: &Value) -> bool {
    let name = user(record);
    let is_eks = name.strip_prefix("eks:").is_some_and(|rest| {
        rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    });
    let has_name = CONTROL_PLANE.contains(&name) || is_eks;
    has_name && iam_arn(record).is_none() && impersonated(record).is_none()
}

/// Whether it looks like a part of the platform, which its owner does not run: the control plane,
/// its controllers, nodes, and what EKS manages. Controllers run in no pod: whoever has the token
/// of one in a pod took it.
pub(super) fn is_platform(record: &Value) -> bool {
    let name = user(record);
    let is_controller = is_controller(name) && extra(record, POD).is_none();
    let by_name = is_controller || name.starts_with("system:node:") || is_eks_role(record);
    impersonated(record).is_none() && (by_name || is_control_plane(record))
}

/// Whether EKS acts by a role of its own.
fn is_eks_role(record: &Value) -> bool {
    let role = iam_arn(record).and_then(|arn| arn.split_once(":assumed-role/"));
    user(record).starts_with("eks:") && role.is_some_and(|(_, role)| role.starts_with(EKS_ROLE))
}

/// Who sent a request in a cluster. An IAM identity is the principal that `CloudTrail` has, but for
/// a role's path, which its sessions do not show.
pub(super) fn principal(record: &Value, cluster: Option<&str>) -> Principal {
    let name = user(record);
    let is_of_kubernetes =
        service_account(name).is_some() || name == ANONYMOUS || is_eks_role(record);
    let identity = iam_arn(record).filter(|_| !is_of_kubernetes).and_then(|arn| {
        Some(read_principal(&identity_of(arn, record)?)).filter(|who| who.arn.is_some())
    });
    identity.unwrap_or_else(|| kubernetes_principal(record, cluster))
}

fn kubernetes_principal(record: &Value, cluster: Option<&str>) -> Principal {
    let name = Some(user(record)).filter(|name| !name.is_empty()).unwrap_or("unknown user");
    let kind = match () {
        () if is_control_plane(record) => PrincipalKind::AwsService,
        () if service_account(name).is_some() => PrincipalKind::ServiceAccount,
        () => PrincipalKind::KubernetesUser,
    };
    let within = cluster.filter(|_| kind != PrincipalKind::AwsService);
    Principal {
        kind,
        key: within.map_or_else(|| name.to_owned(), |cluster| format!("{cluster}/{name}")),
        name: name.to_owned(),
        arn: None,
        session_arn: extra(record, "arn").map(str::to_owned),
        user_name: Some(name.to_owned()),
        session: extra(record, "sessionName").map(str::to_owned),
        account: None,
        access_key: extra(record, "accessKeyId").map(str::to_owned),
        invoked_by: None,
        on_behalf_of: None,
        mfa: None,
        issuer: None,
    }
}

/// The same identity as `CloudTrail` writes it.
fn identity_of(arn: &str, record: &Value) -> Option<Value> {
    let parsed = crate::event::Arn::parse(arn)?;
    let resource = parsed.resource();
    let last = resource.rsplit('/').next().unwrap_or(resource);
    let canonical = extra(record, "canonicalArn").filter(|canonical| canonical.contains(":role/"));
    let (kind, user) = match resource.split_once('/') {
        Some(("assumed-role", _)) => ("AssumedRole", None),
        Some(("role", _)) => ("Role", None),
        Some(("user", _)) => ("IAMUser", Some(last)),
        Some(("federated-user", _)) => ("FederatedUser", None),
        None if resource == "root" => ("Root", None),
        _ => return None,
    };
    let issuer = canonical.filter(|_| kind == "AssumedRole");
    Some(json!({"userIdentity": {
        "type": kind,
        "arn": arn,
        "accountId": Some(parsed.account()).filter(|account| is_account_id(account)),
        "accessKeyId": extra(record, "accessKeyId"),
        "userName": user,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": issuer}},
    }}))
}

/// The account of the IAM identity.
pub(super) fn iam_account(record: &Value) -> Option<&str> {
    let arn = iam_arn(record).filter(|_| !is_eks_role(record))?;
    arn.split(':').nth(4).filter(|account| is_account_id(account))
}

/// Where a request came from. Clients can make up all addresses but the last one.
///
/// Source: Kubernetes API reference, `audit.k8s.io/v1`, `sourceIPs`.
pub(super) fn address(record: &Value) -> Option<&str> {
    field::SOURCES.find_in(record)?.as_array()?.last()?.as_str().filter(|text| !text.is_empty())
}
