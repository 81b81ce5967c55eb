//! One line of an access log as a record.
//!
//! The user agent is as the client sent it. It ends at the last quote that is followed by what the
//! load balancer writes behind it: a cipher, a TLS version, a target group and a quoted field.

use serde_json::{Map, Value};

use super::fields::{IN_LINE, TABLE};
use super::identify::{is_line, name_other_line};
use crate::source::http::{
    AccessLineReader, add_extra, add_field, address_of_endpoint, quoted_fields,
};
use crate::source::time::time_of_text;

/// How many fields precede the request line.
const BEFORE: usize = 12;

/// Reads lines; each is a record.
pub(super) fn line_reader() -> AccessLineReader {
    AccessLineReader::new("load balancer access log", record_of_line)
}

/// The fields of a line by name. Those that the log gives as `-` are left out.
pub(super) fn record_of_line(line: &str) -> Result<Map<String, Value>, &'static str> {
    let (before, behind) = line.split_once(" \"").ok_or_else(|| name_problem(line))?;
    let before: Vec<&str> = before.split(' ').collect();
    let has_time = before.get(1).is_some_and(|time| time_of_text(time).is_some());
    if before.len() != BEFORE || !has_time || !is_line(line) {
        return Err(name_problem(line));
    }
    let (request, agent, behind) =
        split_agent(behind).ok_or("line that ends within its request or user agent")?;
    let mut values: Vec<&str> = Vec::with_capacity(IN_LINE);
    for (at, value) in before.into_iter().enumerate() {
        match at {
            3 | 4 => values.extend(split_endpoint(value)),
            _ => values.push(value),
        }
    }
    values.extend([request, agent]);
    values.extend(quoted_fields(behind));
    let mut record = Map::new();
    for (field, value) in TABLE.iter().zip(&values).take(IN_LINE) {
        add_field(&mut record, field.name, field.kind, value);
    }
    split_actions(&mut record);
    add_extra(&mut record, values.iter().skip(IN_LINE).copied());
    Ok(record)
}

fn name_problem(line: &str) -> &'static str {
    name_other_line(line).unwrap_or("line without the fields before its request")
}

/// The address and the port of `192.0.2.1:443`; none for `-`.
fn split_endpoint(endpoint: &str) -> [&str; 2] {
    let address = address_of_endpoint(endpoint);
    let port = endpoint.rsplit_once(':').map_or("-", |(_, port)| port);
    [address, if address.len() < endpoint.len() { port } else { "-" }]
}

/// What was done is a list, separated by commas.
fn split_actions(record: &mut Map<String, Value>) {
    let name = TABLE.iter().find(|field| field.kind == "list").map_or("", |field| field.name);
    if let Some(Value::String(actions)) = record.get(name) {
        let actions: Vec<Value> = actions.split(',').map(Value::from).collect();
        record.insert(name.to_owned(), Value::Array(actions));
    }
}

/// The request line, the user agent, and what follows, of a text behind the first quote.
fn split_agent(text: &str) -> Option<(&str, &str, &str)> {
    let ends = text.match_indices("\" ");
    let end = ends
        .filter(|(at, quote)| text.get(at + quote.len()..).is_some_and(begins_like_what_follows));
    let (at, quote) = end.last()?;
    let (inner, behind) = (text.get(..at)?, text.get(at + quote.len()..)?);
    let (request, agent) = inner.split_once("\" \"")?;
    Some((request, agent, behind))
}

/// Whether a text begins with a cipher, a TLS version, a target group and a quote.
fn begins_like_what_follows(text: &str) -> bool {
    let mut words = text.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (cipher, version, group) = (word(), word(), word());
    let is_cipher =
        cipher.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let is_version = version == "-" || version.to_ascii_uppercase().starts_with("TLS");
    let is_group = group == "-" || group.starts_with("arn:");
    is_cipher && !cipher.is_empty() && is_version && is_group && word().starts_with('"')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::alb::decode::decode;
    use crate::source::contract::RecordContext;
    use crate::source::contract::{LineReader, ReadLine};

    const HEAD: &str = "https 2026-11-29T09:01:00.186641Z app/web/50dc 198.51.100.23:51514 10.0.0.1:80 0.1 0.2 -1 403 200 340 57";
    const TAIL: &str = "TLS_AES_128_GCM_SHA256 TLSv1.3 arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/t/73e2 \"Root=1-68c5-1\" \"app.example.com\" \"session-reused\" 1 2026-11-29T09:01:00.100000Z \"waf,forward\" \"-\" \"AuthInvalidIdToken\" \"10.0.0.1:80\" \"200\" \"Severe\" \"BadMethod\" TID_1";

    const WHOLE: &str = "http 2026-11-29T09:01:00.1Z app/a/5 192.0.2.1:1 - -1 -1 -1 403 - 1 1 \"GET http://a:80/ HTTP/1.1\" \"-\" - - - \"Root=1\"";

    fn read(agent: &str, more: &str) -> Value {
        let request = "GET https://app.example.com:443/admin?x=1 HTTP/2.0";
        let line = format!("{HEAD} \"{request}\" \"{agent}\" {TAIL}{more}");
        Value::Object(record_of_line(&line).unwrap())
    }

    #[test]
    fn a_line_of_today() {
        assert_eq!(
            read("curl/8.9", " \"-\" \"/v2\" \"TransformSuccess\" 192.0.2.9 \"new field\" 7"),
            json!({"type": "https", "time": "2026-11-29T09:01:00.186641Z", "elb": "app/web/50dc",
                "client_ip": "198.51.100.23", "client_port": 51514, "target_ip": "10.0.0.1",
                "target_port": 80, "request_processing_time": "0.1",
                "target_processing_time": "0.2", "response_processing_time": "-1",
                "elb_status_code": 403, "target_status_code": 200, "received_bytes": 340,
                "sent_bytes": 57, "request": "GET https://app.example.com:443/admin?x=1 HTTP/2.0",
                "user_agent": "curl/8.9", "ssl_cipher": "TLS_AES_128_GCM_SHA256",
                "ssl_protocol": "TLSv1.3",
                "target_group_arn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/t/73e2",
                "trace_id": "Root=1-68c5-1", "domain_name": "app.example.com",
                "chosen_cert_arn": "session-reused", "matched_rule_priority": 1,
                "request_creation_time": "2026-11-29T09:01:00.100000Z",
                "actions_executed": ["waf", "forward"], "error_reason": "AuthInvalidIdToken",
                "target_port_list": "10.0.0.1:80", "target_status_code_list": "200",
                "classification": "Severe", "classification_reason": "BadMethod",
                "conn_trace_id": "TID_1", "transformed_uri": "/v2",
                "request_transform_status": "TransformSuccess", "ip_address": "192.0.2.9",
                "extra": ["new field", "7"]})
        );
    }

    #[test]
    fn addresses_of_version_6_and_old_lines() {
        let line = "http 2018-07-02T22:23:00.186641Z app/web/50dc [2001:db8::1]:443 - -1 -1 -1 460 - 0 0 \"GET http://a:80/ HTTP/1.1\" \"-\" - - - \"Root=1\"";
        let record = Value::Object(record_of_line(line).unwrap());
        assert_eq!(
            (&record["client_ip"], &record["client_port"]),
            (&json!("2001:db8::1"), &json!(443))
        );
        assert!(record.get("target_ip").is_none() && record.get("user_agent").is_none());
        assert_eq!(record["trace_id"], "Root=1");
    }

    /// Nobody can write a field that the load balancer writes.
    #[test]
    fn quotes_of_clients() {
        let fake =
            "x\" - - - \"Root=1\" \"-\" \"-\" 0 2026-11-29T09:01:00Z \"forward\" \"-\" \"-\"";
        for agent in ["say \"x\"", "\\\"x\\\"", "\"", "\" \"", "\" - - - \"", fake] {
            let record = read(agent, "");
            assert_eq!(record["user_agent"], *agent, "{agent}");
            assert_eq!(record["classification"], "Severe", "{agent}");
            assert_eq!(record["actions_executed"], json!(["waf", "forward"]), "{agent}");
        }
    }

    #[test]
    fn what_is_no_line() {
        for (line, problem) in [
            ("", "line without the fields before its request"),
            ("a b \"c\"", "line without the fields before its request"),
            (HEAD, "line without the fields before its request"),
            (
                &format!("{HEAD} \"GET / HTTP/1.1\" \"x"),
                "line that ends within its request or user agent",
            ),
            (
                "2026-09-14T03:12:09.1Z web 192.0.2.1:1 10.0.0.1:80 0 0 0 200 200 0 5 \"GET / HTTP/1.1\" \"x\" - -",
                "a line of a Classic Load Balancer",
            ),
            (
                "tls 2.0 2026-09-14T03:12:09 net/web/50dc a 192.0.2.1:1",
                "a line of a Network Load Balancer",
            ),
        ] {
            assert_eq!(record_of_line(line), Err(problem), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_a_record_or_a_reject(line in "(?s).{0,200}") {
            let _ = line_reader().read_line(line.as_bytes());
            for at in 0..line.len() {
                let Some((head, tail)) = WHOLE.split_at_checked(at) else { continue };
                let mixed = format!("{head}{line}{tail}");
                if let ReadLine::Record(record) = line_reader().read_line(mixed.as_bytes()) {
                    proptest::prop_assert!(decode(record, RecordContext::default()).is_ok());
                }
            }
        }

        #[test]
        fn any_agent_is_a_record(agent in "[^\n]{0,60}") {
            proptest::prop_assert_eq!(&read(&agent, "")["elb_status_code"], 403);
        }
    }
}
