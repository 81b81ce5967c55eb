//! Bodies that are cut, broken, mixed or made up.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::source::vpc_flow;

fn texts(body: &str) -> (Vec<String>, Vec<String>) {
    let opened = open_body(EnvelopeKind::Any, body.as_bytes());
    let in_records = opened.rejects.iter().filter(|reject| reject.record.is_some()).count();
    assert_eq!(opened.records_seen(), (opened.records.len() + in_records) as u64);
    let records = opened.records.iter().map(|r| String::from_utf8_lossy(&r.bytes).into_owned());
    (records.collect(), opened.rejects.iter().map(ToString::to_string).collect())
}

#[test]
fn a_cut_file_gives_what_is_whole() {
    let (records, rejects) = texts(r#"{"Records":[{"eventName":"A"},{"eventName":"B"},{"eve"#);
    assert_eq!(records.len(), 2);
    assert_eq!(rejects, ["record 3: record is cut (hint: the file may still be being written)"]);
}

#[test]
fn a_broken_line_loses_only_itself() {
    let lines =
        "{\"eventName\":\"A\"}\n{\"eventName\":\n{\"eventName\":\"B\"}\n\n{\"eventName\":\"C";
    let (records, rejects) = texts(lines);
    assert_eq!(records.len(), 2, "{rejects:?}");
    assert_eq!(rejects.len(), 2, "{rejects:?}");
}

#[test]
fn objects_one_after_the_other() {
    let (records, rejects) = texts("{\n \"eventName\": \"A\"\n}\n{\n \"eventName\": \"B\"\n}");
    assert_eq!((records.len(), rejects.len()), (2, 0));
}

#[test]
fn another_kind_than_the_config_says() {
    let opened = open_body(EnvelopeKind::Eventbridge, br#"{"Records":[{"eventName":"A"}]}"#);
    assert_eq!(
        opened.rejects.first_named().unwrap().problem,
        "expected an envelope of kind `eventbridge`, found `records`"
    );
    assert!(opened.records.is_empty());
}

#[test]
fn other_json_is_a_reject() {
    let (_, rejects) = texts(r#"{"hello":1,"world":2}"#);
    assert_eq!(rejects, ["record 1: JSON of an unknown kind, with the keys hello, world"]);
    assert_eq!(texts(r#"{"events":3}"#).1.len(), 1);
    assert_eq!(texts("PNG").1, ["neither JSON nor any other format that aware reads"]);
    assert_eq!(texts("").1, ["body is empty"]);
    assert_eq!(texts(r#"{"Records":3}"#).1, ["`Records` is not a list"]);
}

#[test]
fn junk_costs_only_its_own_line() {
    let event = r#"{"eventName":"A"}"#;
    let body = format!(
        "some noise\n{event}\n\nWARN x\n{{\"Records\":[{event},{event}]}}\n{{\"broken\": \n{event}\r\n{event}{event}\n{event},"
    );
    let (records, rejects) = texts(&body);
    assert_eq!((records.len(), rejects.len()), (7, 4), "{rejects:?}");
    let broken = format!("{{\"broken\": \n{event}\n{event}\n");
    let (records, rejects) = texts(&broken);
    assert_eq!((records.len(), rejects.len()), (2, 1), "{rejects:?}");
    let spread = format!("{event}\n{{\n \"eventName\": \"B\"\n}}\n{event}\nnoise");
    let (records, rejects) = texts(&spread);
    assert_eq!((records.len(), rejects.len()), (3, 1), "{rejects:?}");
    let cut = format!("{{\"Records\":[\n{event},\n{event},\n{{\"eve");
    let (records, rejects) = texts(&cut);
    assert_eq!((records.len(), rejects.len()), (2, 1), "{rejects:?}");
}

#[test]
fn a_broken_document_behind_a_time_costs_only_itself() {
    let time = "2026-11-24T03:54:07+00:00 stream";
    let whole = format!("{time} \n{{\n  \"eventName\": \"A\"\n}}\n");
    let broken = format!("{time} \n{{\n  \"eventName\":\n");
    let inline = format!("{time} {{\"eventName\":\n");
    let body = [&*whole, &*broken, &*whole, &*inline, &*whole, &*broken].concat();
    let (records, rejects) = texts(&body);
    assert_eq!((records.len(), rejects.len()), (3, 3), "{rejects:?}");
    let (records, rejects) = texts(&format!("{time}\nno JSON\n{whole}{time} hello\n"));
    assert_eq!((records.len(), rejects.len()), (1, 3), "{rejects:?}");
}

#[test]
fn rows_without_a_record_are_named() {
    let without = "{\"status\":\"Complete\",\"results\":[[{\"field\":\"a\",\"value\":\"b\"}]]}";
    for body in [without, "Complete\nRESULTS\ta\tb\n", "@timestamp,eventName\n1,2\n"] {
        let (records, rejects) = texts(body);
        assert_eq!((records.len(), rejects.len()), (0, 1), "{rejects:?}");
        assert!(rejects[0].contains("hint: begin the query with `fields"), "{rejects:?}");
    }
    let (_, rejects) = texts("[[1,\"x\"],[],\"{\",[{\"eventName\":\"A\"}]]");
    assert_eq!(rejects.len(), 3, "{rejects:?}");
}

#[test]
fn lines_of_a_stream_are_no_form_of_their_own() {
    for body in ["@message,x\nnoise\n", "Events:\n- x\n", "----------\n|  x  |\n", "noise\nx\n"] {
        let opened = open_body(EnvelopeKind::Lines, body.as_bytes());
        assert_eq!((opened.records_seen(), opened.rejects.record_count()), (2, 2), "{body}");
    }
    assert!(open_body(EnvelopeKind::Lines, b"\n \r\n").rejects.is_empty());
}

#[test]
fn yaml_that_is_none_or_repeats_itself_without_end_is_named() {
    let (_, rejects) = texts("Events:\n- [\n");
    assert!(rejects[0].starts_with("YAML cannot be read: "), "{rejects:?}");
    let mut laughs = "Events: &n0 ['x']\n".to_owned();
    for n in 0..9 {
        let ten = vec![format!("*n{n}"); 10].join(", ");
        laughs += &format!("k{n}: &n{} [{ten}]\n", n + 1);
    }
    let (records, rejects) = texts(&laughs);
    assert_eq!((records.len(), rejects.len()), (0, 1), "{rejects:?}");
    assert!(rejects[0].starts_with("YAML cannot be read: "), "{rejects:?}");
}

#[test]
fn commas_without_records_are_rejects() {
    let event = r#"{"eventName":"A"}"#;
    let (records, rejects) = texts(&format!("[{event},,{event},]"));
    assert_eq!((records.len(), rejects.len()), (2, 2), "{rejects:?}");
}

#[test]
fn a_name_twice_and_a_name_in_escapes() {
    let (records, _) =
        texts(r#"{"\u0052ecords":[{"eventName":"A"}],"Records":[{"eventName":"B"}]}"#);
    assert_eq!(records.len(), 2);
    let (records, rejects) = texts(r#"{"\u0065ventName":"A"}"#);
    assert_eq!((records.len(), rejects.len()), (1, 0));
}

#[test]
fn a_record_stays_one_whatever_is_added_to_it() {
    let decoy = r#"{"eventTime":"t","eventSource":"s","eventName":"n","Records":[{"eventName":"x"}],"awslogs":{"data":""}}"#;
    for body in [decoy.to_owned(), format!("[{decoy}]"), format!("{{\"Records\":[{decoy}]}}")] {
        let (records, rejects) = texts(&body);
        assert_eq!((records, rejects.len()), (vec![decoy.to_owned()], 0));
    }
}

#[test]
fn only_aws_speaks_for_aws() {
    let event = |source: &str| {
        format!(
            r#"{{"detail-type":"AWS API Call via CloudTrail","source":"{source}","detail":{{"eventName":"A"}}}}"#
        )
    };
    assert_eq!(texts(&event("aws.iam")).0.len(), 1);
    for forged in ["evil.app", "aws", "awsiam", "", "AWS.iam"] {
        let (records, rejects) = texts(&event(forged));
        assert_eq!((records.len(), rejects.len()), (0, 1), "{forged}");
    }
    let without = event("aws.iam").replace("\"source\"", "\"sauce\"");
    assert_eq!(texts(&without).0.len(), 0);
}

#[test]
fn what_is_packed_is_limited_in_all() {
    let part = r#"{"eventSource":"aws:sqs","body":"[\"x\",\"y\"]"}"#;
    let body = format!("{{\"Records\":[{}]}}", vec![part; 100].join(","));
    let limits = DecompressionLimits { max_nested: 500, ..DecompressionLimits::default() };
    let opened = open_each_record(
        EnvelopeKind::Any,
        body.as_bytes(),
        limits,
        LineSettings::nothing(),
        &mut |_| {},
    );
    let last = opened.rejects.iter().last().unwrap().problem.clone();
    assert!(last.contains("over 500 bytes (hint: `limits.nested` allows more)"), "{last}");
    let opened = open_each_record(
        EnvelopeKind::Any,
        body.as_bytes(),
        DecompressionLimits::default(),
        LineSettings::nothing(),
        &mut |_| {},
    );
    assert_eq!(opened.rejects.total_count(), 200);
}

#[test]
fn an_event_of_eventbridge_in_a_log_group_is_that_of_its_service() {
    let event = r#"{"version":"0","id":"e1","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"111122223333","time":"2026-11-27T08:00:00Z","region":"eu-west-1","resources":[],"detail":{"id":"f1"}}"#;
    let message = serde_json::Value::from(event);
    let body = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"/aws/events/x","logStream":"s","logEvents":[{{"id":"1","timestamp":1,"message":{message}}}]}}"#
    );
    let opened = open_body(EnvelopeKind::CloudwatchLogs, body.as_bytes());
    assert_eq!(opened.rejects.total_count(), 0);
    let found: Vec<_> =
        opened.records.iter().map(|one| (one.source.as_str(), &*one.bytes)).collect();
    assert_eq!(found, [("guardduty", &br#"{"id":"f1"}"#[..])]);
}

#[test]
fn lines_of_firehose_are_one_text() {
    let line = |n: u32| {
        STANDARD.encode(format!(
            "2 111122223333 eni-0a1b2c3d 10.0.0.5 10.0.1.{n} 40000 22 6 1 40 1795766400 1795766460 REJECT OK\n"
        ))
    };
    let records: Vec<String> =
        (1..=30).map(|n| format!(r#"{{"recordId":"{n}","data":"{}"}}"#, line(n))).collect();
    let body = format!(
        r#"{{"deliveryStreamArn":"arn:aws:firehose:eu-west-1:111122223333:deliverystream/x","records":[{}]}}"#,
        records.join(",")
    );
    let opened = open_body(EnvelopeKind::Any, body.as_bytes());
    assert_eq!((opened.records_seen(), opened.rejects.total_count()), (30, 0));
    let sums: Vec<_> = opened.records.iter().map(|one| one.source).collect();
    assert_eq!(sums, [vpc_flow::TRAFFIC]);
}
