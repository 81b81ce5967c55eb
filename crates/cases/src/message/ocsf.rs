//! Renders a group as an OCSF Detection Finding (class 2004).
//!
//! Source: <https://schema.ocsf.io/1.6.0/classes/detection_finding>. OCSF is a rendering, not the
//! type that rules and groups work on. Anything it has no place for goes into `unmapped`.

use aware_core::event::Arn;
use aware_core::finding::{Finding, FindingPrincipal};
use aware_core::message::MessageKind;
use aware_core::source::cloudtrail;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::group::FindingGroup;

/// The version written, which is the one that AWS Security Hub reads.
pub const OCSF_VERSION: &str = "1.6.0";

/// Renders a group; `uid` is the message's id.
pub fn render_detection_finding(
    tally: &FindingGroup,
    uid: &str,
    kind: MessageKind,
    now: Timestamp,
) -> Value {
    let finding = &tally.first;
    let (activity_id, activity) =
        if kind == MessageKind::Update { (2, "Update") } else { (1, "Create") };
    let level = tally.effective_level();
    let mut value = json!({
        "activity_id": activity_id, "activity_name": activity,
        "category_uid": 2, "category_name": "Findings",
        "class_uid": 2004, "class_name": "Detection Finding",
        "type_uid": 200_400 + activity_id, "type_name": format!("Detection Finding: {activity}"),
        "severity_id": level.ocsf_id(), "severity": level.ocsf_caption(),
        "status_id": 1, "status": "New", "is_alert": true,
        "time": now.as_millisecond(), "time_dt": now.to_string(),
        "start_time": finding.time.as_millisecond(), "end_time": tally.last_seen.as_millisecond(),
        "count": tally.count,
        "message": finding.headline_text(),
        "metadata": ocsf_metadata(tally, uid),
        "cloud": {"provider": "AWS", "region": finding.region, "account": ocsf_account(&finding.account)},
        "finding_info": ocsf_finding_info(tally, uid, now),
        "evidences": [ocsf_evidence(finding)],
        "resources": ocsf_resources(tally),
        "observables": ocsf_observables(tally),
        "unmapped": ocsf_unmapped(tally),
    });
    remove_empty(&mut value);
    value
}

fn ocsf_metadata(tally: &FindingGroup, uid: &str) -> Value {
    json!({
        "version": OCSF_VERSION, "uid": uid, "correlation_uid": tally.fingerprint.as_str(),
        "product": {"name": "Activity Aware", "vendor_name": "Activity Aware", "version": env!("CARGO_PKG_VERSION")},
        "profiles": ["cloud", "datetime"],
        "log_provider": tally.first.log_source.display_name(), "event_code": tally.first.event_type,
        "original_time": tally.first.time.to_string(),
    })
}

fn ocsf_finding_info(tally: &FindingGroup, uid: &str, now: Timestamp) -> Value {
    let Finding { rule, time, .. } = &tally.first;
    // API Activity: Other.
    let type_uid = (tally.first.log_source == cloudtrail::ID).then_some(600_399);
    let related: Vec<_> =
        tally.event_ids().map(|id| json!({"uid": id, "type_uid": type_uid})).collect();
    json!({
        "uid": uid, "title": rule.name, "desc": tally.first.error_message.as_ref().or(rule.description.as_ref()),
        "created_time": now.as_millisecond(),
        "first_seen_time": time.as_millisecond(), "last_seen_time": tally.last_seen.as_millisecond(),
        "analytic": {"type_id": 1, "type": "Rule", "uid": rule.id, "name": rule.name},
        "related_events": related, "data_sources": [tally.first.log_source.display_name()],
    })
}

pub(super) fn ocsf_account(id: &str) -> Value {
    json!({"uid": id, "type_id": 10, "type": "AWS Account"})
}

fn ocsf_evidence(finding: &Finding) -> Value {
    if let Some(correlated) = &finding.correlated {
        return json!({"data": correlated});
    }
    let is_address =
        finding.source.as_deref().is_some_and(|source| source.parse::<core::net::IpAddr>().is_ok());
    let (ip, domain) = if is_address { (&finding.source, &None) } else { (&None, &finding.source) };
    let request_id =
        finding.request_id.as_deref().map(|uid| json!({"uid": uid, "data": finding.request}));
    json!({
        "actor": {"user": ocsf_user(&finding.principal), "invoked_by": finding.principal.invoked_by},
        "api": {
            "operation": finding.event_name,
            "service": {"name": finding.event_source},
            "request": request_id,
            "response": {"error": finding.error_code, "message": finding.error_message},
        },
        "src_endpoint": {"ip": ip, "domain": domain},
        "data": {"userAgent": finding.user_agent},
    })
}

fn ocsf_user(who: &FindingPrincipal) -> Value {
    json!({
        "uid": who.arn.as_deref().unwrap_or(&who.key), "name": who.user_name.as_deref().unwrap_or(&who.name),
        "type": who.kind, "type_id": 99, "credential_uid": who.access_key,
        "account": who.account.as_deref().map(ocsf_account),
    })
}

fn ocsf_resources(tally: &FindingGroup) -> Value {
    let resource = |name: &str| {
        let arn = Arn::parse(name);
        let region =
            arn.as_ref().map(|arn| arn.region().to_owned()).filter(|region| !region.is_empty());
        json!({"uid": name, "cloud_partition": arn.as_ref().map(Arn::partition), "region": region})
    };
    tally.resources.iter().map(resource).collect()
}

fn ocsf_observables(tally: &FindingGroup) -> Value {
    let addresses =
        tally.sources.iter().filter(|source| source.parse::<core::net::IpAddr>().is_ok());
    let observable = |ip| json!({"name": "evidences[].src_endpoint.ip", "type_id": 2, "type": "IP Address", "value": ip});
    addresses.map(observable).collect()
}

fn ocsf_unmapped(tally: &FindingGroup) -> Value {
    let finding = &tally.first;
    let cure = tally.cure.as_ref();
    let explanation = finding.explanation.as_ref().map(|why| why.visible_with(cure));
    json!({
        "aware.principal": finding.principal.name, "aware.action": finding.action,
        "aware.outcome": finding.outcome, "aware.why": finding.why,
        "aware.event_id": finding.event_id, "aware.category": finding.category,
        "aware.session": finding.principal.session,
        "aware.explanation": explanation, "aware.reading": tally.reading,
        "aware.signs": tally.signs, "aware.cure": cure, "aware.rule": ocsf_rule(finding),
    })
}

/// Who wrote the rule, for rules that are not our own: their licence requires it.
fn ocsf_rule(finding: &Finding) -> Value {
    let rule = &finding.rule;
    json!({"author": rule.author, "license": rule.license, "link": rule.link, "tags": rule.tags})
}

/// Removes nulls, and empty objects and lists: OCSF allows neither as a placeholder.
pub(super) fn remove_empty(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let old = std::mem::take(map);
            *map = old
                .into_iter()
                .filter_map(|(key, value)| Some((key, without_empty(value)?)))
                .collect::<Map<_, _>>();
        }
        Value::Array(list) => {
            let old = std::mem::take(list);
            *list = old.into_iter().filter_map(without_empty).collect();
        }
        _ => {}
    }
}

fn without_empty(mut value: Value) -> Option<Value> {
    remove_empty(&mut value);
    let is_empty = match &value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    (!is_empty).then_some(value)
}
