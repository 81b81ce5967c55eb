//! Requests of every shape: nothing panics, and everything told is bounded.

use aware_cases::notable::{find_links, find_notable, followed_calls, notable_calls, undo_keys};
use serde_json::{Value, json};

use super::{alice, deployer, event, root};

/// Parameters that readers look for.
const NAMES: [&str; 24] = [
    "userName",
    "roleName",
    "policyName",
    "policyArn",
    "policyDocument",
    "name",
    "trailName",
    "eventSelectors",
    "advancedEventSelectors",
    "createVolumePermission",
    "valuesToAdd",
    "principal",
    "bucketName",
    "bucketPolicy",
    "LifecycleConfiguration",
    "ReplicationConfiguration",
    "ipPermissions",
    "instancesSet",
    "alarmNames",
    "keyId",
    "credentials",
    "accessKey",
    "user",
    "enable",
];

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!("x"), |inner, level| {
        if level % 2 == 0 { json!([inner]) } else { json!({"items": inner}) }
    })
}

fn shapes() -> Vec<Value> {
    let long = "a|b,c'\u{202e}\n".repeat(500);
    let many: Vec<Value> =
        (0..120).map(|at| json!({"userId": format!("{at:012}"), "cidrIp": "a|b"})).collect();
    let values = [
        json!(null),
        json!(""),
        json!(7),
        json!([]),
        json!({}),
        json!(long),
        json!(many),
        json!({"items": many}),
        deep(40),
        json!({"add": {"items": many}}),
        json!({"Statement": many}),
        json!({"Statement": {"Action": long, "Principal": many}}),
        json!({"content": long}),
        json!([[["x"]]]),
        json!("%7B%22Statement%22%3A%5B1%5D%7D"),
    ];
    let with_all = |value: Value| {
        Value::Object(NAMES.iter().map(|name| ((*name).to_owned(), value.clone())).collect())
    };
    values.clone().into_iter().chain(values.into_iter().map(with_all)).collect()
}

#[test]
fn every_call_with_every_shape() {
    let calls: Vec<_> = notable_calls().chain(followed_calls()).collect();
    for shape in shapes() {
        for actor in [alice(), deployer(), root()] {
            // The event is decoded once; its names are what changes.
            let mut event = event(actor, "iam:CreateUser", shape.clone(), shape.clone());
            for (service, name) in &calls {
                event.action.service = (*service).to_owned();
                event.action.name = (*name).to_owned();
                check_bounds(&event);
            }
        }
    }
}

fn check_bounds(event: &aware_core::event::Event) {
    for key in undo_keys(event) {
        assert!(key.len() < 1_000, "{}: {}", event.action, key.len());
    }
    assert!(find_links(event).len() <= 4);
    let Some(fact) = find_notable(event) else { return };
    assert!(fact.weight <= 5);
    let name = &event.action;
    assert!(fact.text.len() < 4_000 && fact.achieved.len() < 4_000, "{name}: {}", fact.text.len());
    assert!(fact.undo_key.is_none_or(|key| key.len() < 1_000), "{name}");
    if let Some(back) = fact.take_back {
        assert!(back.command.len() < 30_000 && !back.command.contains('\n'), "{name}");
    }
}
