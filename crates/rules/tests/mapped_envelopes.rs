//! Records of the owner's own sources in whatever AWS delivers them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use aware_core::envelope::other_logs::service_of_key;
use aware_core::envelope::{EnvelopeKind, OpenedBody, open_body};
use aware_core::source::contract::{EventCarrier, RecordContext};
use aware_core::source::{identify, source_of};
use aware_rules::mapped::{SourceMap, define_maps};
use serde_json::json;

fn define() {
    let places = |text: &str| vec![text.to_owned()];
    let orders = SourceMap {
        name: "orders".to_owned(),
        records: Some("{ $.log = \"audit\" }".to_owned()),
        folder: Some("Orders".to_owned()),
        time: places("$.ts"),
        action: places("orders:{$.eventName}"),
        principal: places("$.user"),
        denied: Some("{ $.code = 403 }".to_owned()),
        ..SourceMap::default()
    };
    let lines = SourceMap {
        name: "db".to_owned(),
        line: Some(r"^(?<time>\d{4}-\S+ \S+) UTC (?<user>\S+) (?<what>denied)?".to_owned()),
        time: places("$.time"),
        action: places("log"),
        principal: places("$.user"),
        denied: Some("{ $.what = denied }".to_owned()),
        ..SourceMap::default()
    };
    define_maps(&[orders, lines]).unwrap();
}

fn open(body: &str) -> OpenedBody {
    open_body(EnvelopeKind::Any, body.as_bytes())
}

/// The sources of what a body holds.
fn sources(body: &str) -> Vec<&'static str> {
    let opened = open(body);
    assert_eq!(opened.rejects.total_count(), 0, "{body}: {:?}", opened.rejects);
    opened.records.iter().map(|record| record.source.as_str()).collect()
}

#[test]
fn json_in_every_envelope() {
    define();
    // Only CloudTrail's records have an `eventName` by themselves.
    let record = json!({"log": "audit", "ts": 1_795_492_447, "eventName": "Refund", "user": "lea"});
    let text = record.to_string();
    assert_eq!(sources(&text), ["orders"]);
    assert_eq!(sources(&format!("{text}\n{text}\n")), ["orders", "orders"]);
    assert_eq!(sources(&format!("[{text},{text}]")), ["orders", "orders"]);
    let group = json!({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "/orders",
        "logStream": "s", "subscriptionFilters": [],
        "logEvents": [{"id": "1", "timestamp": 1_795_492_447_000_i64, "message": text}]});
    assert_eq!(sources(&group.to_string()), ["orders"]);
    // An object of its own that looks like a notice is a record all the same.
    let notice =
        json!({"log": "audit", "ts": 1, "Type": "Refund", "Message": "refused"}).to_string();
    assert_eq!(sources(&notice), ["orders"]);
    // CloudTrail's own stay CloudTrail's, whatever they contain.
    let trail = json!({"log": "audit", "eventVersion": "1.11", "eventTime": "2026-11-24T03:54:07Z",
        "eventSource": "iam.amazonaws.com", "eventName": "ListUsers"});
    assert_eq!(identify(trail.to_string().as_bytes()).unwrap().as_str(), "cloudtrail");
}

#[test]
fn a_custom_event_gives_its_time_and_place() {
    define();
    let event = |source: &str| {
        json!({"version": "0", "id": "e", "detail-type": "Refund", "source": source,
            "account": "111122223333", "time": "2026-11-24T03:54:07Z", "region": "eu-west-1",
            "resources": [], "detail": {"log": "audit", "eventName": "Refund", "code": 403}})
        .to_string()
    };
    let opened = open(&event("shop.orders"));
    let record = &opened.records[0];
    assert_eq!(record.source.as_str(), "orders");
    let carrier = EventCarrier {
        kind: "Refund",
        account: "111122223333",
        region: "eu-west-1",
        time: "2026-11-24T03:54:07Z",
        id: "e",
    };
    let context = RecordContext { carrier: Some(carrier), ..RecordContext::default() };
    let event = source_of(record.source).decode(&record.bytes, context).unwrap();
    assert_eq!(
        (event.account.as_deref(), event.region.as_str()),
        (Some("111122223333"), "eu-west-1")
    );
    assert_eq!(event.time.to_string(), "2026-11-24T03:54:07Z");
}

#[test]
fn lines_with_and_without_a_tools_prefix() {
    define();
    let lines =
        "2026-11-24 03:54:07 UTC lea denied x\n\tand more\n2026-11-24 03:54:08 UTC lea read y\n";
    assert_eq!(sources(lines), ["db", "db"]);
    let tail = "2026-11-24T03:54:09+00:00 stream 2026-11-24 03:54:07 UTC lea denied x\n";
    assert_eq!(sources(tail), ["db"]);
    let opened = open("2026-11-24 03:54:07 UTC lea denied x\nbroken\n");
    assert_eq!((opened.records.len(), opened.rejects.record_count()), (1, 1));
    let group = json!({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "/db",
        "logStream": "s", "subscriptionFilters": [], "logEvents": [
            {"id": "1", "timestamp": 1_795_492_447_000_i64,
                "message": "2026-11-24 03:54:07 UTC lea denied x\n\tand more"}]});
    assert_eq!(sources(&group.to_string()), ["db"]);
    // Of an event of several lines, the first may be no line of the log by itself.
    let broken = json!({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "/db",
        "logStream": "s", "subscriptionFilters": [], "logEvents": [
            {"id": "1", "timestamp": 1_795_492_447_000_i64,
                "message": "2026-11-24 03:54:07 UTC lea\ndenied x"}]});
    assert_eq!(sources(&broken.to_string()), ["db"]);
}

#[test]
fn lines_of_one_second_are_told_apart() {
    define();
    let lines = "2026-11-24 03:54:07 UTC lea denied x\n2026-11-24 03:54:07 UTC lea denied y\n";
    let opened = open(lines);
    let ids = opened.records.iter().map(|record| {
        source_of(record.source).decode(&record.bytes, RecordContext::default()).unwrap().id
    });
    let ids: std::collections::BTreeSet<String> = ids.collect();
    assert_eq!(ids.len(), 2);
    // Kept records are still known for what they are.
    assert_eq!(identify(&opened.records[0].bytes).unwrap().as_str(), "db");
}

#[test]
fn objects_in_a_folder_that_a_map_names_are_read() {
    define();
    let service = |folder: &str| {
        let key = format!("AWSLogs/111122223333/{folder}/eu-west-1/2026/11/24/x.json.gz");
        service_of_key(&key).map(str::to_owned)
    };
    assert_eq!(service("Orders"), None);
    assert_eq!(service("orders").as_deref(), Some("orders"));
    assert_eq!(service("Config").as_deref(), Some("Config"));
    assert_eq!(service("CloudTrail"), None);
}
