//! Turns one record of an access log into an event.

use serde_json::Value;

use super::fields as field;
use super::identify::ID;
use super::identity::record_id;
use crate::event::{
    Action, Arn, CallOrigin, Event, EventClass, Outcome, Principal, Request, TargetResource,
    TlsDetails, is_account_id,
};
use crate::source::contract::{RecordContext, RecordProblem};
use crate::source::field::FieldPath;
use crate::source::http::{
    address_of_endpoint, client_principal, full_text as text, method_of, number_in, path_of_url,
    request_action,
};
use crate::source::json::{parse_record, required_text};
use crate::source::time::required_time;

/// The status of a request whose client closed the connection before the answer.
const CLIENT_GONE: u64 = 460;

/// Decodes one record's bytes.
///
/// # Errors
/// [`RecordProblem`] when it is not a JSON object, is too long, or lacks `elb` or a readable `time`.
/// Every other field may be missing or malformed.
pub(super) fn decode(bytes: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
    let record = parse_record(bytes)?;
    required_text(&record, &field::BALANCER, "elb")?;
    let time = required_time(&record, &field::TIME, "time")?;
    let owned = |path: &FieldPath| text(&record, path).map(str::to_owned);
    let tls = owned(&field::PROTOCOL).map(|version| TlsDetails {
        version,
        cipher: owned(&field::CIPHER).unwrap_or_default(),
        host: owned(&field::DOMAIN).unwrap_or_default(),
    });
    let place = place(&record);
    let account = place.as_ref().map(Arn::account).or(context.owner);
    Ok(Event {
        source: ID,
        id: record_id(&record),
        time,
        region: place.as_ref().map(Arn::region).unwrap_or_default().to_owned(),
        action: action(&record),
        principal: principal(&record),
        account: account.filter(|account| is_account_id(account)).map(str::to_owned),
        outcome: outcome(&record),
        resources: target(&record)
            .map(|name| TargetResource::from_name(&name))
            .into_iter()
            .collect(),
        network: CallOrigin {
            source: client(&record).map(str::to_owned),
            user_agent: owned(&field::AGENT),
            vpc_endpoint: None,
            tls,
        },
        class: EventClass::Request(Request {
            kind: "HttpRequest".to_owned(),
            error_code: failure(&record),
            why: why(&record),
        }),
        record,
    })
}

/// The method: `http:GET`.
pub(super) fn action(record: &Value) -> Action {
    request_action(method(record))
}

/// The client's address.
pub(super) fn principal(record: &Value) -> Principal {
    client_principal(client(record))
}

/// The client's address.
pub(super) fn client(record: &Value) -> Option<&str> {
    let both = || text(record, &field::CLIENT_PORT).map(address_of_endpoint);
    text(record, &field::CLIENT).or_else(both)
}

/// What somebody's rules refused is denied: the load balancer's authentication, AWS WAF, or the
/// target with 401 or 403. Every other error is a failure, and so is a client that went away.
pub(super) fn outcome(record: &Value) -> Outcome {
    let status = number_in(record, &field::STATUS);
    match status {
        Some(CLIENT_GONE) => Outcome::Failed,
        Some(401 | 403) => Outcome::Denied,
        _ if is_auth_failure(record) => Outcome::Denied,
        Some(400..) => Outcome::Failed,
        None if text(record, &field::REASON).is_some() => Outcome::Failed,
        _ => Outcome::Success,
    }
}

/// The method of the request line, if it is one.
pub(super) fn method(record: &Value) -> Option<&str> {
    method_of(request_line(record)?.split(' ').next()?)
}

/// The path that was asked for.
pub(super) fn path(record: &Value) -> Option<String> {
    url(record).map(path_of_url)
}

fn request_line(record: &Value) -> Option<&str> {
    text(record, &field::REQUEST).or_else(|| text(record, &field::REQUEST_LINE))
}

fn url(record: &Value) -> Option<&str> {
    let line = request_line(record)?;
    line.split(' ').nth(1).filter(|url| !url.is_empty() && *url != "-")
}

/// Host and path, without the query: it may hold secrets.
fn target(record: &Value) -> Option<String> {
    let of_url = || {
        let (_, rest) = url(record)?.split_once("://")?;
        rest.split(['/', '?', ':']).next().filter(|host| !host.is_empty())
    };
    let host =
        text(record, &field::DOMAIN).or_else(of_url).or_else(|| text(record, &field::BALANCER))?;
    Some(format!("{host}{}", path(record).unwrap_or_default()))
}

/// An ARN that says which account and region the load balancer is in.
fn place(record: &Value) -> Option<Arn> {
    let of = |path: &FieldPath| text(record, path).and_then(Arn::parse);
    of(&field::TARGET_GROUP).or_else(|| of(&field::CERTIFICATE))
}

/// Whether the load balancer's own authentication refused the user.
///
/// Source: "Access log entries", "Error reason codes": `AuthInvalidCookie`, `AuthInvalidIdToken`, ….
fn is_auth_failure(record: &Value) -> bool {
    text(record, &field::REASON).is_some_and(|reason| reason.starts_with("Auth"))
}

fn is_by_waf(record: &Value) -> bool {
    let actions = field::ACTIONS.find_in(record).and_then(Value::as_array);
    let last = actions.and_then(|actions| actions.last()).and_then(Value::as_str);
    last == Some("waf") && number_in(record, &field::STATUS) == Some(403)
}

fn failure(record: &Value) -> Option<String> {
    let reason = text(record, &field::REASON).map(str::to_owned);
    let status = number_in(record, &field::STATUS).filter(|status| *status >= 400);
    reason.or_else(|| status.map(|status| status.to_string()))
}

/// The reason for the outcome, in a sentence.
fn why(record: &Value) -> Option<String> {
    let status = number_in(record, &field::STATUS).map(|status| status.to_string());
    let status = status.unwrap_or_else(|| "no status".to_owned());
    let reason = text(record, &field::REASON);
    let suspect = text(record, &field::CLASSIFICATION).filter(|class| *class != "Acceptable");
    let ended = match outcome(record) {
        Outcome::Success => None,
        _ if is_by_waf(record) => Some("AWS WAF refused it with 403".to_owned()),
        Outcome::Denied => Some(match (is_auth_failure(record), reason) {
            (true, Some(reason)) => {
                format!("the load balancer's authentication failed: {reason} ({status})")
            }
            _ if number_in(record, &field::TARGET_STATUS).is_some() => {
                format!("the target refused it with {status}")
            }
            _ => format!("the load balancer refused it with {status}"),
        }),
        Outcome::Failed if number_in(record, &field::STATUS) == Some(CLIENT_GONE) => {
            Some("the client closed the connection before the answer (460)".to_owned())
        }
        Outcome::Failed => {
            let reason = reason.map(|reason| format!(", {reason}")).unwrap_or_default();
            Some(format!("answered with {status}{reason}"))
        }
    };
    let suspected = suspect.map(|class| {
        let reason = text(record, &field::CLASSIFICATION_REASON).unwrap_or("no reason given");
        format!("desynchronisation is {} ({reason})", class.to_lowercase())
    });
    let parts: Vec<String> = ended.into_iter().chain(suspected).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(more: Value) -> Event {
        let mut record = json!({"type": "https", "time": "2026-11-29T09:01:00.1Z",
            "elb": "app/web/50dc", "client_ip": "198.51.100.23", "elb_status_code": 200,
            "request": "GET https://app.example.com:443/admin%2Fx?token=secret HTTP/2.0",
            "target_group_arn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/t/7"});
        if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
            record.extend(more);
        }
        decode(record.to_string().as_bytes(), RecordContext::default()).unwrap()
    }

    #[test]
    fn a_request_that_was_answered() {
        let event = event(json!({}));
        assert_eq!(event.action.to_string(), "http:GET");
        assert_eq!(event.first_resource().unwrap().name, "app.example.com/admin/x");
        assert_eq!(
            (event.principal.name.as_str(), event.outcome),
            ("198.51.100.23", Outcome::Success)
        );
        assert_eq!(
            (event.account_or_unknown(), event.region.as_str()),
            ("111122223333", "eu-west-1")
        );
        assert_eq!((event.why(), event.error_code()), (None, None));
    }

    #[test]
    fn outcomes() {
        for (more, expected, why) in [
            (
                json!({"elb_status_code": 403, "actions_executed": ["waf"]}),
                Outcome::Denied,
                "AWS WAF refused it with 403",
            ),
            (
                json!({"elb_status_code": 401, "actions_executed": ["authenticate"], "error_reason": "AuthInvalidIdToken"}),
                Outcome::Denied,
                "the load balancer's authentication failed: AuthInvalidIdToken (401)",
            ),
            (
                json!({"elb_status_code": 403, "target_status_code": 403, "actions_executed": ["waf", "forward"]}),
                Outcome::Denied,
                "the target refused it with 403",
            ),
            (
                json!({"elb_status_code": 403, "classification": "Severe", "classification_reason": "BadMethod"}),
                Outcome::Denied,
                "the load balancer refused it with 403; desynchronisation is severe (BadMethod)",
            ),
            (
                json!({"elb_status_code": 460}),
                Outcome::Failed,
                "the client closed the connection before the answer (460)",
            ),
            (
                json!({"elb_status_code": 502, "error_reason": "LambdaInvalidResponse"}),
                Outcome::Failed,
                "answered with 502, LambdaInvalidResponse",
            ),
            (json!({"elb_status_code": "404"}), Outcome::Failed, "answered with 404"),
            (
                json!({"elb_status_code": 500, "error_reason": "AuthTokenEpRequestFailed"}),
                Outcome::Denied,
                "the load balancer's authentication failed: AuthTokenEpRequestFailed (500)",
            ),
        ] {
            let event = event(more.clone());
            assert_eq!((event.outcome, event.why().as_deref()), (expected, Some(why)), "{more}");
        }
    }

    /// Logs that are delivered as JSON name some fields differently.
    #[test]
    fn records_of_vended_logs() {
        let event = event(json!({"client_ip": null, "client_port": "[2001:db8::1]:443",
            "request": null, "request_line": "POST https://a.example.com:443/login HTTP/1.1"}));
        assert_eq!(event.principal.key, "2001:db8::1");
        assert_eq!(event.action.to_string(), "http:POST");
        assert_eq!(event.first_resource().unwrap().name, "a.example.com/login");
    }

    #[test]
    fn odd_requests() {
        for request in ["- http://app.example.com:80- -", "get\u{1b}[2J x", "-"] {
            let event = event(json!({"request": request}));
            assert_eq!(event.action.to_string(), "http:request", "{request}");
            assert!(event.first_resource().is_some(), "{request}");
        }
    }

    #[test]
    fn what_is_no_record() {
        let problem =
            |text: &str| decode(text.as_bytes(), RecordContext::default()).unwrap_err().to_string();
        assert_eq!(problem("[]"), "record is a list, not an object");
        assert_eq!(problem("{}"), "record has no `elb`");
        assert_eq!(problem(r#"{"elb":"a"}"#), "record has no `time`");
        assert_eq!(problem(r#"{"elb":"a","time":"x"}"#), "`time` is some other text, not a time");
    }
}
