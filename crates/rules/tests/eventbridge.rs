//! EventBridge event patterns: what each operator matches.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::eventbridge;
use serde_json::{Value, json};

fn matches(pattern: &Value, event: &Value) -> bool {
    matches_text(&pattern.to_string(), event)
}

fn matches_text(pattern: &str, event: &Value) -> bool {
    let expr =
        eventbridge::compile_pattern("test", pattern).unwrap_or_else(|problem| panic!("{problem}"));
    evaluators::matches(&expr, &event.to_string())
}

/// Checks what one field's list takes and does not take; null stands for itself.
fn check(list: Value, yes: Value, no: Value) {
    let pattern = json!({"d": {"f": list}});
    for value in yes.as_array().unwrap() {
        assert!(matches(&pattern, &json!({"d": {"f": value}})), "{pattern} on {value}");
    }
    for value in no.as_array().unwrap() {
        assert!(!matches(&pattern, &json!({"d": {"f": value}})), "{pattern} on {value}");
    }
}

#[test]
fn values() {
    check(json!(["on", "off"]), json!(["on", "off", ["x", "on"]]), json!(["ON", "x", [], null, 1]));
    check(json!([""]), json!([""]), json!(["x", null]));
    check(json!([null]), json!([null, [1, null]]), json!(["", "null", 0, false, [], {}]));
    check(json!([true]), json!([true]), json!([false, "true", 1]));
    check(json!([false]), json!([false]), json!([true, null, "false"]));
    check(json!([300]), json!([300, 300.0]), json!(["300", 300.5, 30]));
    check(json!([111122223333_u64]), json!([111122223333_u64]), json!(["111122223333"]));
}

#[test]
fn texts() {
    check(json!([{"prefix": "ab"}]), json!(["ab", "abc"]), json!(["xab", "AB", "a", null, 12]));
    check(json!([{"prefix": ""}]), json!(["", "x"]), json!([null, 1]));
    check(json!([{"suffix": ".png"}]), json!([".png", "a.png"]), json!(["a.PNG", "png"]));
    check(json!([{"suffix": ""}]), json!(["", "x"]), json!([null, true]));
    check(
        json!([{"prefix": {"equals-ignore-case": "Ab"}}]),
        json!(["AB", "abX"]),
        json!(["xab", "a"]),
    );
    check(
        json!([{"suffix": {"equals-ignore-case": ".Png"}}]),
        json!(["x.PNG", ".png"]),
        json!(["png"]),
    );
    check(json!([{"equals-ignore-case": "Straße"}]), json!(["straße", "STRAßE"]), json!(["x", 1]));
    check(json!([{"equals-ignore-case": ""}]), json!([""]), json!(["x", null]));
}

#[test]
fn wildcards() {
    check(json!([{"wildcard": "a*c"}]), json!(["ac", "abbc"]), json!(["abcd", "Ac", 1, null]));
    check(json!([{"wildcard": "*"}]), json!(["", "x"]), json!([1, null]));
    check(json!([{"wildcard": ""}]), json!([""]), json!(["x"]));
    check(json!([{"wildcard": "*/*.jar"}]), json!(["a/b.jar", "/.jar"]), json!(["b.jar"]));
    check(json!([{"wildcard": r"a\*b"}]), json!(["a*b"]), json!(["axb", r"a\b"]));
    check(json!([{"wildcard": r"a\\*"}]), json!([r"a\", r"a\x"]), json!(["a*"]));
    check(json!([{"wildcard": "a?c"}]), json!(["a?c"]), json!(["abc"]));
}

#[test]
fn anything_but() {
    check(json!([{"anything-but": "x"}]), json!(["y", null, 1, ["x", "y"]]), json!(["x", ["x"]]));
    check(json!([{"anything-but": ["x", "y"]}]), json!(["z", "", null]), json!(["x", "y", []]));
    check(json!([{"anything-but": 1}]), json!([2, "1", null]), json!([1, 1.0]));
    check(json!([{"anything-but": [0, 1]}]), json!([2, "0"]), json!([0, 1, 0.0]));
    check(json!([{"anything-but": {"prefix": "a"}}]), json!(["ba", null, 7]), json!(["a", "ab"]));
    check(json!([{"anything-but": {"prefix": ["a", "b"]}}]), json!(["c"]), json!(["ab", "ba"]));
    check(json!([{"anything-but": {"suffix": "a"}}]), json!(["ab", null]), json!(["a", "ba"]));
    check(json!([{"anything-but": {"suffix": ["a", "b"]}}]), json!(["c", 1]), json!(["ba", "ab"]));
    check(json!([{"anything-but": {"wildcard": "*/x/*"}}]), json!(["a/y/b", 5]), json!(["a/x/b"]));
    check(
        json!([{"anything-but": {"wildcard": ["*/x/*", "y*"]}}]),
        json!(["a/z/b", null]),
        json!(["a/x/b", "yes"]),
    );
    check(json!([{"anything-but": {"wildcard": ""}}]), json!(["x", null]), json!([""]));
    check(
        json!([{"anything-but": {"equals-ignore-case": "No"}}]),
        json!(["yes", null]),
        json!(["NO", "no"]),
    );
    check(
        json!([{"anything-but": {"equals-ignore-case": ["No", "Off"]}}]),
        json!(["on", 1]),
        json!(["nO", "OFF"]),
    );
    for pattern in [json!([{"anything-but": "x"}]), json!([{"anything-but": {"suffix": ["x"]}}])] {
        assert!(!matches(&json!({"d": {"f": pattern}}), &json!({"d": {}})));
    }
}

#[test]
fn numbers_and_networks() {
    check(json!([{"numeric": ["=", 3.018e2]}]), json!([301.8]), json!(["301.8", 301, null]));
    check(json!([{"numeric": [">", 0, "<=", 5]}]), json!([0.1, 5]), json!([0, 5.1, "3", null]));
    check(json!([{"numeric": [">=", -1, "<", 1]}]), json!([-1, 0]), json!([1, -1.5]));
    check(json!([{"numeric": ["<", 10]}]), json!([9, -5e9]), json!([10, [10, "9"]]));
    check(json!([{"numeric": [">", 10]}, "none"]), json!([11, "none"]), json!([9, "11"]));
    check(
        json!([{"cidr": "10.0.0.0/24"}]),
        json!(["10.0.0.0", "10.0.0.255"]),
        json!(["10.0.1.0", "::", "x", 10, null]),
    );
    check(
        json!([{"cidr": "2001:db8::/32"}]),
        json!(["2001:db8::1", "2001:0db8:ffff:0:0:0:0:0"]),
        json!(["2001:db9::", "10.0.0.1"]),
    );
    check(json!([{"cidr": "0.0.0.0/0"}]), json!(["203.0.113.7"]), json!(["2001:db8::"]));
}

#[test]
fn presence() {
    check(json!([{"exists": true}]), json!([1, null, "", [0]]), json!([[], {}, {"x": 1}]));
    check(json!([{"exists": false}]), json!([[], {}, {"x": 1}]), json!([1, null, "", [0]]));
    let either = json!({"d": {"f": [{"exists": false}, "x"], "g": [1]}});
    assert!(matches(&either, &json!({"d": {"g": 1}})));
    assert!(matches(&either, &json!({"d": {"f": "x", "g": 1}})));
    assert!(!matches(&either, &json!({"d": {"f": "y", "g": 1}})));
    assert!(!matches(&either, &json!({"d": {"f": "x"}})));
    let both = json!({"f": [{"exists": true}, {"exists": false}]});
    assert!(matches(&both, &json!({})) && matches(&both, &json!({"f": 1})));
    assert!(!matches(&json!({"a": [{"exists": true}]}), &json!({"a": {"b": 1}})));
}

#[test]
fn names() {
    let event = json!({"d": {"state.status": "on", "a": {"b.c": {"e": 1}}}});
    assert!(matches(&json!({"d": {"state": {"status": ["on"]}}}), &event));
    assert!(matches(&json!({"d.state.status": ["on"]}), &event));
    assert!(matches(&json!({"d": {"a": {"b": {"c": {"e": [1]}}}}}), &event));
    assert!(matches(&json!({"d": {"a.b.c.e": [1]}}), &event));
    assert!(!matches(&json!({"d": {"state.status": {"status": ["on"]}}}), &event));
    assert!(!matches(&json!({"D": {"state.status": ["on"]}}), &event));
    assert!(!matches(&json!({"f": {"g": ["x"]}}), &json!({"f": "{\"g\": \"x\"}"})));
}

/// Of a field that is said twice the later counts; objects said twice are both read.
#[test]
fn repeated_names() {
    let event = json!({"d": {"f": "eu-1", "g": 1}});
    let last = r#"{"d": {"f": ["us-1"], "f": ["eu-1"]}}"#;
    assert!(matches_text(last, &event));
    assert!(!matches_text(r#"{"d": {"f": ["eu-1"], "f": ["us-1"]}}"#, &event));
    assert!(!matches_text(r#"{"d": {"f": ["eu-1"]}, "d": {"g": [2]}}"#, &event));
    assert!(matches_text(r#"{"d": {"f": ["us-1"]}, "d.f": ["eu-1"]}"#, &event));
}

#[test]
fn either_or() {
    let pattern = json!({
        "s": ["x"],
        "$or": [{"a": [1]}, {"b": [2], "c": [3]}, {"d": {"$or": [{"e": [4]}, {"f": [5]}]}}],
    });
    let cases = [
        (json!({"s": "x", "a": 1}), true),
        (json!({"s": "y", "a": 1}), false),
        (json!({"s": "x", "b": 2}), false),
        (json!({"s": "x", "b": 2, "c": 3}), true),
        (json!({"s": "x", "d": {"f": 5}}), true),
        (json!({"s": "x", "d": {"g": 5}}), false),
    ];
    for (event, expected) in cases {
        assert_eq!(matches(&pattern, &event), expected, "{event}");
    }
    let two = json!({"$or": [{"a": [1]}, {"b": [1]}], "d": {"$or": [{"a": [1]}, {"b": [1]}]}});
    assert!(matches(&two, &json!({"a": 1, "d": {"b": 1}})));
    assert!(!matches(&two, &json!({"a": 1, "b": 1})));
}

/// Two fields of one object in a list must both match in the same member.
#[test]
fn members_of_lists() {
    let pattern = json!({"l": {"k": ["env"], "v": ["prod"]}});
    let cases = [
        (json!([{"k": "env", "v": "prod"}]), true),
        (json!([{"k": "env", "v": "test"}, {"k": "team", "v": "prod"}]), false),
        (json!([{"k": "env"}, {"v": "prod"}]), false),
        (json!([{"k": "x"}, {"k": "env", "v": "prod"}, {"k": "y"}]), true),
        (json!([[{"k": "env", "v": "prod"}]]), true),
        (json!([[{"k": "env"}], [{"v": "prod"}]]), false),
        (json!([{"k": ["a", "env"], "v": ["prod", "b"]}]), true),
        (json!({"k": "env", "v": "prod"}), true),
        (json!([]), false),
    ];
    for (list, expected) in cases {
        assert_eq!(matches(&pattern, &json!({"l": list})), expected, "{list}");
    }
    let outer = json!({"l": {"n": [{"exists": true}], "t": {"k": ["x"]}}});
    assert!(!matches(&outer, &json!({"l": [{"n": 1}, {"t": {"k": "x"}}]})));
    assert!(matches(&outer, &json!({"l": [{"n": 1, "t": [{"k": "y"}, {"k": "x"}]}]})));
    let two = json!({"a": {"n": [1]}, "b": {"n": [2]}});
    assert!(matches(&two, &json!({"a": [{"n": 0}, {"n": 1}], "b": [{"n": 2}]})));
    let absent = json!({"l": {"k": ["env"], "v": [{"exists": false}]}});
    assert!(matches(&absent, &json!({"l": [{"k": "env"}]})));
}

/// event-ruler takes fields in the order of their names, and asks for absence in the members alone
/// that the fields before have matched in.
#[test]
fn absence_in_lists_of_objects() {
    let after = json!({"l": {"k": ["env"], "v": [{"exists": false}]}});
    let before = json!({"l": {"k": [{"exists": false}], "v": ["x"]}});
    let alone = json!({"l": {"v": [{"exists": false}]}});
    let either = json!({"l": {"k": ["env"], "v": ["prod", {"exists": false}]}});
    let outside = json!({"a": [1], "l": {"v": [{"exists": false}]}});
    let other_list = json!({"a": {"k": ["env"]}, "b": {"v": [{"exists": false}]}});
    let cases = [
        // The member that has `k` has no `v`, whatever its neighbours have.
        (&after, json!({"l": [{"k": "env"}, {"v": "x"}]}), true),
        (&after, json!({"l": [{"v": "x"}, {"k": "env"}]}), true),
        (&after, json!({"l": [{"k": "env", "v": "x"}, {"k": "env"}]}), true),
        (&after, json!({"l": [{"k": "env", "v": "x"}, {"k": "other"}]}), false),
        (&after, json!({"l": [{"k": "env", "v": []}]}), true),
        (&after, json!({"l": [{"k": "env", "v": null}]}), false),
        (&after, json!({"l": {"k": "env", "v": "x"}}), false),
        (&after, json!({"l": [[{"k": "env"}, {"v": "x"}]]}), true),
        // `k` comes first, when no member is chosen yet: it has to be absent from all.
        (&before, json!({"l": [{"k": "env"}, {"v": "x"}]}), false),
        (&before, json!({"l": [{"z": 1}, {"v": "x"}]}), true),
        (&alone, json!({"l": [{"k": "env"}, {"v": "x"}]}), false),
        (&alone, json!({"l": [{"k": "env"}]}), true),
        (&either, json!({"l": [{"k": "env", "v": "test"}, {"v": "prod"}]}), false),
        (&either, json!({"l": [{"k": "env", "v": "test"}, {"k": "env", "v": "prod"}]}), true),
        (&either, json!({"l": [{"k": "env", "v": "test"}, {"k": "env"}]}), true),
        // What was chosen outside of the list says nothing of its members.
        (&outside, json!({"a": 1, "l": [{"k": 1}, {"v": "x"}]}), false),
        (&other_list, json!({"a": [{"k": "env"}], "b": [{"k": 1}, {"v": 1}]}), false),
        // A plain value in a list stands in none of its members.
        (&json!({"l": ["x"], "l.k": ["env"]}), json!({"l": ["x", {"k": "env"}]}), true),
    ];
    for (pattern, event, expected) in cases {
        assert_eq!(matches(pattern, &event), expected, "{pattern} on {event}");
    }
}

/// Lists of plain values beside other fields: each list is crushed, and hinders no other.
#[test]
fn lists_of_values() {
    let any = json!([{"exists": true}]);
    let cases = [
        (json!({"x": {"tags": any, "n": any}}), json!({"x": {"tags": ["a", "b"], "n": 1}}), true),
        (json!({"x": {"tags": any, "n": any}}), json!({"x": {"tags": [], "n": 1}}), false),
        (json!({"x": {"tags": any, "n": any}}), json!({"x": {"tags": ["a"], "n": [1]}}), true),
        (
            json!({"tags": any, "cats": any, "v": [1]}),
            json!({"tags": ["a", "b"], "cats": ["c"], "v": 1}),
            true,
        ),
        (
            json!({"tags": ["b"], "cats": ["c"]}),
            json!({"tags": ["a", "b"], "cats": ["c", "d"]}),
            true,
        ),
        (
            json!({"tags": [{"prefix": "ro"}], "n": any}),
            json!({"tags": ["x", "root"], "n": 1}),
            true,
        ),
        (json!({"tags": [{"suffix": "ot"}], "n": any}), json!({"tags": ["rot13"], "n": 1}), false),
        (
            json!({"tags": [{"anything-but": "a"}], "n": any}),
            json!({"tags": ["a", "b"], "n": 1}),
            true,
        ),
        (
            json!({"vals": [{"numeric": [">", 0, "<", 9]}], "n": any}),
            json!({"vals": [90, 5], "n": 1}),
            true,
        ),
        (
            json!({"a": {"b": {"vals": ["z"], "t": any}}}),
            json!({"a": {"b": {"vals": ["x", "z"], "t": 1}}}),
            true,
        ),
        (
            json!({"l": {"n": any}, "tags": ["b"]}),
            json!({"l": [{"n": 1}], "tags": ["a", "b"]}),
            true,
        ),
        (
            json!({"l": {"n": any, "m": any}, "tags": ["b"]}),
            json!({"l": [{"n": 1}, {"m": 1}], "tags": ["b"]}),
            false,
        ),
        (
            json!({"l": {"n": any, "m": any}}),
            json!({"l": [{"n": 1}, {"n": 2}, {"n": 3, "m": 4}]}),
            true,
        ),
        (
            json!({"l": {"n": any, "m": any, "o": any}}),
            json!({"l": [{"n": 1}, {"m": 2}, {"o": 3}]}),
            false,
        ),
        (json!({"l": {"n": any}, "v": ["2"]}), json!({"l": [{"n": 1}], "v": "1"}), false),
        (
            json!({"l": {"p": [{"numeric": ["<", 9]}], "n": any}}),
            json!({"l": [{"n": 1, "p": 5}, {"n": 2, "p": 90}]}),
            true,
        ),
        (
            json!({"l": {"p": [{"anything-but": "x"}], "n": ["a"]}}),
            json!({"l": [{"n": "a", "p": "x"}, {"n": "b", "p": "y"}]}),
            false,
        ),
        (json!({"l": {"n": any}}), json!({}), false),
        (json!({"l": {"n": any}}), json!({"l": []}), false),
        (
            json!({"l": {"n": any, "m": [{"exists": false}]}}),
            json!({"l": [{"n": 1, "m": 2}]}),
            false,
        ),
    ];
    for (pattern, event, expected) in cases {
        assert_eq!(matches(&pattern, &event), expected, "{pattern} on {event}");
    }
}
