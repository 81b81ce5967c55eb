//! The forms in which records arrive. A form that cannot hold some record writes nothing.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::records::{Random, Text};
use crate::tool;

pub(crate) struct Form {
    pub(crate) name: &'static str,
    pub(crate) write: fn(&[Text], &mut Random) -> Option<Vec<u8>>,
}

pub(crate) const FORMS: [Form; 47] = [
    Form { name: "Records", write: |records, _| records_compact(records) },
    Form { name: "Records with blanks", write: records_with_blanks },
    Form { name: "Records among other members", write: records_among_others },
    Form { name: "list", write: |records, _| list(records, ",") },
    Form { name: "list, one record a line", write: |records, _| list(records, ",\r\n") },
    Form { name: "lines", write: |records, _| joined(records, "\n") },
    Form { name: "lines of a Windows program", write: windows },
    Form { name: "one after the other", write: |records, _| objects(records, "") },
    Form { name: "pretty-printed", write: pretty },
    Form { name: "Records, gzip", write: |records, _| Some(gzip(&records_compact(records)?)) },
    Form { name: "Records, zstd", write: |records, _| zstd(&records_compact(records)?) },
    Form { name: "lines, gzip of several members", write: members },
    Form { name: "log events", write: |records, _| log_events(records) },
    Form { name: "subscription", write: |records, _| subscription(records) },
    Form { name: "EventBridge", write: eventbridge },
    Form { name: "Kinesis", write: kinesis },
    Form { name: "Firehose", write: firehose },
    Form { name: "lookup-events", write: lookup },
    Form { name: "SQS", write: |records, _| Some(sqs(&utf8(records_compact(records)?))) },
    Form { name: "SNS in SQS", write: sns_in_sqs },
    Form {
        name: "logs tail, short",
        write: |records, _| tool::tail(records, "2026-11-24T03:54:07 "),
    },
    Form { name: "logs tail, detailed", write: |records, _| tool::tail(records, tool::DETAILED) },
    Form { name: "logs tail in colours", write: |records, _| tool::tail(records, tool::COLOURED) },
    Form { name: "logs tail, JSON", write: tool::tail_json },
    Form { name: "export of CloudWatch Logs", write: |records, _| tool::export(records) },
    Form { name: "filter-log-events", write: |records, _| tool::log_output(records) },
    Form { name: "filter-log-events, text", write: |records, _| tool::log_text(records) },
    Form { name: "filter-log-events, YAML", write: |records, _| tool::log_yaml(records) },
    Form { name: "filter-log-events, --query", write: |records, _| tool::strings(records) },
    Form { name: "logs tail, none", write: |records, _| tool::log_event_lines(records) },
    Form { name: "Logs Insights", write: |records, _| tool::insights(records) },
    Form {
        name: "Logs Insights, CSV",
        write: |records, _| tool::csv("@timestamp,@message", records),
    },
    Form {
        name: "Logs Insights of its console",
        write: |records, _| tool::insights_console(records),
    },
    Form { name: "lookup-events, text", write: |records, _| tool::lookup_text(records) },
    Form { name: "lookup-events, YAML", write: |records, _| tool::lookup_yaml(records, "") },
    Form {
        name: "lookup-events, yaml-stream",
        write: |records, _| tool::lookup_yaml(records, "- "),
    },
    Form { name: "lookup-events, --query of rows", write: |records, _| tool::rows(records) },
    Form { name: "lookup-events, --query as text", write: |records, _| tool::columns(records) },
    Form { name: "Lake, eventJson", write: |records, _| tool::lake(records) },
    Form { name: "Lake, eventJson, CSV", write: |records, _| tool::csv("x,eventJson", records) },
    Form { name: "OCSF with raw data", write: |records, _| tool::ocsf(records) },
    Form { name: "receive-message", write: |records, _| tool::messages(records) },
    Form { name: "UTF-16", write: tool::utf16 },
    Form { name: "zip", write: |records, _| tool::zip(records) },
    Form { name: "tar", write: |records, _| tool::tar(records) },
    Form { name: "tar, gzip", write: |records, _| Some(gzip(&tool::tar(records)?)) },
    Form { name: "strings, a line each", write: |records, _| tool::string_lines(records) },
];

pub(crate) fn texts(records: &[Text]) -> Vec<&str> {
    records.iter().map(|record| record.text.as_str()).collect()
}

pub(crate) fn utf8(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn records_compact(records: &[Text]) -> Option<Vec<u8>> {
    Some(format!("{{\"Records\":[{}]}}", texts(records).join(",")).into_bytes())
}

fn records_with_blanks(records: &[Text], random: &mut Random) -> Option<Vec<u8>> {
    let name = if random.one_in(2) { "Records" } else { "\\u0052ecords" };
    Some(format!(" {{ \"{name}\" : [\n{} ]\t}}\n", texts(records).join(" , ")).into_bytes())
}

fn records_among_others(records: &[Text], random: &mut Random) -> Option<Vec<u8>> {
    let half = random.below(records.len() + 1);
    let (first, second) = records.split_at(half);
    let list = |records: &[Text]| texts(records).join(",");
    let text = format!(
        r#"{{"a":"]}}","Records":[{}],"b":[{{"eventName":"x"}}],"Records":[{}]}}"#,
        list(first),
        list(second)
    );
    Some(text.into_bytes())
}

fn list(records: &[Text], comma: &str) -> Option<Vec<u8>> {
    Some(format!("[{}]", texts(records).join(comma)).into_bytes())
}

pub(crate) fn joined(records: &[Text], between: &str) -> Option<Vec<u8>> {
    // Text that does not start with a bracket is not JSON to any reader.
    records.iter().any(|record| record.is_object).then(|| texts(records).join(between).into_bytes())
}

pub(crate) fn objects(records: &[Text], between: &str) -> Option<Vec<u8>> {
    records.iter().all(|record| record.is_object).then(|| texts(records).join(between).into_bytes())
}

fn windows(records: &[Text], _: &mut Random) -> Option<Vec<u8>> {
    Some([b"\xef\xbb\xbf", &*joined(records, "\r\n\r\n")?, b"\r\n"].concat())
}

/// A line break after every comma and bracket outside strings.
pub(crate) fn pretty(records: &[Text], _: &mut Random) -> Option<Vec<u8>> {
    let text = utf8(objects(records, "\n")?);
    let (mut spread, mut in_string, mut is_escaped) = (String::new(), false, false);
    for c in text.chars() {
        let is_quote = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        in_string ^= is_quote;
        spread.push(c);
        if !in_string && matches!(c, '{' | '[' | ',') {
            spread.push_str("\n  ");
        }
    }
    Some(spread.into_bytes())
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Option<Vec<u8>> {
    zstd::encode_all(bytes, 1).ok()
}

fn members(records: &[Text], random: &mut Random) -> Option<Vec<u8>> {
    let text = joined(records, "\n")?;
    let (first, second) = text.split_at(random.below(text.len()));
    Some([gzip(first), gzip(second)].concat())
}

fn events(records: &[Text]) -> Value {
    let event = |record: &Text| json!({"id": "1", "timestamp": 1, "message": record.text});
    let events: Vec<Value> = records.iter().map(event).collect();
    json!({
        "messageType": "DATA_MESSAGE", "owner": "222233334444", "logGroup": "g", "logStream": "s",
        "subscriptionFilters": ["f"], "logEvents": events,
    })
}

fn log_events(records: &[Text]) -> Option<Vec<u8>> {
    Some(events(records).to_string().into_bytes())
}

fn packed(records: &[Text]) -> String {
    STANDARD.encode(gzip(events(records).to_string().as_bytes()))
}

fn subscription(records: &[Text]) -> Option<Vec<u8>> {
    Some(json!({"awslogs": {"data": packed(records)}}).to_string().into_bytes())
}

fn eventbridge(records: &[Text], _: &mut Random) -> Option<Vec<u8>> {
    objects(records, "")?;
    let event = |record: &Text| {
        format!(
            r#"{{"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","account":"222233334444","time":"2026-11-24T03:54:00Z","region":"eu-west-1","resources":[],"detail":{}}}"#,
            record.text
        )
    };
    Some(records.iter().map(event).collect::<Vec<_>>().join("\n").into_bytes())
}

fn kinesis(records: &[Text], random: &mut Random) -> Option<Vec<u8>> {
    let (first, second) = records.split_at(random.below(records.len() + 1));
    let record = |records: &[Text]| json!({"eventSource": "aws:kinesis", "eventName": "aws:kinesis:record", "kinesis": {"data": packed(records)}});
    Some(json!({"Records": [record(first), record(second)]}).to_string().into_bytes())
}

fn firehose(records: &[Text], random: &mut Random) -> Option<Vec<u8>> {
    let (first, second) = records.split_at(random.below(records.len() + 1));
    let record = |records: &[Text]| json!({"recordId": "1", "data": packed(records)});
    let body = json!({
        "invocationId": "1", "deliveryStreamArn": "arn:aws:firehose:eu-west-1:222233334444:deliverystream/d",
        "region": "eu-west-1", "records": [record(first), record(second)],
    });
    Some(body.to_string().into_bytes())
}

fn lookup(records: &[Text], _: &mut Random) -> Option<Vec<u8>> {
    let event =
        |record: &Text| json!({"EventId": "1", "Username": "u", "CloudTrailEvent": record.text});
    let events: Vec<Value> = records.iter().map(event).collect();
    Some(serde_json::to_vec_pretty(&json!({"Events": events, "NextToken": "x"})).unwrap())
}

fn sqs(body: &str) -> Vec<u8> {
    let record = json!({"messageId": "1", "body": body, "eventSource": "aws:sqs"});
    json!({"Records": [record]}).to_string().into_bytes()
}

fn sns_in_sqs(records: &[Text], _: &mut Random) -> Option<Vec<u8>> {
    let message = utf8(records_compact(records)?);
    let notice = json!({"Type": "Notification", "TopicArn": "arn:aws:sns:::t", "Message": message});
    Some(sqs(&notice.to_string()))
}
