//! What Sigma's modifiers, values and conditions match, and what they do not.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::sigma::{PlaceholderValues, load_rules};
use serde_json::{Value, json};

fn placeholders() -> PlaceholderValues {
    PlaceholderValues::from([
        ("admins".to_owned(), vec!["alice".to_owned(), "bob-*".to_owned()]),
        ("networks".to_owned(), vec!["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()]),
        ("nobody".to_owned(), vec![]),
        ("dots".to_owned(), vec!["a.c".to_owned()]),
    ])
}

/// Checks which events a `detection` matches.
#[track_caller]
fn check(detection: &str, hits: &[Value], misses: &[Value]) {
    let indented: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    let rule = format!(
        "title: t\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n{indented}"
    );
    let loaded = load_rules([("t.yml", &rule)], &placeholders());
    assert!(loaded.problems.is_empty(), "{:#?}\n{rule}", loaded.problems);
    let [rule] = loaded.rules.as_slice() else { panic!("{rule}") };
    for (events, expected) in [(hits, true), (misses, false)] {
        for event in events {
            let met = evaluators::matches(&rule.expr, &event.to_string());
            assert_eq!(met, expected, "{detection}\n{event}\n{:#?}", rule.expr);
        }
    }
}

/// Checks what `requestParameters.x` with modifiers and values matches, by the value in the event.
#[track_caller]
fn field(modifiers: &str, values: &str, hits: &[Value], misses: &[Value]) {
    let detection = format!("sel:\n  'requestParameters.x{modifiers}': {values}\ncondition: sel");
    let event = |value: &Value| json!({"requestParameters": {"x": value}});
    check(
        &detection,
        &hits.iter().map(event).collect::<Vec<_>>(),
        &misses.iter().map(event).collect::<Vec<_>>(),
    );
}

#[test]
fn plain_values() {
    let alice = [json!("alice"), json!("ALICE"), json!(["bob", "Alice"])];
    field("", "Alice", &alice, &[json!("alice2"), json!(null), json!("")]);
    field("", "[a, b]", &[json!("a"), json!("B")], &[json!("ab"), json!("c")]);
    field(
        "",
        "42",
        &[json!(42), json!("42"), json!(42.0)],
        &[json!("421"), json!(43), json!(null)],
    );
    field("", "'42'", &[json!(42), json!("42")], &[json!(43)]);
    field("", "-1.5", &[json!(-1.5), json!("-1.5")], &[json!(1.5), json!(-1)]);
    field("", "012345678901", &[json!("012345678901")], &[json!("12345678901")]);
    let (big, near) = (9_007_199_254_740_993_u64, 9_007_199_254_740_992_u64);
    field("", &big.to_string(), &[json!(big)], &[json!(near)]);
    for truth in ["true", "True", "'true'", "'True'"] {
        field("", truth, &[json!(true), json!("true"), json!("TRUE")], &[json!(false), json!("t")]);
    }
    field("", "'false'", &[json!(false), json!("False")], &[json!(true), json!(null)]);
    field("", "yes", &[json!("yes")], &[json!(true)]);
}

#[test]
fn escapes_and_wildcards() {
    field("", "'a*c'", &[json!("abbc"), json!("ac")], &[json!("acd")]);
    field("", "'a?c'", &[json!("abc"), json!("a\u{e9}c")], &[json!("ac")]);
    field("", r"'a\*c'", &[json!("a*c")], &[json!("abc")]);
    field("", r"'a\?c'", &[json!("a?c")], &[json!("abc")]);
    field("", r"'a\\*'", &[json!(r"a\b")], &[json!("a*"), json!("ab")]);
    field("", r"'a\\\*'", &[json!(r"a\*")], &[json!(r"a\b")]);
    field("", r"'C:\dir\'", &[json!(r"c:\DIR\")], &[json!(r"c:dir\")]);
    field("", r"'a\\b'", &[json!(r"a\b")], &[json!(r"a\\b")]);
    field("", "'*'", &[json!("x"), json!(""), json!(1)], &[json!(null), json!({})]);
}

#[test]
fn null_empty_and_exists() {
    let event = |value: Value| json!({"requestParameters": {"x": value}});
    let none = json!({"requestParameters": null});
    let is = |text: &str| format!("sel:\n  requestParameters.x{text}\ncondition: sel");
    check(&is(": null"), &[event(json!(null)), none.clone(), json!({})], &[event(json!(""))]);
    check(&is(":"), &[event(json!(null)), json!({})], &[event(json!("x"))]);
    check(&is(": ''"), &[event(json!(""))], &[event(json!(null)), json!({}), event(json!("x"))]);
    check(&is(": [null, '']"), &[event(json!("")), json!({})], &[event(json!("x"))]);
    check(
        &is("|exists: true"),
        &[event(json!(null)), event(json!("")), event(json!({})), event(json!([]))],
        &[json!({}), none.clone()],
    );
    check(&is("|exists: false"), &[json!({}), none], &[event(json!(null)), event(json!(0))]);
}

#[test]
fn positions() {
    field("|startswith", "Ab", &[json!("abc"), json!("AB")], &[json!("xab")]);
    field("|endswith", "[Ab, yz]", &[json!("xab"), json!("YZ")], &[json!("abc")]);
    field("|contains", "Ab", &[json!("xabx"), json!(["", "ab"])], &[json!("a b"), json!(null)]);
    field("|contains", "22", &[json!(4221), json!("x22")], &[json!(2)]);
    field("|contains", "'a*c'", &[json!("xabcx")], &[json!("xca")]);
    field("|contains", "'*'", &[json!(""), json!("x"), json!(false)], &[json!(null)]);
    field("|contains|all", "[a, b]", &[json!("xbax"), json!(["a", "b"])], &[json!("a")]);
    field("|all|contains", "[a, b]", &[json!("ab")], &[json!("a"), json!("b")]);
    field("|startswith|cased", "Ab", &[json!("Abc")], &[json!("abc")]);
}

#[test]
fn objects_match_by_their_leaves() {
    check(
        "sel:\n  requestParameters|contains: Suspended\ncondition: sel",
        &[json!({"requestParameters": {"V": {"Status": "suspended"}}})],
        &[
            json!({"requestParameters": {"Suspended": "no"}}),
            json!({"responseElements": "Suspended"}),
        ],
    );
    check(
        "sel:\n  requestParameters.items.name: b\ncondition: sel",
        &[json!({"requestParameters": {"items": [{"name": "a"}, {"name": "b"}]}})],
        &[json!({"requestParameters": {"items": [{"name": "a"}, {"other": "b"}]}})],
    );
}

#[test]
fn cased_and_neq() {
    field("|cased", "Alice", &[json!("Alice")], &[json!("alice")]);
    field("|neq", "a", &[json!("b"), json!(null)], &[json!("a"), json!("A"), json!(["b", "a"])]);
    field("|neq", "[a, b]", &[json!("c")], &[json!("a"), json!("b")]);
    field("|neq", "5", &[json!(6), json!("x")], &[json!(5), json!("5")]);
    field("|contains|neq", "a", &[json!("xyz")], &[json!("xay")]);
    field("|neq|cased", "A", &[json!("a")], &[json!("A")]);
    field("|cidr|neq", "10.0.0.0/8", &[json!("192.0.2.1")], &[json!("10.1.1.1")]);
}

#[test]
fn regular_expressions() {
    field("|re", "'b+c'", &[json!("abbcd")], &[json!("aBBcd"), json!("ac")]);
    field("|re", "'^[0-9]{3}$'", &[json!(123), json!("456")], &[json!(1234)]);
    for flag in ["i", "ignorecase"] {
        field(&format!("|re|{flag}"), "'b+c'", &[json!("aBBc")], &[json!("ac")]);
    }
    for flag in ["m", "multiline"] {
        field(&format!("|re|{flag}"), "'^b$'", &[json!("a\nb\nc")], &[json!("ab")]);
    }
    for flag in ["s", "dotall"] {
        field(&format!("|re|{flag}"), "'a.c'", &[json!("a\nc")], &[json!("ac")]);
    }
    field("|re|i|s|m", "'^A.c$'", &[json!("x\na\nC")], &[json!("xa\nC")]);
    field("|re|contains", "'b|c'", &[json!("abd")], &[json!("a")]);
    field("|re|all", "['a', 'b']", &[json!("xba")], &[json!("a")]);
    field("|re|expand", "'^%dots%$'", &[json!("a.c")], &[json!("abc")]);
    field("|re|neq", "'^a'", &[json!("ba")], &[json!("ab")]);
}

#[test]
fn encodings() {
    field("|base64", "foobar", &[json!("Zm9vYmFy")], &[json!("foobar"), json!("xZm9vYmFy")]);
    field("|base64|contains", "foobar", &[json!("x Zm9vYmFy")], &[json!("Zm9v")]);
    // `xfoobar`, `xxfoobar` and `xxxfoobar`, encoded.
    field(
        "|base64offset|contains",
        "foobar",
        &[json!("eGZvb2Jhcg=="), json!("eHhmb29iYXI="), json!("eHh4Zm9vYmFy")],
        &[json!("foobar"), json!("eGZvbw==")],
    );
    field("|base64|cased", "foobar", &[json!("Zm9vYmFy")], &[json!("zm9vymfy")]);
    for wide in ["utf16le", "wide"] {
        field(&format!("|{wide}|base64"), "cmd", &[json!("YwBtAGQA")], &[json!("Y21k")]);
    }
    field("|utf16be|base64", "cmd", &[json!("AGMAbQBk")], &[json!("YwBtAGQA")]);
    field("|utf16|base64", "cmd", &[json!("//5jAG0AZAA=")], &[json!("YwBtAGQA")]);
    field("|wide|base64offset|contains", "cmd", &[json!("xxYwBtAGQA")], &[json!("Y21k")]);
    field("|wide", "'a*'", &[json!("a\0b")], &[json!("ab")]);
    field("|utf16", "ab", &[json!("\u{feff}a\0b\0")], &[json!("a\0b\0")]);
    field("|utf16be|contains", "ab", &[json!("x\0a\0b")], &[json!("ab")]);
}

#[test]
fn dashes_of_options() {
    field(
        "|windash|contains",
        "' -f '",
        &[json!("x -f y"), json!("x /f y"), json!("x \u{2013}F y"), json!("x \u{2015}f y")],
        &[json!("x f y"), json!("x-f y")],
    );
    field("|contains|windash", "'/a-b'", &[json!("-a-b"), json!("/a-b")], &[json!("-a/b")]);
    field("|windash|contains|all", "['-a', '-b']", &[json!("/a \u{2014}b")], &[json!("/a b")]);
}

#[test]
fn numbers_compare() {
    field("|lt", "5", &[json!(4), json!("4.5")], &[json!(5), json!("x"), json!(null)]);
    field("|lte", "5", &[json!(5), json!("5")], &[json!(5.1)]);
    field("|gt", "5", &[json!(6), json!([1, 7])], &[json!(5)]);
    field("|gte", "-0.5", &[json!(-0.5), json!(0)], &[json!(-1)]);
    field("|gt|neq", "5", &[json!(5), json!("x")], &[json!(6)]);
}

#[test]
fn parts_of_times() {
    let time = [json!("2026-11-24T23:54:00Z")];
    for (part, value, other) in [
        ("minute", 54, 53),
        ("hour", 23, 22),
        ("day", 24, 25),
        ("week", 48, 47),
        ("month", 11, 10),
        ("year", 2026, 2025),
    ] {
        let modifier = format!("|{part}");
        field(&modifier, &value.to_string(), &time, &[json!("2020")]);
        field(&modifier, &other.to_string(), &[], &time);
    }
    field("|hour|gte", "22", &time, &[json!("2026-11-24T21:59:59Z")]);
    field("|hour|neq", "23", &[json!("2026-11-24T22:00:00Z")], &time);
    field("|hour", "[22, 23]", &time, &[json!("2026-11-24T21:00:00Z")]);
}

#[test]
fn networks_and_placeholders() {
    field("|cidr", "10.0.0.0/8", &[json!("10.9.9.9")], &[json!("11.0.0.1"), json!("x"), json!(10)]);
    field("|cidr", "['10.0.0.0/8', '2001:db8::/32']", &[json!("2001:db8::1")], &[json!("::1")]);
    field("|cidr|expand", "'%networks%'", &[json!("10.0.0.1")], &[json!("192.0.2.1")]);
    let admins = [json!("Alice"), json!("bob-1")];
    field("|expand", "'%admins%'", &admins, &[json!("bob"), json!("%admins%")]);
    field("|expand|endswith", "'/%admins%'", &[json!("user/alice")], &[json!("alice")]);
    field("|expand", "'%nobody%'", &[], &[json!(""), json!("%nobody%")]);
    field("|expand|neq", "'%nobody%'", &[json!("x")], &[]);
    field("", "'%admins%'", &[json!("%admins%")], &[json!("alice")]);
}

#[test]
fn other_fields() {
    let event = |arn: &str, name: &str| json!({"userIdentity": {"arn": arn}, "requestParameters": {"userName": name}});
    let refers = |modifiers: &str| {
        format!(
            "sel:\n  userIdentity.arn|fieldref{modifiers}: requestParameters.userName\n\
             condition: sel"
        )
    };
    check(&refers(""), &[event("a", "A")], &[event("a", "b"), json!({})]);
    check(&refers("|endswith"), &[event("arn:x/alice", "alice")], &[event("arn:x/alice", "al")]);
    check(&refers("|startswith"), &[event("abc", "ab")], &[event("abc", "bc")]);
    check(&refers("|contains"), &[event("abc", "b")], &[event("abc", "d")]);
    check(&refers("|neq"), &[event("a", "b"), json!({})], &[event("a", "a")]);
    check(&refers("|cased"), &[event("a", "a")], &[event("a", "A")]);
}

#[test]
fn keywords() {
    let event = |value: Value| json!({"requestParameters": {"x": [{"y": value}]}});
    check(
        "keywords: [Secret, 'p?ss']\ncondition: keywords",
        &[event(json!("my SECRET")), event(json!("a pass b")), json!({"eventName": "secrets"})],
        &[event(json!("pss")), event(json!(null)), json!({"secret": 1})],
    );
    check(
        "keywords:\n  '|all': [a, b]\ncondition: keywords",
        &[event(json!("ba")), json!({"eventName": "xa", "eventSource": "xb"})],
        &[event(json!("a"))],
    );
    check("k: word\ncondition: k", &[event(json!("a word"))], &[event(json!("w"))]);
    check("k: [42]\ncondition: k", &[event(json!(1425))], &[event(json!(4))]);
    check("k:\n  '|re': '^a+$'\ncondition: k", &[event(json!("aa"))], &[event(json!("ab"))]);
    check("k:\n  '|cased': A\ncondition: k", &[event(json!("xAx"))], &[event(json!("xax"))]);
    check(
        "k: [word, {eventName: x}]\ncondition: k",
        &[event(json!("word")), json!({"eventName": "X"})],
        &[event(json!("x"))],
    );
}

#[test]
fn maps_and_lists_of_maps() {
    let event = |name: &str, source: &str| json!({"eventName": name, "eventSource": source});
    check(
        "sel:\n  eventName: [a, b]\n  eventSource: s\ncondition: sel",
        &[event("a", "s"), event("b", "S")],
        &[event("a", "t"), event("c", "s")],
    );
    check(
        "sel:\n  - eventName: a\n    eventSource: s\n  - eventName: b\ncondition: sel",
        &[event("a", "s"), event("b", "t")],
        &[event("a", "t")],
    );
}

#[test]
fn conditions() {
    let event = |text: &str| json!({"requestParameters": {"x": text}});
    let selection =
        |name: &str, needle: &str| format!("{name}:\n  requestParameters.x|contains: {needle}\n");
    let selections = [("sa", "a"), ("sb", "b"), ("sc", "c"), ("_sd", "d")]
        .map(|(name, needle)| selection(name, needle))
        .concat();
    for (condition, hits, misses) in [
        ("sa", vec!["a"], vec!["b", "d"]),
        ("sa and sb", vec!["ab"], vec!["a", "b"]),
        ("sa or sb", vec!["a", "b"], vec!["c"]),
        ("sa AND NOT sb", vec!["a", "ac"], vec!["ab", "c"]),
        ("sa or sb and sc", vec!["a", "bc"], vec!["b", "c"]),
        ("(sa or sb) and sc", vec!["ac", "bc"], vec!["a", "bd"]),
        ("not sa and sb", vec!["b"], vec!["ab", "c"]),
        ("not (sa and sb)", vec!["a", "b", "c"], vec!["ab"]),
        ("not not sa", vec!["a"], vec!["b"]),
        ("1 of s*", vec!["a", "b", "c"], vec!["d"]),
        ("any of s*", vec!["a"], vec!["d"]),
        ("all of s*", vec!["abc"], vec!["abd"]),
        ("1 of them", vec!["a", "c"], vec!["d"]),
        ("all of them", vec!["abc"], vec!["ab"]),
        ("any of them", vec!["b"], vec!["d"]),
        ("'1 of *'", vec!["d"], vec!["e"]),
        ("all of _s*", vec!["d"], vec!["abc"]),
        ("1 of sa", vec!["a"], vec!["b"]),
        ("sa and not 1 of sb*", vec!["a"], vec!["ab"]),
        ("sa and not all of s*", vec!["ab"], vec!["abc"]),
        ("_sd and not sa", vec!["d"], vec!["ad"]),
        ("[sa and sb, sc]", vec!["ab", "c"], vec!["a"]),
    ] {
        let hits: Vec<_> = hits.into_iter().map(event).collect();
        let misses: Vec<_> = misses.into_iter().map(event).collect();
        check(&format!("{selections}condition: {condition}"), &hits, &misses);
    }
}
