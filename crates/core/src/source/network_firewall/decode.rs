//! Turns one record of a firewall into an event.

use jiff::Timestamp;
use serde_json::Value;

use super::fields as field;
use super::identify::ID;
use super::identity::record_id;
use crate::enrichment::is_private_address;
use crate::event::{
    Action, CallOrigin, Event, EventClass, Outcome, Principal, PrincipalKind, Request,
    TargetResource, is_account_id,
};
use crate::source::contract::{RecordContext, RecordProblem};
use crate::source::field::FieldPath;
use crate::source::http::{client_principal, full_text as text, number_in};
use crate::source::json::{parse_record, required_text};
use crate::source::time::{time_of_text, time_of_value};

/// Decodes one record's bytes.
///
/// # Errors
/// [`RecordProblem`] when it is not a JSON object, is too long, or lacks `firewall_name` or a readable
/// time. Every other field may be missing or malformed.
pub(super) fn decode(bytes: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
    let record = parse_record(bytes)?;
    required_text(&record, &field::FIREWALL, "firewall_name")?;
    let time = time(&record).ok_or(RecordProblem::Missing("event_timestamp"))?;
    let zone = text(&record, &field::ZONE).unwrap_or_default();
    Ok(Event {
        source: ID,
        id: record_id(&record),
        time,
        region: region_of_zone(zone).unwrap_or_default().to_owned(),
        action: action(&record),
        principal: principal(&record),
        account: context.owner.filter(|owner| is_account_id(owner)).map(str::to_owned),
        outcome: outcome(&record),
        resources: destination(&record)
            .map(|name| TargetResource::from_name(&name))
            .into_iter()
            .collect(),
        network: CallOrigin {
            source: text(&record, &field::ADDRESS).map(str::to_owned),
            user_agent: text(&record, &field::HTTP_AGENT).map(str::to_owned),
            ..CallOrigin::default()
        },
        class: EventClass::Request(Request {
            kind: "Connection".to_owned(),
            error_code: failure(&record).map(str::to_owned),
            why: why(&record),
        }),
        record,
    })
}

/// The protocol, as far as it was recognised: `network:TLS`.
pub(super) fn action(record: &Value) -> Action {
    let is_plain = |text: &&str| {
        text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let known = text(record, &field::APPLICATION).filter(|name| *name != "failed");
    let name = known.or_else(|| text(record, &field::PROTOCOL)).filter(is_plain);
    let name = name.unwrap_or("connection").to_ascii_uppercase();
    Action { service: "network".to_owned(), name, read_only: Some(true) }
}

/// Who connected: an address behind the firewall, or one on the internet. Private addresses occur
/// in many networks, so they count as one of their firewall.
pub(super) fn principal(record: &Value) -> Principal {
    let address = text(record, &field::ADDRESS);
    match address.filter(|address| is_own(address)) {
        Some(address) => {
            let firewall = text(record, &field::FIREWALL).unwrap_or("unknown firewall");
            let key = format!("network-firewall/{firewall}/{address}");
            let name = format!("{address} behind {firewall}");
            Principal::from_name(PrincipalKind::Address, key, name)
        }
        None => client_principal(address),
    }
}

/// `outbound` for traffic from an own address to the internet, `inbound` for the opposite, and
/// `inside` between own addresses.
pub(super) fn direction(record: &Value) -> Option<&'static str> {
    let own = |path: &FieldPath| text(record, path).map(is_own);
    match (own(&field::ADDRESS)?, own(&field::TARGET)?) {
        (true, true) => Some("inside"),
        (true, false) => Some("outbound"),
        (false, true) => Some("inbound"),
        (false, false) => None,
    }
}

/// What the firewall dropped is denied. A connection whose inspection failed is a failure.
pub(super) fn outcome(record: &Value) -> Outcome {
    let is = |path: &FieldPath, word: &str| {
        text(record, path).is_some_and(|it| it.eq_ignore_ascii_case(word))
    };
    let dropped = ["drop", "reject"].iter().any(|word| is(&field::VERDICT, word));
    match () {
        () if is(&field::ACTION, "blocked") || dropped => Outcome::Denied,
        () if text(record, &field::TLS_ERROR).is_some() => Outcome::Failed,
        () => Outcome::Success,
    }
}

/// The name that was asked for, in lower case: by TLS, HTTP or DNS.
pub(super) fn name(record: &Value) -> Option<String> {
    let paths = [&field::SNI, &field::HTTP_HOST, &field::DNS_NAME];
    let name = paths.into_iter().find_map(|path| text(record, path))?;
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}

/// The name that was asked for, or the address and port.
pub(super) fn destination(record: &Value) -> Option<String> {
    name(record).or_else(|| {
        let address = text(record, &field::TARGET)?;
        let port = number_in(record, &field::TARGET_PORT).filter(|port| *port > 0);
        Some(match (port, address.contains(':')) {
            (None, _) => address.to_owned(),
            (Some(port), true) => format!("[{address}]:{port}"),
            (Some(port), false) => format!("{address}:{port}"),
        })
    })
}

fn failure(record: &Value) -> Option<&'static str> {
    match outcome(record) {
        Outcome::Denied => Some("blocked"),
        Outcome::Failed => Some("tls_error"),
        Outcome::Success => None,
    }
}

fn why(record: &Value) -> Option<String> {
    let rule = text(record, &field::SIGNATURE).map(|rule| format!("rule \"{rule}\""));
    let id = number_in(record, &field::SIGNATURE_ID).map(|id| format!("rule {id}"));
    let rule = rule.or(id);
    match outcome(record) {
        Outcome::Denied => {
            Some(format!("blocked by {}", rule.as_deref().unwrap_or("the firewall")))
        }
        Outcome::Failed => {
            let error = text(record, &field::TLS_ERROR).unwrap_or_default();
            Some(format!("TLS inspection failed: {error}"))
        }
        Outcome::Success => rule.map(|rule| format!("let through, with an alert, by {rule}")),
    }
}

/// When the packet was seen, or else when the record was written.
fn time(record: &Value) -> Option<Timestamp> {
    let seen = text(record, &field::TIME).and_then(time_of_text);
    seen.or_else(|| time_of_value(field::STAMP.find_in(record)?))
}

/// `eu-west-1` of `eu-west-1a`, and `us-west-2` of the local zone `us-west-2-lax-1a`.
fn region_of_zone(zone: &str) -> Option<&str> {
    let digit = zone.find(|at: char| at.is_ascii_digit())?;
    let region = zone.get(..=digit)?;
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (region.len() >= 9 && region.bytes().all(is_plain)).then_some(region)
}

/// Whether an address belongs to a private network, as those of VPCs do.
fn is_own(address: &str) -> bool {
    address.parse().is_ok_and(is_private_address)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(more: Value) -> Event {
        let mut inner = json!({"timestamp": "2026-11-29T09:01:00.006481+0000",
            "flow_id": 1, "event_type": "alert", "src_ip": "10.0.4.8", "src_port": 50000,
            "dest_ip": "203.0.113.71", "dest_port": 443, "proto": "TCP", "app_proto": "tls",
            "tls": {"sni": "Files.example."}, "alert": {"action": "blocked", "signature_id": 2,
                "signature": "not on the list", "severity": 1}});
        if let (Some(inner), Value::Object(more)) = (inner.as_object_mut(), more) {
            inner.extend(more);
        }
        let record = json!({"firewall_name": "egress", "availability_zone": "eu-west-1a",
            "event_timestamp": "1795942860", "event": inner});
        decode(record.to_string().as_bytes(), RecordContext::default()).unwrap()
    }

    #[test]
    fn a_connection_that_was_blocked() {
        let event = event(json!({}));
        assert_eq!(event.time.to_string(), "2026-11-29T09:01:00.006481Z");
        assert_eq!(event.action.to_string(), "network:TLS");
        assert_eq!(event.first_resource().unwrap().name, "files.example");
        assert_eq!(event.principal.name, "10.0.4.8 behind egress");
        assert_eq!((event.outcome, event.region.as_str()), (Outcome::Denied, "eu-west-1"));
        assert_eq!(event.why().unwrap(), "blocked by rule \"not on the list\"");
        assert_eq!(direction(&event.record), Some("outbound"));
    }

    #[test]
    fn outcomes_and_destinations() {
        for (more, expected, destination) in [
            (json!({"alert": {"action": "allowed"}}), Outcome::Success, "files.example"),
            (
                json!({"alert": {"action": "allowed"}, "verdict": {"action": "drop"}}),
                Outcome::Denied,
                "files.example",
            ),
            (
                json!({"event_type": "netflow", "alert": null, "tls": null}),
                Outcome::Success,
                "203.0.113.71:443",
            ),
            (
                json!({"event_type": "tls", "alert": null, "tls_error": {"error_message": "expired"}}),
                Outcome::Failed,
                "files.example",
            ),
            (
                json!({"tls": null, "dest_ip": "2001:db8::1", "dest_port": 22}),
                Outcome::Denied,
                "[2001:db8::1]:22",
            ),
            (json!({"tls": null, "http": {"hostname": "a.example"}}), Outcome::Denied, "a.example"),
        ] {
            let event = event(more.clone());
            assert_eq!(event.outcome, expected, "{more}");
            assert_eq!(event.first_resource().unwrap().name, destination, "{more}");
        }
    }

    #[test]
    fn times_and_zones() {
        let time = |record: Value| super::time(&record).map(|time| time.to_string());
        for (stamp, expected) in [
            (json!("1795942860"), Some("2026-11-29T09:01:00Z")),
            (json!(1_795_942_860), Some("2026-11-29T09:01:00Z")),
            (json!(1_795_942_860_123_i64), Some("2026-11-29T09:01:00.123Z")),
            (json!("2026-11-29T09:01:00.123Z"), Some("2026-11-29T09:01:00.123Z")),
            (json!("soon"), None),
            (json!(null), None),
        ] {
            let record = json!({"event_timestamp": stamp});
            assert_eq!(time(record).as_deref(), expected, "{stamp}");
        }
        assert_eq!(region_of_zone("us-west-2-lax-1a"), Some("us-west-2"));
        assert_eq!(region_of_zone("\u{1b}[31m1a"), None);
    }

    #[test]
    fn whose_address_it_is() {
        let of =
            |from: &str, to: &str| direction(&json!({"event": {"src_ip": from, "dest_ip": to}}));
        assert_eq!(of("203.0.113.4", "10.0.0.1"), Some("inbound"));
        assert_eq!(of("fd00::1", "100.64.0.1"), Some("inside"));
        assert_eq!(of("203.0.113.4", "192.0.2.1"), None);
        assert_eq!(event(json!({"src_ip": "203.0.113.4"})).principal.key, "203.0.113.4");
    }

    #[test]
    fn what_is_no_record() {
        let problem =
            |text: &str| decode(text.as_bytes(), RecordContext::default()).unwrap_err().to_string();
        assert_eq!(problem("[]"), "record is a list, not an object");
        assert_eq!(problem("{}"), "record has no `firewall_name`");
        assert_eq!(problem(r#"{"firewall_name":"a"}"#), "record has no `event_timestamp`");
    }
}
