//! Turns one record of a web ACL into an event.

use serde_json::Value;

use super::fields as field;
use super::identify::ID;
use super::identity::record_id;
use super::matched::{deciding_rule, matched_rules};
use crate::event::{
    Action, Arn, CallOrigin, Event, EventClass, Outcome, Principal, Request, TargetResource,
    is_account_id,
};
use crate::source::contract::{RecordContext, RecordProblem};
use crate::source::http::{
    client_principal, full_text as text, method_of, path_of_url, request_action,
};
use crate::source::json::{parse_record, required_text};
use crate::source::time::required_time;

/// Decodes one record's bytes.
///
/// # Errors
/// [`RecordProblem`] when it is not a JSON object, is too long, or lacks `webaclId` or a readable
/// `timestamp`. Every other field may be missing or malformed.
pub(super) fn decode(bytes: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
    let record = parse_record(bytes)?;
    let acl = Arn::parse(required_text(&record, &field::ACL, "webaclId")?);
    let time = required_time(&record, &field::TIME, "timestamp")?;
    let account = acl.as_ref().map(Arn::account).or(context.owner);
    let address = text(&record, &field::CLIENT).map(str::to_owned);
    Ok(Event {
        source: ID,
        id: record_id(&record),
        time,
        region: acl.as_ref().map(Arn::region).unwrap_or_default().to_owned(),
        action: action(&record),
        principal: principal(&record),
        account: account.filter(|account| is_account_id(account)).map(str::to_owned),
        outcome: outcome(&record),
        resources: target(&record)
            .map(|name| TargetResource::from_name(&name))
            .into_iter()
            .collect(),
        network: CallOrigin {
            source: address,
            user_agent: header(&record, "user-agent").map(str::to_owned),
            ..CallOrigin::default()
        },
        class: EventClass::Request(Request {
            kind: "InspectedRequest".to_owned(),
            error_code: failure(&record).map(str::to_owned),
            why: why(&record),
        }),
        record,
    })
}

/// The method: `http:GET`.
pub(super) fn action(record: &Value) -> Action {
    request_action(text(record, &field::METHOD).and_then(method_of))
}

/// The client's address.
pub(super) fn principal(record: &Value) -> Principal {
    client_principal(text(record, &field::CLIENT))
}

/// What was blocked is denied. A client that was asked for a proof, and had none, failed. Rules that
/// only counted refused nothing.
pub(super) fn outcome(record: &Value) -> Outcome {
    match text(record, &field::ACTION).unwrap_or_default() {
        "BLOCK" => Outcome::Denied,
        "CAPTCHA" | "CHALLENGE" => Outcome::Failed,
        _ => Outcome::Success,
    }
}

/// The path that was asked for, decoded.
pub(super) fn path(record: &Value) -> Option<String> {
    text(record, &field::URI).map(path_of_url)
}

/// What was done instead of letting the request through.
fn failure(record: &Value) -> Option<&str> {
    text(record, &field::ACTION).filter(|_| outcome(record) != Outcome::Success)
}

/// Host and path, without the query: it may hold secrets.
fn target(record: &Value) -> Option<String> {
    let host = text(record, &field::HOST).or_else(|| header(record, "host"));
    let host = host.or_else(|| text(record, &field::SOURCE_ID))?;
    Some(format!("{host}{}", path(record).unwrap_or_default()))
}

/// The value of a header.
fn header<'r>(record: &'r Value, name: &str) -> Option<&'r str> {
    let headers = field::HEADERS.find_in(record)?.as_array()?;
    let is_it = |one: &&Value| {
        one.get("name").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case(name))
    };
    headers.iter().find(is_it)?.get("value")?.as_str()
}

fn why(record: &Value) -> Option<String> {
    let rule = deciding_rule(record);
    let by = rule.map_or_else(|| "the web ACL's default".to_owned(), |rule| format!("rule {rule}"));
    match text(record, &field::ACTION).unwrap_or_default() {
        "BLOCK" => Some(format!("blocked by {by}")),
        "CAPTCHA" => Some(format!("asked for a CAPTCHA by {by}")),
        "CHALLENGE" => Some(format!("challenged by {by}")),
        _ => {
            let counted = matched_rules(record);
            (!counted.is_empty()).then(|| format!("let through; matched {}", counted.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::waf::matched::matched_groups;

    fn record(more: Value) -> Value {
        let mut record = json!({"timestamp": 1_795_942_860_123_i64, "formatVersion": 1,
            "webaclId": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/7e2f",
            "terminatingRuleId": "Default_Action", "action": "ALLOW", "httpSourceName": "ALB",
            "httpRequest": {"clientIp": "198.51.100.23", "country": "DE", "uri": "/a%20b",
                "args": "token=secret", "httpMethod": "GET",
                "headers": [{"name": "Host", "value": "shop.example.com"},
                    {"name": "User-Agent", "value": "curl/8"}]}});
        if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
            record.extend(more);
        }
        record
    }

    fn event(more: Value) -> Event {
        decode(record(more).to_string().as_bytes(), RecordContext::default()).unwrap()
    }

    #[test]
    fn a_request_that_was_allowed() {
        let event = event(json!({}));
        assert_eq!(event.time.to_string(), "2026-11-29T09:01:00.123Z");
        assert_eq!(event.action.to_string(), "http:GET");
        assert_eq!(event.first_resource().unwrap().name, "shop.example.com/a b");
        assert_eq!(
            (event.principal.key.as_str(), event.outcome),
            ("198.51.100.23", Outcome::Success)
        );
        assert_eq!(
            (event.account_or_unknown(), event.region.as_str()),
            ("111122223333", "eu-west-1")
        );
        assert_eq!(event.network.user_agent.as_deref(), Some("curl/8"));
        assert_eq!(event.why(), None);
    }

    #[test]
    fn outcomes() {
        let group = json!([{"ruleGroupId": "AWS#AWSManagedRulesSQLiRuleSet",
            "terminatingRule": {"ruleId": "SQLi_BODY", "action": "BLOCK"}}]);
        let counted = json!([{"ruleGroupId": "AWS#AWSManagedRulesKnownBadInputsRuleSet",
            "terminatingRule": null,
            "nonTerminatingMatchingRules": [{"ruleId": "Log4JRCE_HEADER", "action": "COUNT"}]}]);
        for (more, expected, why) in [
            (
                json!({"action": "BLOCK", "terminatingRuleId": "AWS-AWSManagedRulesSQLiRuleSet", "ruleGroupList": group}),
                Outcome::Denied,
                "blocked by rule AWSManagedRulesSQLiRuleSet/SQLi_BODY",
            ),
            (json!({"action": "BLOCK"}), Outcome::Denied, "blocked by the web ACL's default"),
            (
                json!({"action": "CAPTCHA", "terminatingRuleId": "login"}),
                Outcome::Failed,
                "asked for a CAPTCHA by rule login",
            ),
            (
                json!({"action": "CHALLENGE", "terminatingRuleId": "bots"}),
                Outcome::Failed,
                "challenged by rule bots",
            ),
            (
                json!({"ruleGroupList": counted}),
                Outcome::Success,
                "let through; matched AWSManagedRulesKnownBadInputsRuleSet/Log4JRCE_HEADER",
            ),
        ] {
            let event = event(more.clone());
            assert_eq!((event.outcome, event.why().as_deref()), (expected, Some(why)), "{more}");
        }
    }

    #[test]
    fn rules_and_groups() {
        let own = "arn:aws:wafv2:eu-west-1:111122223333:regional/rulegroup/mine/0a1b";
        let record = record(
            json!({"nonTerminatingMatchingRules": [{"ruleId": "seen", "action": "COUNT"}],
            "ruleGroupList": [{"ruleGroupId": own,
                "excludedRules": [{"ruleId": "old", "exclusionType": "EXCLUDED_AS_COUNT"}]}, {}, 7]}),
        );
        assert_eq!(matched_rules(&record), ["mine/old", "seen"]);
        assert_eq!(matched_groups(&record), ["mine", "seen"]);
        assert_eq!(deciding_rule(&record), None);
    }

    #[test]
    fn what_is_no_record() {
        let problem =
            |text: &str| decode(text.as_bytes(), RecordContext::default()).unwrap_err().to_string();
        assert_eq!(problem("[]"), "record is a list, not an object");
        assert_eq!(problem("{}"), "record has no `webaclId`");
        assert_eq!(problem(r#"{"webaclId":"a"}"#), "record has no `timestamp`");
        assert_eq!(
            problem(r#"{"webaclId":"a","timestamp":{}}"#),
            "`timestamp` is an object, not a time"
        );
        let odd = r#"{"webaclId":"a","timestamp":"2024-03-20T10:30:00.000Z","httpRequest":7}"#;
        assert!(decode(odd.as_bytes(), RecordContext::default()).is_ok());
    }
}
