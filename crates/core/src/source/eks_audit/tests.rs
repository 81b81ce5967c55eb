//! Records of the log, from bytes to explanations.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::decode::{cluster_of, decode};
use crate::event::{Event, Outcome, PrincipalKind};
use crate::explanation::{DenialLayer, Explanation};
use crate::source::contract::{LogSource, RecordContext};
use crate::source::eks_audit::EksAudit;
use crate::source::{cloudtrail, identify, source_of};

const CONTEXT: RecordContext<'_> = RecordContext {
    owner: Some("111122223333"),
    log_group: Some("/aws/eks/shop/cluster"),
    carrier: None,
};

/// The role that the workload of [`record`] lacks.
const MANIFEST: &str = r#"apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: "ROLE"
  namespace: "prod"
rules:
  - apiGroups: [""]
    resources: ["configmaps"]
    resourceNames: ["app"]
    verbs: ["get"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: "ROLE"
  namespace: "prod"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: "ROLE"
subjects:
  - kind: ServiceAccount
    name: "web"
    namespace: "prod"
"#;

fn merge(base: &mut Value, more: Value) {
    match (base, more) {
        (Value::Object(base), Value::Object(more)) => {
            for (key, value) in more {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, more) => *base = more,
    }
}

/// A request of a workload that was refused, with changes.
fn record(more: Value) -> Value {
    let mut record = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
        "auditID": "0a1b2c3d-0000-4000-8000-000000000001", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/prod/configmaps/app", "verb": "get",
        "user": {"username": "system:serviceaccount:prod:web"},
        "sourceIPs": ["203.0.113.9", "10.0.4.8"], "userAgent": "app/1.2",
        "objectRef": {"resource": "configmaps", "namespace": "prod", "name": "app", "apiVersion": "v1"},
        "responseStatus": {"code": 403, "reason": "Forbidden", "message":
            r#"configmaps "app" is forbidden: User "system:serviceaccount:prod:web" cannot get resource "configmaps" in API group "" in the namespace "prod""#},
        "requestReceivedTimestamp": "2026-11-24T09:01:00.111111Z",
        "annotations": {"authorization.k8s.io/decision": "forbid"}});
    merge(&mut record, more);
    record
}

fn event(more: Value) -> Event {
    decode(record(more).to_string().as_bytes(), CONTEXT).unwrap()
}

fn explained(more: Value) -> Explanation {
    EksAudit.explain(&event(more)).unwrap()
}

/// The same request, with a message in the API server's words for what the record says.
fn refused(user: &str, verb: &str, object: Value) -> Value {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let [resource, group, namespace, name, part] =
        ["resource", "apiGroup", "namespace", "name", "subresource"].map(text);
    let kind = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
    let full = if part.is_empty() { resource.to_owned() } else { format!("{resource}/{part}") };
    let scope = match namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {namespace:?}"),
    };
    let named = if name.is_empty() { String::new() } else { format!("{name:?} ") };
    let said = format!(
        "{kind} {named}is forbidden: User {user:?} cannot {verb} resource {full:?} in API group {group:?} {scope}"
    );
    json!({"verb": verb, "user": {"username": user}, "responseStatus": {"message": said},
        "objectRef": {"resource": resource, "apiGroup": group, "namespace": namespace, "name": name,
            "subresource": part}})
}

#[test]
fn a_record_and_its_event() {
    let event = event(json!({}));
    assert_eq!(event.action.to_string(), "k8s:get configmaps");
    assert_eq!(event.outcome, Outcome::Denied);
    assert_eq!(event.error_code(), Some("Forbidden"));
    assert_eq!(event.account.as_deref(), Some("111122223333"));
    assert_eq!(event.first_resource().unwrap().name, "namespaces/prod/configmaps/app");
    assert_eq!(event.principal.kind, PrincipalKind::ServiceAccount);
    assert_eq!(event.principal.key, "shop/system:serviceaccount:prod:web");
    assert_eq!(event.network.source.as_deref(), Some("10.0.4.8"), "the last one is not made up");
    assert_eq!(cluster_of("/aws/eks/shop/cluster"), Some("shop"));
    for other in ["/aws/eks//cluster", "/aws/eks/a b/cluster", "/aws/eks/shop", "/aws/lambda/x"] {
        assert_eq!(cluster_of(other), None, "{other}");
    }
}

#[test]
fn only_ended_requests_count() {
    let id = |stage: &str| event(json!({ "stage": stage })).id;
    assert_ne!(id("ResponseStarted"), id("ResponseComplete"));
    let started = event(json!({"stage": "ResponseStarted"}));
    assert_eq!((started.outcome, EksAudit.explain(&started)), (Outcome::Success, None));
    assert_eq!(started.principal.kind, PrincipalKind::Unknown);
    let shown = record(json!({"stage": "RequestReceived"}));
    for field in EksAudit.derived() {
        let known = crate::enrichment::Enrichment::nothing();
        assert_eq!(field.values.values_in(&EksAudit, &shown, known), [""; 0], "{}", field.name);
    }
    let outcome =
        |code: u64| event(json!({"responseStatus": {"code": code}, "annotations": null})).outcome;
    assert_eq!([200, 201, 101].map(outcome), [Outcome::Success; 3]);
    assert_eq!([401, 404, 409, 429, 500].map(outcome), [Outcome::Failed; 5]);
    let panic = json!({"stage": "Panic", "responseStatus": null, "annotations": null});
    assert_eq!(event(panic).outcome, Outcome::Failed);
    let forbidden = json!({"responseStatus": null});
    assert_eq!(event(forbidden).outcome, Outcome::Denied);
}

#[test]
fn identities_are_those_of_cloudtrail() {
    let call = |identity: Value| {
        let record = json!({"eventTime": "2026-11-24T09:01:00Z", "eventSource": "sts.amazonaws.com",
            "eventName": "GetCallerIdentity", "userIdentity": identity});
        cloudtrail::decode_record(record.to_string().as_bytes()).unwrap().principal
    };
    let role = "arn:aws:iam::111122223333:role/dev";
    for session in ["alice", "alice@example.com", "i-0123456789abcdef0"] {
        let arn = format!("arn:aws:sts::111122223333:assumed-role/dev/{session}");
        let theirs = call(json!({"type": "AssumedRole", "arn": arn, "accountId": "111122223333",
            "accessKeyId": "ASIAEXAMPLE", "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role}}}));
        let extra = json!({"arn": [arn], "canonicalArn": [role], "sessionName": [session], "accessKeyId": ["ASIAEXAMPLE"]});
        let ours = event(json!({"user": {"username": "dev-alice", "extra": extra}})).principal;
        assert_eq!(ours, theirs);
        let named = event(json!({"user": {"username": arn}})).principal;
        assert_eq!((named.key, named.arn), (theirs.key, theirs.arn));
    }
    let user = "arn:aws:iam::111122223333:user/team/bob";
    let theirs = call(json!({"type": "IAMUser", "arn": user, "accountId": "111122223333",
        "userName": "bob", "accessKeyId": "AKIAEXAMPLE"}));
    let extra = json!({"arn": [user], "canonicalArn": [user], "accessKeyId": ["AKIAEXAMPLE"]});
    assert_eq!(event(json!({"user": {"username": "bob", "extra": extra}})).principal, theirs);
}

#[test]
fn nothing_that_a_caller_chooses_makes_a_part_of_the_platform() {
    let who = |user: Value| event(json!({ "user": user })).principal;
    for name in ["system:kube-scheduler", "system:apiserver", "eks:addon-manager"] {
        assert!(who(json!({"username": name})).is_aws_service(), "{name}");
        let arn = "arn:aws:sts::111122223333:assumed-role/dev/x";
        assert!(
            !who(json!({"username": name, "extra": {"arn": [arn]}})).is_aws_service(),
            "{name}"
        );
    }
    for name in
        ["eks:A b", "system:serviceaccount:kube-system:coredns", "system:masters", "", "EKS:x"]
    {
        assert!(!who(json!({"username": name})).is_aws_service(), "{name}");
    }
    let platform = |more: Value| super::who::is_platform(&record(more));
    let controller = "system:serviceaccount:kube-system:replicaset-controller";
    assert!(platform(json!({"user": {"username": controller}})));
    let pod = json!({"authentication.kubernetes.io/pod-name": ["x"]});
    assert!(!platform(json!({"user": {"username": controller, "extra": pod}})));
    for name in ["my-controller", "aws-load-balancer-controller", "replicaset-controller:x"] {
        let name = format!("system:serviceaccount:kube-system:{name}");
        assert!(!platform(json!({"user": {"username": name}})), "{name}");
    }
    assert!(!platform(json!({"user": {"username": "system:serviceaccount:prod:job-controller"}})));
    let acting = event(json!({"user": {"username": "mallory"},
        "impersonatedUser": {"username": "system:kube-scheduler"}}));
    assert_eq!(acting.principal.name, "mallory");
    let acting =
        event(json!({"user": {"username": "eks:x"}, "impersonatedUser": {"username": "bob"}}));
    assert!(!acting.principal.is_aws_service());
}

#[test]
fn a_workload_gets_the_smallest_role() {
    let why = explained(json!({}));
    assert_eq!(why.layer, DenialLayer::KubernetesRbac);
    assert_eq!(why.no_grant, None);
    let remedy = why.remedies.first().unwrap();
    assert_eq!(remedy.attach_to, "Kubernetes roles in namespace prod of cluster shop");
    let [kubectl, yaml] = remedy.forms.as_slice() else { panic!("{:?}", remedy.forms) };
    let role = kubectl.text.split(' ').nth(3).unwrap();
    assert!(role.starts_with("get-configmaps-"), "{role}");
    let command = "kubectl create role ROLE --namespace=prod --verb=get --resource=configmaps \
                   --resource-name=app && kubectl create rolebinding ROLE --namespace=prod \
                   --role=ROLE --serviceaccount=prod:web";
    assert_eq!(
        (kubectl.tool.as_str(), kubectl.text.replace(role, "ROLE").as_str()),
        ("kubectl", command)
    );
    assert_eq!((yaml.tool.as_str(), yaml.text.replace(role, "ROLE").as_str()), ("yaml", MANIFEST));
}

#[test]
fn what_is_refused_next() {
    let pods = json!({"resource": "pods", "namespace": "prod"});
    let next = |verb: &str, user: &str| explained(refused(user, verb, pods.clone())).next;
    assert_eq!(next("list", "dev"), ["k8s:watch pods"]);
    assert_eq!([next("watch", "dev"), next("list", "system:anonymous")], [[""; 0]; 2]);
}

#[test]
fn what_gets_no_role() {
    let web = "system:serviceaccount:prod:web";
    let object = |resource: &str, namespace: &str, name: &str, part: &str| {
        json!({"resource": resource,
        "namespace": namespace, "name": name, "subresource": part})
    };
    for (user, verb, object) in [
        ("system:anonymous", "get", object("configmaps", "prod", "app", "")),
        (web, "list", object("secrets", "prod", "", "")),
        (web, "watch", object("secrets", "prod", "", "")),
        (web, "get", object("secrets", "billing", "db", "")),
        (web, "get", object("secrets", "", "", "")),
        (web, "list", object("pods", "", "", "")),
        (web, "get", object("configmaps", "kube-system", "aws-auth", "")),
        (web, "create", object("pods", "prod", "web", "exec")),
        (web, "get", object("pods", "prod", "web", "proxy")),
        (web, "create", object("serviceaccounts", "prod", "admin", "token")),
        (web, "impersonate", object("serviceaccounts", "prod", "admin", "")),
        (web, "frobnicate", object("pods", "prod", "web", "")),
        ("system:node:ip-10-0-0-1", "get", object("secrets", "prod", "db", "")),
        (web, "get", object("configmaps", "prod", "a;id", "")),
        (web, "get", object("configmaps", "prod $(id)", "a", "")),
        ("a'; id #", "get", object("configmaps", "prod", "a", "")),
        ("system:serviceaccount:prod:x y", "get", object("configmaps", "prod", "a", "")),
    ] {
        let why = explained(refused(user, verb, object.clone()));
        assert!(
            why.remedies.is_empty() && why.no_grant.is_some(),
            "{user} {verb} {object}: {why:?}"
        );
    }
    let rbac =
        json!({"resource": "roles", "apiGroup": "rbac.authorization.k8s.io", "namespace": "prod"});
    assert!(explained(refused(web, "create", rbac)).remedies.is_empty());
    let acting = json!({"impersonatedUser": {"username": "system:serviceaccount:prod:web"},
        "user": {"username": "mallory"}});
    assert!(explained(acting).remedies.is_empty());
}

#[test]
fn a_text_counts_only_where_it_says_what_the_record_says() {
    let about = |more: Value| explained(more);
    let other = about(json!({"objectRef": {"name": "other"}}));
    assert!(other.remedies.is_empty() && other.no_grant.is_some());
    let other = about(json!({"user": {"username": "bob"}}));
    assert!(other.remedies.is_empty());
    let allowed = json!({"annotations": {"authorization.k8s.io/decision": "allow"}});
    let read = about(allowed.clone());
    assert_eq!((read.layer.known(), read.remedies.len()), (Some(DenialLayer::Unknown), 0));
    let mut changed = refused(
        "system:serviceaccount:prod:web",
        "update",
        json!({"resource": "configmaps",
        "namespace": "prod", "name": "app"}),
    );
    merge(&mut changed, allowed);
    let changed = about(changed);
    let admission = Some(DenialLayer::KubernetesAdmission);
    assert_eq!((changed.layer.known(), changed.remedies.len()), (admission, 0));
    let silent = about(json!({"responseStatus": {"message": null}}));
    assert_eq!(silent.layer, DenialLayer::KubernetesRbac);
    assert!(silent.remedies.is_empty());
}

#[test]
fn other_layers() {
    let said = |message: &str| {
        let why = explained(json!({"verb": "create", "responseStatus": {"message": message},
            "annotations": {"authorization.k8s.io/decision": "allow"}}));
        assert!(why.remedies.is_empty() && why.no_grant.is_some(), "{message}");
        (why.layer.known().unwrap(), why.sign.is_some())
    };
    let admission = (DenialLayer::KubernetesAdmission, false);
    for message in [
        r#"admission webhook "policy.example.com" denied the request: no"#,
        r#"pods "web" is forbidden: exceeded quota: compute, requested: cpu=1"#,
        r#"pods "web" is forbidden: violates PodSecurity "restricted:latest": privileged"#,
        r#"pods "web" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"#,
        r#"pods "web" is forbidden: unable to create new content in namespace prod because it is being terminated"#,
    ] {
        assert_eq!(said(message), admission, "{message}");
    }
    let more = r#"roles.rbac.authorization.k8s.io "x" is forbidden: user "mallory" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held: …"#;
    assert_eq!(said(more), (DenialLayer::KubernetesRbac, true));
    let acting = explained(json!({"user": {"username": "mallory"}, "responseStatus": {"message":
        r#"users "admin" is forbidden: User "mallory" cannot impersonate resource "users" in API group "" at the cluster scope"#}}));
    assert!(acting.sign.unwrap().is_high);
}

#[test]
fn records_are_told_by_their_form() {
    assert_eq!(identify(record(json!({})).to_string().as_bytes()), Some(EksAudit.id()));
    let bare = br#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get","user":{}}"#;
    assert_eq!(identify(bare), Some(EksAudit.id()));
    let other =
        br#"{"kind":"Event","apiVersion":"v1","metadata":{},"involvedObject":{},"message":"x"}"#;
    assert_eq!(identify(other), None);
    for lacking in ["kind", "apiVersion", "requestReceivedTimestamp"] {
        let record = record(json!({ lacking: null }));
        assert!(source_of(EksAudit.id()).decode(record.to_string().as_bytes(), CONTEXT).is_err());
    }
    let late = json!({"requestReceivedTimestamp": null, "stageTimestamp": "2026-11-24T09:01:01Z"});
    assert_eq!(event(late).time.to_string(), "2026-11-24T09:01:01Z");
    let odd = json!({"user": [], "objectRef": 1, "responseStatus": "x", "sourceIPs": {},
        "annotations": [], "verb": null, "requestReceivedTimestamp": "2026-11-24 09:01:00.5"});
    assert_eq!(event(odd).outcome, Outcome::Success);
}

proptest! {
    /// Whatever a caller names its objects, what is offered has no part of a name that a shell or
    /// YAML would read, and a refusal is about what the record says.
    #[test]
    fn no_name_reaches_a_command(name in "\\PC{0,40}", user in "[a-z:'\"$ ;]{0,20}", namespace in "[a-z'\" ;-]{0,12}") {
        let object = json!({"resource": "configmaps", "namespace": namespace, "name": name});
        let why = EksAudit.explain(&event(refused(&user, "get", object)));
        for remedy in why.iter().flat_map(|why| &why.remedies) {
            let command = &remedy.forms.first().unwrap().text;
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" =-.:@_/&+,".contains(&byte);
            prop_assert!(command.bytes().all(is_plain), "{}", command);
            prop_assert_eq!(command.matches('&').count(), 2);
        }
    }

    #[test]
    fn any_text_is_read_or_not(text in "\\PC{0,120}") {
        let why = explained(json!({"responseStatus": {"message": text}}));
        prop_assert!(why.remedies.is_empty());
    }
}
