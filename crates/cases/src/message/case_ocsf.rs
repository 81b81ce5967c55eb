//! Renders a case as an OCSF Detection Finding (class 2004).
//!
//! Source: <https://schema.ocsf.io/1.6.0/classes/detection_finding>.

use std::collections::BTreeMap;

use aware_core::case::{CaseKind, EventMark};
use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use aware_core::text::clean_line;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::ocsf::{OCSF_VERSION, ocsf_account, remove_empty};
use crate::case::{Case, CaseActor};
use crate::view::CaseView;

/// API Activity: Other.
const EVENT_TYPE: u32 = 600_399;
/// The most events that a finding refers to.
const MAX_EVENTS: usize = 50;
/// The most actors and resources in a finding.
const MAX_ENTRIES: usize = 20;

/// What happens to the finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaseActivity {
    Create,
    Update,
    Close,
}

impl CaseActivity {
    pub(super) fn for_message(message: &Message) -> Self {
        match message.kind {
            _ if message.case.as_ref().is_some_and(|case| case.is_closed) => Self::Close,
            MessageKind::Update => Self::Update,
            _ => Self::Create,
        }
    }

    /// Id and caption.
    fn named(self) -> (u32, &'static str) {
        match self {
            Self::Create => (1, "Create"),
            Self::Update => (2, "Update"),
            Self::Close => (3, "Close"),
        }
    }

    /// The status that goes with it: id and caption.
    fn status(self) -> (u32, &'static str) {
        if self == Self::Close { (4, "Resolved") } else { (1, "New") }
    }
}

/// Renders a case; `uid` is the message's id.
pub(super) fn render_case(
    case: &Case,
    view: &CaseView,
    uid: &str,
    activity: CaseActivity,
    now: Timestamp,
) -> Value {
    let ((activity_id, activity_name), (status_id, status)) = (activity.named(), activity.status());
    let account = case.accounts.first().map(String::as_str).unwrap_or_default();
    let mut value = json!({
        "activity_id": activity_id, "activity_name": activity_name,
        "category_uid": 2, "category_name": "Findings",
        "class_uid": 2004, "class_name": "Detection Finding",
        "type_uid": 200_400 + activity_id, "type_name": format!("Detection Finding: {activity_name}"),
        "severity_id": case.level.ocsf_id(), "severity": case.level.ocsf_caption(),
        "status_id": status_id, "status": status, "is_alert": is_alert(case),
        "time": now.as_millisecond(), "time_dt": now.to_string(),
        "start_time": case.first.as_millisecond(), "end_time": case.last.as_millisecond(),
        "count": case.findings.max(1),
        "message": view.headline,
        "metadata": ocsf_metadata(case, uid),
        "cloud": {"provider": "AWS", "region": case.regions.first(), "account": named_account(case, account)},
        "finding_info": ocsf_finding_info(case, view, now),
        "evidences": case.actors.iter().take(MAX_ENTRIES).map(|actor| ocsf_evidence(case, actor)).collect::<Vec<_>>(),
        "resources": ocsf_resources(case),
        "observables": ocsf_observables(case),
        "remediation": ocsf_remediation(view),
        "unmapped": ocsf_unmapped(case, view),
    });
    remove_empty(&mut value);
    value
}

/// Whether somebody should look: a case that only says what is missing is for its owner.
fn is_alert(case: &Case) -> bool {
    case.level >= Level::Medium || matches!(case.kind, CaseKind::Intruder | CaseKind::Chain)
}

fn ocsf_metadata(case: &Case, uid: &str) -> Value {
    json!({
        "version": OCSF_VERSION, "uid": uid, "correlation_uid": case.id,
        "product": {"name": "Activity Aware", "vendor_name": "Activity Aware", "version": env!("CARGO_PKG_VERSION")},
        "profiles": ["cloud", "datetime"],
        "log_provider": case.log_source().display_name(), "original_time": case.first.to_string(),
    })
}

fn ocsf_finding_info(case: &Case, view: &CaseView, now: Timestamp) -> Value {
    let in_force = view.in_force.as_ref().map(|state| state.sentence.as_str());
    let looks = format!("{} {}.", view.why.label, view.why.sentence);
    let desc = [in_force, Some(looks.as_str())].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let analytics = case.rules.iter().take(MAX_ENTRIES);
    let analytics: Vec<Value> = analytics
        .map(|(id, name)| json!({"type_id": 1, "type": "Rule", "uid": id, "name": name}))
        .collect();
    let (related, all) = related_events(case);
    json!({
        "uid": case.id, "title": view.headline, "desc": desc,
        "created_time": now.as_millisecond(),
        "first_seen_time": case.first.as_millisecond(), "last_seen_time": case.last.as_millisecond(),
        "analytic": analytics.first(), "related_analytics": analytics.get(1..),
        "related_events": related, "related_events_count": all,
        "types": [aware_core::open::NamedSet::name(case.reading)],
        "data_sources": [case.log_source().display_name()],
    })
}

/// The events that the case names: notable successes and turns first, then the earliest.
fn related_events(case: &Case) -> (Vec<Value>, u64) {
    let mut titles: BTreeMap<&str, String> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let notable = case.notable.iter().map(|line| (line.event_id.as_str(), line.fact.text.as_str()));
    let turns = case.turns.iter().map(|turn| (turn.event_id.as_str(), "a denied call now works"));
    let denied = case.actions.iter().filter(|line| line.mark == EventMark::Denied);
    let denied = denied.map(|line| (line.event_id.as_str(), line.action.as_str()));
    let others = case.event_ids.iter().map(|id| (id.as_str(), ""));
    for (id, title) in notable.chain(turns).chain(denied).chain(others) {
        if !id.is_empty() && !titles.contains_key(id) {
            titles.insert(id, clean_line(title).chars().take(200).collect());
            order.push(id);
        }
    }
    let event = |id: &&str| json!({"uid": id, "type_uid": EVENT_TYPE, "title": titles.get(id).filter(|title| !title.is_empty())});
    let counts = case.counts;
    let all = counts.denied + counts.changed + counts.read + counts.failed;
    (order.iter().take(MAX_EVENTS).map(event).collect(), all.max(order.len() as u64))
}

/// An account, with what it is called.
fn named_account(case: &Case, id: &str) -> Value {
    let mut account = ocsf_account(id);
    if let (Value::Object(account), Some(name)) = (&mut account, case.account_names.get(id)) {
        account.insert("name".to_owned(), name.as_str().into());
    }
    account
}

fn ocsf_evidence(case: &Case, actor: &CaseActor) -> Value {
    let is_address = |source: &&String| source.parse::<core::net::IpAddr>().is_ok();
    let ip = case.sources.iter().find(is_address);
    let domain = case.sources.first().filter(|_| ip.is_none());
    json!({
        "actor": {"user": {
            "uid": actor.arn.as_deref().unwrap_or(&actor.name), "name": actor.name,
            "type": actor.kind, "type_id": 99, "credential_uid": actor.keys.first(),
            "account": actor.account.as_deref().map(|id| named_account(case, id)),
        }},
        "src_endpoint": {"ip": ip, "domain": domain},
        "data": {"userAgents": case.agents, "accessKeys": actor.keys, "sessions": actor.sessions,
            "addressNotes": case.address_notes},
    })
}

fn ocsf_resources(case: &Case) -> Value {
    let mut names: Vec<&String> = Vec::new();
    for name in case.actions.iter().flat_map(|line| &line.resources) {
        if names.len() < MAX_ENTRIES && !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| json!({"uid": name})).collect()
}

fn ocsf_observables(case: &Case) -> Value {
    let is_address = |source: &&String| source.parse::<core::net::IpAddr>().is_ok();
    let addresses = case.sources.iter().filter(is_address).take(MAX_ENTRIES);
    let observable = |ip| json!({"name": "evidences[].src_endpoint.ip", "type_id": 2, "type": "IP Address", "value": ip});
    addresses.map(observable).collect()
}

/// What to do: contain the intruder, or change the policies.
fn ocsf_remediation(view: &CaseView) -> Value {
    let steps = view.contain.iter().take(MAX_ENTRIES);
    let steps = steps.map(|step| format!("{}: {}", step.title, step.commands.join("; ")));
    let policies = view.cure.policies.iter().take(MAX_ENTRIES);
    let policies =
        policies.map(|one| format!("Add to {}: {}", one.policy, one.statements.join(", ")));
    let lines: Vec<String> = steps.chain(policies).collect();
    if lines.is_empty() { Value::Null } else { json!({"desc": lines.join("\n")}) }
}

fn ocsf_unmapped(case: &Case, view: &CaseView) -> Value {
    json!({
        "aware.case_kind": case.kind, "aware.reading": case.reading, "aware.counts": case.counts,
        "aware.in_force": view.in_force.as_ref().and_then(|state| state.holds),
        "aware.signs": case.signs, "aware.cure": case.cure, "aware.cured": [case.cured.0, case.cured.1],
    })
}
