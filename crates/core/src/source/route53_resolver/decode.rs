//! Turns one record of a query log into an event.

use serde_json::Value;

use super::fields as field;
use super::identify::ID;
use super::identity::record_id;
use super::name::without_dot;
use crate::event::{
    Action, CallOrigin, Event, EventClass, Outcome, Principal, PrincipalKind, Request,
    TargetResource, is_account_id,
};
use crate::source::contract::{RecordContext, RecordProblem};
use crate::source::field::FieldPath;
use crate::source::json::{parse_record, required_text};
use crate::source::time::required_time;

/// Decodes one record's bytes.
///
/// # Errors
/// [`RecordProblem`] when it is not a JSON object, is too long, or lacks `query_name` or a
/// readable `query_timestamp`. Every other field may be missing or malformed.
pub(super) fn decode(bytes: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
    let record = parse_record(bytes)?;
    let name = required_text(&record, &field::NAME, "query_name")?;
    let time = required_time(&record, &field::TIME, "query_timestamp")?;
    let resource = TargetResource::from_name(without_dot(name));
    let account = field::ACCOUNT.text_in(&record).filter(|account| is_account_id(account));
    let account = account.or(context.owner.filter(|owner| is_account_id(owner))).map(str::to_owned);
    Ok(Event {
        source: ID,
        id: record_id(&record),
        time,
        region: text(&record, &field::REGION).unwrap_or_default().to_owned(),
        action: action(&record),
        principal: Principal { account: account.clone(), ..principal(&record) },
        account,
        outcome: outcome(&record),
        resources: vec![resource],
        network: CallOrigin {
            source: text(&record, &field::ADDRESS).map(str::to_owned),
            ..CallOrigin::default()
        },
        class: EventClass::Request(Request {
            kind: "DnsQuery".to_owned(),
            error_code: failure(&record).map(str::to_owned),
            why: why(&record),
        }),
        record,
    })
}

/// The record type that was asked for.
pub(super) fn action(record: &Value) -> Action {
    let name = text(record, &field::TYPE).unwrap_or("Query").to_owned();
    Action { service: "dns".to_owned(), name, read_only: Some(true) }
}

/// Who asked: the instance, the endpoint that forwarded the query, or an address within its VPC.
pub(super) fn principal(record: &Value) -> Principal {
    let vpc = text(record, &field::VPC).unwrap_or("unknown VPC");
    let of = |path: &FieldPath, kind| text(record, path).map(|id| (kind, id));
    let found = of(&field::INSTANCE, PrincipalKind::Instance)
        .or_else(|| of(&field::ENDPOINT, PrincipalKind::Endpoint))
        .or_else(|| of(&field::ADDRESS, PrincipalKind::Address));
    let (kind, id) = found.unwrap_or((PrincipalKind::Unknown, "unknown source"));
    let is_named = matches!(kind, PrincipalKind::Instance | PrincipalKind::Endpoint);
    let name = if is_named { id.to_owned() } else { format!("{id} in {vpc}") };
    Principal::from_name(kind, format!("{vpc}/{id}"), name)
}

/// A query that the firewall blocked is denied; the response code decides all others.
pub(super) fn outcome(record: &Value) -> Outcome {
    match (is_blocked(record), failure(record)) {
        (true, _) => Outcome::Denied,
        (false, Some(_)) => Outcome::Failed,
        (false, None) => Outcome::Success,
    }
}

/// The response code of a query that failed.
fn failure(record: &Value) -> Option<&str> {
    text(record, &field::RCODE).filter(|code| !code.eq_ignore_ascii_case("NOERROR"))
}

fn is_blocked(record: &Value) -> bool {
    text(record, &field::FIREWALL_ACTION).is_some_and(|did| did.eq_ignore_ascii_case("BLOCK"))
}

fn why(record: &Value) -> Option<String> {
    let is_allowed = |did: &str| did.eq_ignore_ascii_case("ALLOW");
    let did = match text(record, &field::FIREWALL_ACTION) {
        Some(_) if is_blocked(record) => "blocked",
        Some(did) if is_allowed(did) => "let through",
        _ => "let through, with an alert,",
    };
    let list = text(record, &field::FIREWALL_LIST).map(|id| format!(", domain list {id}"));
    let group = text(record, &field::FIREWALL_GROUP).map(|id| format!(", rule group {id}"));
    match (text(record, &field::FIREWALL_ACTION), failure(record)) {
        (Some(_), _) => {
            let places = [list, group].into_iter().flatten().collect::<String>();
            Some(format!("{did} by the DNS firewall{places}"))
        }
        (None, Some(code)) => Some(format!("answered with {code}")),
        (None, None) => None,
    }
}

/// A text that is not empty.
fn text<'r>(record: &'r Value, path: &FieldPath) -> Option<&'r str> {
    path.text_in(record).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(more: Value) -> Event {
        let mut record = json!({"version": "1.100000", "account_id": "111122223333",
            "region": "eu-west-1", "vpc_id": "vpc-0a1b", "query_timestamp": "2026-09-14T03:12:09Z",
            "query_name": "www.example.com.", "query_type": "A", "rcode": "NOERROR",
            "answers": [{"Rdata": "203.0.113.9", "Type": "A", "Class": "IN"}],
            "srcaddr": "10.0.4.8", "srcport": "56067", "srcids": {"instance": "i-0123"}});
        if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
            record.extend(more);
        }
        let context = RecordContext { owner: Some("444455556666"), ..RecordContext::default() };
        decode(record.to_string().as_bytes(), context).unwrap()
    }

    #[test]
    fn a_query_that_was_answered() {
        let event = event(json!({}));
        assert_eq!(event.action.to_string(), "dns:A");
        assert_eq!(event.first_resource().unwrap().name, "www.example.com");
        assert_eq!((event.principal.name.as_str(), event.outcome), ("i-0123", Outcome::Success));
        assert_eq!(
            (event.account_or_unknown(), event.region.as_str()),
            ("111122223333", "eu-west-1")
        );
        assert_eq!((event.id.len(), event.why(), event.error_code()), (32, None, None));
        assert!(event.api_call().is_none());
    }

    #[test]
    fn outcomes() {
        for (more, expected, why) in [
            (
                json!({"firewall_rule_action": "BLOCK", "rcode": "NOERROR", "firewall_domain_list_id": "l", "firewall_rule_group_id": "g"}),
                Outcome::Denied,
                Some("blocked by the DNS firewall, domain list l, rule group g"),
            ),
            (
                json!({"firewall_rule_action": "ALERT"}),
                Outcome::Success,
                Some("let through, with an alert, by the DNS firewall"),
            ),
            (
                json!({"firewall_rule_action": "ALLOW", "firewall_rule_group_id": "g"}),
                Outcome::Success,
                Some("let through by the DNS firewall, rule group g"),
            ),
            (json!({"rcode": "NXDOMAIN"}), Outcome::Failed, Some("answered with NXDOMAIN")),
            (json!({"rcode": "SERVFAIL"}), Outcome::Failed, Some("answered with SERVFAIL")),
            (json!({"rcode": "REFUSED"}), Outcome::Failed, Some("answered with REFUSED")),
            (json!({"rcode": null}), Outcome::Success, None),
        ] {
            let event = event(more.clone());
            assert_eq!((event.outcome, event.why().as_deref()), (expected, why), "{more}");
        }
    }

    #[test]
    fn what_tools_and_users_write_differently() {
        let odd =
            event(json!({"query_timestamp": "2022-06-25 00:27:53", "account_id": "0123456789",
            "query_name": "moneropool.ru", "answers": {"Rdata": "1.2.3.4"}}));
        assert_eq!(odd.time.to_string(), "2022-06-25T00:27:53Z");
        assert_eq!(odd.account_or_unknown(), "444455556666", "the log group's owner");
        assert_eq!(odd.first_resource().unwrap().name, "moneropool.ru");
        let endpoint = event(json!({"srcids": {"resolver_endpoint": "rslvr-in-1"}}));
        assert_eq!(endpoint.principal.kind, PrincipalKind::Endpoint);
        let address = event(json!({"srcids": {}}));
        assert_eq!(address.principal.name, "10.0.4.8 in vpc-0a1b");
    }

    #[test]
    fn equal_records_are_one_event() {
        assert_eq!(event(json!({})).id, event(json!({})).id);
        assert_ne!(event(json!({})).id, event(json!({"srcport": "56068"})).id);
    }

    #[test]
    fn what_is_no_record() {
        let problem =
            |text: &str| decode(text.as_bytes(), RecordContext::default()).unwrap_err().to_string();
        assert_eq!(problem("[]"), "record is a list, not an object");
        assert_eq!(problem("{}"), "record has no `query_name`");
        assert_eq!(problem(r#"{"query_name":"a"}"#), "record has no `query_timestamp`");
        assert_eq!(
            problem(r#"{"query_name":"a","query_timestamp":"soon"}"#),
            "`query_timestamp` is some other text, not a time"
        );
        assert_eq!(
            problem(r#"{"query_name":1,"query_timestamp":"soon"}"#),
            "`query_name` is a number, not a string"
        );
    }
}
