//! `iam:PassRole`, which no log shows: told from the roles that a request hands to a service.
//!
//! Source: IAM user guide, "Grant a user permissions to pass a role to an AWS service".

use std::collections::BTreeSet;

use aware_core::event::{Arn, Event, field};
use serde_json::Value;

/// How deep a request is looked into, and how many roles are taken from one.
const MAX_DEPTH: usize = 8;
const MAX_ROLES: usize = 16;

/// The roles that a call passed on.
pub(super) fn passed(event: &Event) -> BTreeSet<String> {
    let mut roles = BTreeSet::new();
    // A role that is assumed, or changed, is no role that is passed.
    let is_about_roles = matches!(
        event.action.service.as_str(),
        "sts" | "iam" | "sso" | "organizations" | "ram" | "access-analyzer"
    );
    if !is_about_roles
        && event.action.read_only != Some(true)
        && let Some(request) = field::REQUEST.get(&event.record)
    {
        collect(request, "", MAX_DEPTH, &mut roles);
    }
    roles
}

fn collect(value: &Value, key: &str, depth: usize, roles: &mut BTreeSet<String>) {
    if depth == 0 || roles.len() >= MAX_ROLES {
        return;
    }
    match value {
        Value::String(text) if key.to_ascii_lowercase().contains("role") => {
            let arn = Arn::parse(text).filter(|arn| arn.service() == "iam");
            let is_role = |arn: &Arn| {
                // Service-linked roles are not passed.
                arn.resource().starts_with("role/")
                    && !arn.resource().starts_with("role/aws-service-role/")
            };
            if arn.as_ref().is_some_and(is_role) && !text.contains(['*', '?', '$']) {
                roles.insert(text.clone());
            }
        }
        Value::Array(list) => list.iter().for_each(|item| collect(item, key, depth - 1, roles)),
        Value::Object(map) => {
            map.iter().for_each(|(key, item)| collect(item, key, depth - 1, roles));
        }
        _ => {}
    }
}
