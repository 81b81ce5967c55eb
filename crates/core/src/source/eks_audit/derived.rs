//! Fields that are derived from several fields of a record, or from names with dots in them.

use serde_json::Value;

use super::explain::denied_by_name;
use super::pod::pod_risks;
use super::stage::{decision, is_final, outcome};
use super::what::{SERVICE, action, qualified_resource, target};
use super::who::{POD, effective_user, extra, impersonated, is_anonymous, is_platform, principal};
use crate::source::contract::{DerivedField, FieldValues};

/// A field that only records have which say how their request ended.
macro_rules! of_ended {
    ($values:expr) => {
        FieldValues::OfRecord(|record| match is_final(record) {
            true => {
                let values: fn(&Value) -> Vec<String> = $values;
                values(record)
            }
            false => Vec::new(),
        })
    };
}

/// Every derived field. Records of stages before the last have none of them.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField {
        name: "aware.outcome",
        doc: "`denied` for code 403, `failed` for other codes from 400 on, else `success`; none \
              before the request has ended",
        values: of_ended!(|record| one(outcome(record).as_str())),
    },
    DerivedField {
        name: "aware.principal",
        doc: "who sent the request: the IAM identity if there is one (`role/dev`), else the name in \
              Kubernetes; not the user that it was made as",
        values: of_ended!(|record| one(&principal(record, None).name)),
    },
    DerivedField {
        name: "aware.action",
        doc: "verb and resource: `k8s:get secrets`, `k8s:create pods/exec`",
        values: of_ended!(|record| one(&action(record).to_string())),
    },
    DerivedField { name: "aware.service", doc: "`k8s`", values: of_ended!(|_| one(SERVICE)) },
    DerivedField {
        name: "aware.resource",
        doc: "resource with its group and part: `deployments.apps/scale`, `pods/exec`",
        values: of_ended!(|record| qualified_resource(record).into_iter().collect()),
    },
    DerivedField {
        name: "aware.target",
        doc: "the object: `namespaces/prod/secrets/db`; or the path that was asked for",
        values: of_ended!(|record| target(record).into_iter().collect()),
    },
    DerivedField {
        name: "aware.effective_user",
        doc: "the user whose permissions count: the impersonated one, if there is one",
        values: of_ended!(|record| one(effective_user(record))),
    },
    DerivedField {
        name: "aware.impersonated",
        doc: "the user that the request was made as, if that is not its sender",
        values: of_ended!(|record| impersonated(record).map(str::to_owned).into_iter().collect()),
    },
    DerivedField {
        name: "aware.anonymous",
        doc: "`true` for callers who have not said who they are",
        values: of_ended!(|record| one(&is_anonymous(record).to_string())),
    },
    DerivedField {
        name: "aware.platform",
        doc: "`true` for the control plane, its own controllers, nodes, and EKS \
              itself, unless they act as another user",
        values: of_ended!(|record| one(&is_platform(record).to_string())),
    },
    DerivedField {
        name: "aware.denied_by",
        doc: "what denied it: `rbac`, `impersonation`, `escalation`, `webhook`, `policy`, \
              `pod-security`, `quota`, `admission`, `unknown`",
        values: of_ended!(|record| denied_by_name(record).map(str::to_owned).into_iter().collect()),
    },
    DerivedField {
        name: "aware.decision",
        doc: "the authorizer's decision: `allow` or `forbid`",
        values: of_ended!(|record| decision(record).map(str::to_owned).into_iter().collect()),
    },
    DerivedField {
        name: "aware.pod",
        doc: "the pod to which a service account's token belongs",
        values: of_ended!(|record| { extra(record, POD).map(str::to_owned).into_iter().collect() }),
    },
    DerivedField {
        name: "aware.pod_risks",
        doc: "what lets the pods of `requestObject` reach their nodes: `privileged`, \
              `capabilities`, `host-path`, `host-network`, `host-pid`, `host-ipc`",
        values: of_ended!(pod_risks),
    },
];

fn one(value: &str) -> Vec<String> {
    vec![value.to_owned()]
}
