//! Used, unused and unknown permissions: by resource, negation, deny and condition; and a
//! comparison with another evaluator over policies and calls that are made up.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use aware_core::event::Event;
use aware_core::source::cloudtrail::decode_record;
use aware_iam::catalogue::Catalogue;
use aware_iam::policy::{NamedPolicy, Policy};
use aware_iam::unused::{PermissionUse, PolicyUsage, UsageReport};
use proptest::prelude::*;
use serde_json::{Value, json};

fn call(action: &str, request: Value, mfa: Option<bool>) -> Event {
    let (service, name) = action.split_once(':').unwrap();
    let mut identity = json!({
        "type": "IAMUser", "arn": "arn:aws:iam::222233334444:user/dora", "accountId": "222233334444",
        "userName": "dora", "principalId": "AIDADORA",
    });
    if let Some(mfa) = mfa {
        identity["sessionContext"] = json!({"attributes": {
            "mfaAuthenticated": mfa.to_string(), "creationDate": "2026-06-01T09:00:00Z"}});
    }
    let category = if service == "s3" { "Data" } else { "Management" };
    let record = json!({
        "eventTime": "2026-06-01T10:00:00Z", "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name, "awsRegion": "eu-west-1", "eventType": "AwsApiCall",
        "eventCategory": category, "recipientAccountId": "222233334444",
        "sourceIPAddress": "203.0.113.20", "userIdentity": identity, "requestParameters": request,
    });
    decode_record(record.to_string().as_bytes()).unwrap()
}

fn object(name: &str, bucket: &str, key: &str) -> Event {
    call(&format!("s3:{name}"), json!({"bucketName": bucket, "key": key}), None)
}

fn report(statements: &str, events: &[Event]) -> UsageReport {
    let text = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}");
    let policy = NamedPolicy { name: "p".to_owned(), policy: Policy::parse(&text).unwrap() };
    let mut seen = PolicyUsage::new(vec![policy]);
    events.iter().for_each(|event| seen.record_event(Catalogue::built_in(), event, true));
    seen.build_report(Catalogue::built_in())
}

fn uses(report: &UsageReport) -> BTreeMap<&str, PermissionUse> {
    report.permissions.iter().map(|one| (one.action.as_str(), one.usage)).collect()
}

#[test]
fn a_call_uses_only_what_allows_it() {
    let reads = [object("GetObject", "ledger", "2026/may.csv")];
    for (statement, expected) in [
        (r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::ledger/*""#, PermissionUse::Used),
        (r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*""#, PermissionUse::Unused),
        (r#""Action":"s3:GetObject","NotResource":"arn:aws:s3:::ledger/*""#, PermissionUse::Unused),
        (r#""Action":"s3:GetObject","NotResource":"arn:aws:s3:::other/*""#, PermissionUse::Used),
        (
            r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:username}/*""#,
            PermissionUse::Unused,
        ),
        (
            r#""Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:username":"dora"}}"#,
            PermissionUse::Used,
        ),
        (
            r#""Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"x"}}"#,
            PermissionUse::Unknown,
        ),
        (
            r#""Action":"s3:GetObject","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#,
            PermissionUse::Unused,
        ),
        (
            r#""Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
            PermissionUse::Used,
        ),
    ] {
        let found = report(&format!(r#"{{"Effect":"Allow",{statement}}}"#), &reads);
        assert_eq!(uses(&found)["s3:GetObject"], expected, "{statement}");
        let is_elsewhere = expected == PermissionUse::Unused;
        assert_eq!(
            found.from_elsewhere.contains(&"s3:GetObject".to_owned()),
            is_elsewhere,
            "{statement}"
        );
    }
}

#[test]
fn a_deny_takes_away_what_it_surely_hits() {
    let reads = [object("GetObject", "ledger", "2026/may.csv")];
    let allow = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
    for (deny, expected) in [
        (r#""Action":"s3:*","Resource":"arn:aws:s3:::ledger/*""#, PermissionUse::Unused),
        (r#""NotAction":"s3:List*","Resource":"*""#, PermissionUse::Unused),
        (r#""Action":"s3:*","Resource":"arn:aws:s3:::other/*""#, PermissionUse::Used),
        // The call went through, so that the condition did not hold.
        (
            r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"x"}}"#,
            PermissionUse::Used,
        ),
    ] {
        let found = report(&format!(r#"{allow},{{"Effect":"Deny",{deny}}}"#), &reads);
        assert_eq!(uses(&found)["s3:GetObject"], expected, "{deny}");
    }
}

#[test]
fn nothing_is_lost_under_a_negation() {
    let events = [
        object("GetObject", "ledger", "a"),
        call("iam:GetUser", json!({"userName": "dora"}), None),
    ];
    let found =
        report(r#"{"Effect":"Allow","NotAction":["iam:*","s3:Put*"],"Resource":"*"}"#, &events);
    let uses = uses(&found);
    assert_eq!(uses["s3:GetObject"], PermissionUse::Used);
    assert!(!uses.contains_key("iam:GetUser") && !uses.contains_key("s3:PutObject"));
    assert!(found.unmatched.is_empty());
    assert_eq!(found.from_elsewhere, ["iam:GetUser"]);
    let catalogue = Catalogue::built_in();
    let all: usize = catalogue.iter_services().map(|service| service.action_names().count()).sum();
    let named = |pattern: &str| {
        let only =
            report(&format!(r#"{{"Effect":"Allow","Action":"{pattern}","Resource":"*"}}"#), &[]);
        only.permissions.len()
    };
    assert_eq!(uses.len(), all - named("iam:*") - named("s3:Put*"), "each action once");
}

#[test]
fn what_has_no_action_is_named_and_never_used() {
    let events = [call("newthing:DoIt", json!({}), None)];
    let found = report(r#"{"Effect":"Allow","Action":"newthing:*","Resource":"*"}"#, &events);
    assert_eq!(found.unmatched, ["newthing:*"]);
    assert_eq!(found.from_elsewhere, Vec::<String>::new());
    assert_eq!(found.unmapped, BTreeMap::from([("newthing:DoIt".to_owned(), 1)]));
}

#[test]
fn a_call_uses_each_of_its_actions_where_it_worked() {
    let copy = json!({"bucketName": "dst", "key": "k", "x-amz-copy-source": "src/k"});
    let events = [call("s3:CopyObject", copy, None)];
    let found = report(
        r#"{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::src/*"},
           {"Effect":"Allow","Action":["s3:PutObject"],"Resource":"arn:aws:s3:::dst/*"}"#,
        &events,
    );
    let used = uses(&found);
    assert_eq!(
        (used["s3:GetObject"], used["s3:PutObject"]),
        (PermissionUse::Used, PermissionUse::Used)
    );
    let swapped = report(
        r#"{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::dst/*"}"#,
        &events,
    );
    assert_eq!(uses(&swapped)["s3:GetObject"], PermissionUse::Unused);
}

/// What `iam-rs` says of the same call.
fn theirs(policy: &str, action: &str, resource: &str) -> bool {
    let policy: iam_rs::IAMPolicy = serde_json::from_str(policy).unwrap();
    let principal = iam_rs::Principal::Aws(iam_rs::PrincipalId::String(
        "arn:aws:iam::222233334444:user/dora".to_owned(),
    ));
    let context = iam_rs::Context::new().with_string("aws:username", "dora");
    let resource = iam_rs::Arn::parse(resource).unwrap();
    let request = iam_rs::IAMRequest::new_with_context(principal, action, resource, context);
    iam_rs::evaluate_policy(&policy, &request).unwrap() == iam_rs::Decision::Allow
}

const ACTIONS: [(&str, &str); 4] = [
    ("GetObject", "s3:GetObject"),
    ("PutObject", "s3:PutObject"),
    ("DeleteObject", "s3:DeleteObject"),
    ("GetObjectTagging", "s3:GetObjectTagging"),
];

fn pick(list: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(list)
}

prop_compose! {
    fn statement()(
        deny in prop::bool::weighted(0.25), not_action in prop::bool::weighted(0.2), not_resource in prop::bool::weighted(0.2),
        actions in prop::collection::vec(pick(&["s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*", "*", "S3:deleteobject", "s3:?utObject"]), 1..3),
        resources in prop::collection::vec(pick(&["*", "arn:aws:s3:::a/*", "arn:aws:s3:::b/x", "arn:aws:s3:::?/x*", "arn:aws:s3:::${aws:username}/*"]), 1..3),
        condition in pick(&["", "", r#","Condition":{"StringEquals":{"aws:username":"dora"}}"#, r#","Condition":{"StringLike":{"aws:username":"e*"}}"#]),
    ) -> String {
        let effect = if deny { "Deny" } else { "Allow" };
        let not = |is: bool| if is { "Not" } else { "" };
        let (not_action, not_resource) = (not(not_action), not(not_resource));
        format!(r#"{{"Effect":"{effect}","{not_action}Action":{actions:?},"{not_resource}Resource":{resources:?}{condition}}}"#)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn used_is_what_another_evaluator_allows(
        statements in prop::collection::vec(statement(), 1..4),
        calls in prop::collection::vec((0..4_usize, pick(&["a", "b", "dora"]), pick(&["x", "xy", "p/q"])), 0..5),
    ) {
        // A policy that names everything has twenty thousand permissions: the four are looked at.
        let whole = statements.join(",");
        let text = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{whole}]}}");
        let events: Vec<Event> = calls.iter().map(|(at, bucket, key)| object(ACTIONS[*at].0, bucket, key)).collect();
        let policy = NamedPolicy { name: "p".to_owned(), policy: Policy::parse(&text).unwrap() };
        let mut seen = PolicyUsage::new(vec![policy]);
        events.iter().for_each(|event| seen.record_event(Catalogue::built_in(), event, true));
        for (_, action) in ACTIONS {
            let own: Vec<String> = calls.iter().filter(|(at, ..)| ACTIONS[*at].1 == action)
                .map(|(_, bucket, key)| format!("arn:aws:s3:::{bucket}/{key}")).collect();
            let expected = own.iter().any(|resource| theirs(&text, action, resource));
            let elsewhere = own.iter().any(|resource| !theirs(&text, action, resource));
            let (is_used, is_elsewhere) = seen.was_used(action);
            prop_assert_eq!(is_used, expected, "{} {}", action, &text);
            prop_assert_eq!(is_elsewhere, elsewhere, "{} {}", action, &text);
        }
    }
}
