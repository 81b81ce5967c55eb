//! Alerts as the body of a request: for Alertmanager's API, or as its webhook sends them.
//!
//! Sources: <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>
//! (`postableAlerts`) and
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config> (version 4).

use std::collections::BTreeMap;

use aware_core::fingerprint::Fingerprint;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::alert::{Alert, NamedTexts};

/// What a webhook says of an alert that has not ended.
const NOT_ENDED: &str = "0001-01-01T00:00:00Z";

/// What `POST /api/v2/alerts` takes.
pub(super) fn api_body(alerts: &[Alert]) -> Value {
    json!(alerts)
}

/// What a receiver of webhooks takes. `name` is that of the destination.
pub(super) fn webhook_body(name: &str, group: &Fingerprint, alerts: &[Alert]) -> Value {
    let is_resolved = alerts.iter().all(|alert| alert.is_resolved);
    let common = common_texts(alerts.iter().map(|alert| &alert.labels));
    let annotations = common_texts(alerts.iter().map(|alert| &alert.annotations));
    let identity = ["case", "group"].into_iter().filter_map(|name| common.get_key_value(name));
    let group_labels: BTreeMap<&String, &String> = identity.collect();
    json!({
        "version": "4",
        "groupKey": group.as_str(),
        "truncatedAlerts": 0,
        "status": status_of(is_resolved),
        "receiver": name,
        "groupLabels": group_labels,
        "commonLabels": common,
        "commonAnnotations": annotations,
        "externalURL": env!("CARGO_PKG_REPOSITORY"),
        "alerts": alerts.iter().map(webhook_alert).collect::<Vec<_>>(),
    })
}

fn webhook_alert(alert: &Alert) -> Value {
    let ends = if alert.is_resolved { alert.ends_at.to_string() } else { NOT_ENDED.to_owned() };
    json!({
        "status": status_of(alert.is_resolved),
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": alert.starts_at,
        "endsAt": ends,
        "generatorURL": alert.link.as_deref().unwrap_or_default(),
        "fingerprint": label_hash(&alert.labels),
    })
}

fn status_of(is_resolved: bool) -> &'static str {
    if is_resolved { "resolved" } else { "firing" }
}

/// What every one of them has, with the same value.
fn common_texts<'a>(mut all: impl Iterator<Item = &'a NamedTexts>) -> NamedTexts {
    let mut common = all.next().cloned().unwrap_or_default();
    for texts in all {
        common.retain(|name, value| texts.get(name) == Some(value));
    }
    common
}

/// 16 hexadecimal digits that are the same for equal labels, as receivers expect them.
fn label_hash(labels: &NamedTexts) -> String {
    let hash = Sha256::digest(json!(labels).to_string());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
