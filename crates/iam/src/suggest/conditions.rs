//! Conditions that bind a grant to what was seen, where an action without one gives too much.

use std::collections::BTreeMap;

use super::{Need, asked};
use crate::resource::{key_alias, literal};

type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// The conditions of a grant.
pub(super) fn of(need: &Need<'_>) -> Conditions {
    let mut all = Conditions::new();
    let request = need.evidence.request;
    let mut add = |operator: &str, key: &str, values: Vec<String>| {
        all.entry(operator.to_owned()).or_default().insert(key.to_owned(), values);
    };
    let action = need.actions.first().map(String::as_str).unwrap_or_default();
    match action {
        "iam:PassRole" => {
            if let Some(service) = passed_to(need) {
                add("StringEquals", "iam:PassedToService", vec![service]);
            }
        }
        "s3:ListBucket" => {
            if let Some(prefix) = asked(request, "prefix") {
                let prefix = literal(prefix);
                add("StringLike", "s3:prefix", vec![format!("{prefix}*"), prefix]);
            }
        }
        "cloudwatch:PutMetricData" => {
            if let Some(namespace) = asked(request, "namespace") {
                add("StringEquals", "cloudwatch:namespace", vec![namespace.to_owned()]);
            }
        }
        "ec2-instance-connect:SendSSHPublicKey" => {
            if let Some(user) = asked(request, "instanceOSUser") {
                add("StringEquals", "ec2:osuser", vec![user.to_owned()]);
            }
        }
        _ if action.starts_with("kms:") => {
            if let Some(service) = via(need) {
                add("StringEquals", "kms:ViaService", vec![service]);
            }
            let alias = key_alias(request, &need.evidence.place);
            if let Some(alias) = alias.filter(|_| need.found.is_some_and(|found| !found.whole)) {
                add("StringEquals", "kms:RequestAlias", vec![alias.to_owned()]);
            }
        }
        _ => {}
    }
    all
}

/// The service that a role is passed to: the one that was called, with the exceptions of services
/// whose tasks or instances take the role.
///
/// Source: IAM user guide, "Grant a user permissions to pass a role to an AWS service".
fn passed_to(need: &Need<'_>) -> Option<String> {
    let service = match need.service {
        "" | "iam" | "sts" | "cloudformation" => return None,
        "ecs" => "ecs-tasks",
        "autoscaling" => "ec2",
        other => other,
    };
    Some(format!("{service}.amazonaws.com"))
}

/// The service through which a key was used, `s3.eu-west-1.amazonaws.com`.
///
/// Source: KMS developer guide, "kms:ViaService".
fn via(need: &Need<'_>) -> Option<String> {
    let by = need.invoked_by.and_then(|by| by.strip_suffix(".amazonaws.com"));
    let service = by.or(Some(need.service)).filter(|name| !matches!(*name, "" | "kms"))?;
    let region = need.evidence.place.region;
    let plain = service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && !region.is_empty()).then(|| format!("{service}.{region}.amazonaws.com"))
}
