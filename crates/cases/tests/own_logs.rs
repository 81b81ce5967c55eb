//! What cases make of a log whose records are as true as whoever wrote them was careful.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use aware_cases::case::{CaseBook, CaseEvent};
use aware_cases::triage::PrincipalHistories;
use aware_core::event::Level;
use aware_core::finding::RuleSummary;
use aware_core::source::decode_record;
use aware_rules::mapped::{SourceMap, define_maps};
use serde_json::{Value, json};

/// The signs of a case of two records, of the same session from two networks.
fn signs_of(record: impl Fn(&str, &str) -> Value) -> Vec<String> {
    let rule = Arc::new(RuleSummary::with_defaults("own-rule", "A rule", Level::Low));
    let (mut book, mut histories) = (CaseBook::new(), PrincipalHistories::new());
    let mut last = None;
    for (id, address) in [("a", "192.0.2.7"), ("b", "198.51.100.9")] {
        let event = decode_record(record(id, address).to_string().as_bytes()).unwrap();
        histories.record_event(&event);
        book.record_event(&CaseEvent::from_event(&event, vec![Arc::clone(&rule)], None));
        last = Some(event.time);
    }
    let [case] = book.build_cases(&histories, last.unwrap()).try_into().unwrap();
    case.signs.iter().map(|sign| sign.text.clone()).collect()
}

#[test]
fn an_application_does_not_say_from_where_credentials_were_used() {
    let list = |text: &str| vec![text.to_owned()];
    let map = SourceMap {
        name: "orders".to_owned(),
        records: Some("{ $.log = \"orders\" }".to_owned()),
        time: list("$.at"),
        principal_arn: list("$.arn"),
        address: list("$.client"),
        action: list("$.did"),
        ..SourceMap::default()
    };
    define_maps(&[map]).unwrap();
    let arn = "arn:aws:sts::111122223333:assumed-role/app/i-0123456789abcdef0";
    let own = |id: &str, address: &str| {
        json!({"log": "orders", "at": "2026-11-24T09:00:00Z", "arn": arn, "client": address,
            "did": "Refund", "id": id})
    };
    let call = |id: &str, address: &str| {
        json!({"eventVersion": "1.11", "eventTime": "2026-11-24T09:00:00Z", "eventID": id,
            "eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "awsRegion": "eu-west-1",
            "recipientAccountId": "111122223333", "sourceIPAddress": address,
            "userIdentity": {"type": "AssumedRole", "arn": arn, "accountId": "111122223333",
                "accessKeyId": "ASIAIOSFODNN7EXAMPLE", "sessionContext": {"sessionIssuer":
                {"type": "Role", "arn": "arn:aws:iam::111122223333:role/app", "userName": "app"}}}})
    };
    let is_told = |signs: &[String]| signs.iter().any(|sign| sign.contains("were used from"));
    assert!(is_told(&signs_of(call)));
    assert!(!is_told(&signs_of(own)), "{:?}", signs_of(own));
}
