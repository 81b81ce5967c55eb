//! What in the object that was sent lets a pod reach its node.
//!
//! Source: Kubernetes documentation, "Pod Security Standards", the profile *Baseline*.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fields as field;

/// Capabilities with which a process can take over its node.
const CAPABILITIES: [&str; 8] = [
    "ALL",
    "BPF",
    "DAC_READ_SEARCH",
    "NET_ADMIN",
    "SYS_ADMIN",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
];

/// What lets the pods of the object that was sent reach their nodes: `privileged`, `host-network`,
/// `host-pid`, `host-ipc`, `host-path`, `capabilities`.
pub(super) fn pod_risks(record: &Value) -> Vec<String> {
    let Some(spec) = field::REQUEST.find_in(record).and_then(pod_spec) else { return Vec::new() };
    let mut risks = BTreeSet::new();
    for (name, risk) in
        [("hostNetwork", "host-network"), ("hostPID", "host-pid"), ("hostIPC", "host-ipc")]
    {
        if spec.get(name).and_then(Value::as_bool) == Some(true) {
            risks.insert(risk);
        }
    }
    let is_of_host = |volume: &Value| volume.get("hostPath").is_some_and(|path| !path.is_null());
    if list(spec, "volumes").any(is_of_host) {
        risks.insert("host-path");
    }
    let kinds = ["containers", "initContainers", "ephemeralContainers"];
    for container in kinds.into_iter().flat_map(|kind| list(spec, kind)) {
        let Some(context) = container.get("securityContext") else { continue };
        if context.get("privileged").and_then(Value::as_bool) == Some(true) {
            risks.insert("privileged");
        }
        if adds_capability(context) {
            risks.insert("capabilities");
        }
    }
    risks.into_iter().map(str::to_owned).collect()
}

/// The pod's own specification, or that in the template of a workload.
fn pod_spec(object: &Value) -> Option<&Value> {
    let spec = object.get("spec")?;
    let of_job = || spec.get("jobTemplate")?.get("spec")?.get("template")?.get("spec");
    spec.get("template").and_then(|template| template.get("spec")).or_else(of_job).or(Some(spec))
}

fn adds_capability(context: &Value) -> bool {
    let added = context.get("capabilities").map(|capabilities| list(capabilities, "add"));
    added.into_iter().flatten().filter_map(Value::as_str).any(|name| {
        let name = name.strip_prefix("CAP_").unwrap_or(name);
        CAPABILITIES.contains(&name)
    })
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn risks(object: &Value) -> Vec<String> {
        pod_risks(&json!({ "requestObject": object }))
    }

    #[test]
    fn pods_and_templates() {
        let spec = json!({"hostNetwork": true, "containers": [
            {"securityContext": {"privileged": true, "capabilities": {"add": ["CAP_SYS_ADMIN"]}}}],
            "volumes": [{"hostPath": {"path": "/"}}]});
        let all = ["capabilities", "host-network", "host-path", "privileged"];
        assert_eq!(risks(&json!({ "spec": spec })), all);
        assert_eq!(risks(&json!({"spec": {"template": {"spec": spec}}})), all);
        let cron = json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}});
        assert_eq!(risks(&cron), all);
        assert_eq!(
            risks(
                &json!({"spec": {"ephemeralContainers": [{"securityContext": {"privileged": true}}]}})
            ),
            ["privileged"]
        );
    }

    #[test]
    fn what_is_harmless_or_odd() {
        for object in [
            json!({"spec": {"hostNetwork": false, "containers": [{"securityContext": {
                "privileged": false, "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}}}]}}),
            json!({"spec": {"containers": "x", "volumes": [{"emptyDir": {}}, null]}}),
            json!({"spec": null}),
            json!([]),
            json!("spec"),
        ] {
            assert_eq!(risks(&object), [""; 0], "{object}");
        }
        assert_eq!(pod_risks(&json!({})), [""; 0]);
    }
}
