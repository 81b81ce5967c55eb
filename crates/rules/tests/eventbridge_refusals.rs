//! EventBridge event patterns that are refused, as EventBridge refuses them, and with their place.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use aware_rules::eventbridge;
use proptest::prelude::*;

/// Checks what is told of each list of a field, which begins in column 7.
fn lists(cases: &[(&str, u32, &str)]) {
    for (list, column, part) in cases {
        let pattern = format!("{{\"f\": {list}}}");
        let Err(problem) = eventbridge::compile_pattern("p", &pattern) else {
            panic!("taken: {pattern}")
        };
        let told = problem.to_string();
        assert!(told.contains(part), "{pattern}: {told}");
        assert_eq!((problem.line, problem.column), (1, *column), "{pattern}: {told}");
    }
}

#[test]
fn shape() {
    lists(&[
        ("\"x\"", 7, "a string, not a list"),
        ("42", 7, "`[\"a\"]`"),
        ("null", 7, "not a list"),
        ("[]", 7, "empty list"),
        ("{}", 7, "empty object"),
        ("[[1]]", 8, "list in a list"),
        ("[{}]", 8, "without an operator"),
        ("[{\"prefix\": \"a\", \"suffix\": \"b\"}]", 24, "second operator"),
        ("[{\"prefix\": \"a\", \"prefix\": \"b\"}]", 24, "second operator"),
        ("[{\"PREFIX\": \"a\"}]", 9, "did you mean `prefix`?"),
        ("[{\"exist\": true}]", 9, "did you mean `exists`?"),
        ("[{\"regex\": \"a\"}]", 9, "one of prefix"),
        ("[1", 9, "`,` or `]`"),
        ("[1,]", 10, "a value"),
        ("['a']", 8, "a value"),
        ("[True]", 8, "`True`"),
    ]);
    for (pattern, part) in [
        ("[]", "not an object"),
        ("\"x\"", "not an object"),
        ("{}", "empty object"),
        ("{} {}", "after the pattern's end"),
        ("", "pattern ends"),
        ("{f: [1]}", "a name in quotes"),
    ] {
        let told = eventbridge::compile_pattern("p", pattern).unwrap_err().to_string();
        assert!(told.contains(part), "{pattern}: {told}");
    }
}

#[test]
fn operators() {
    lists(&[
        ("[{\"prefix\": 1}]", 19, "a string, not a number"),
        ("[{\"suffix\": [\"a\"]}]", 19, "a string, not a list"),
        ("[{\"prefix\": {\"prefix\": \"a\"}}]", 20, "equals-ignore-case"),
        ("[{\"prefix\": {\"equals-ignore-case\": 1}}]", 42, "not a number"),
        ("[{\"equals-ignore-case\": [\"a\"]}]", 31, "not a list"),
        ("[{\"wildcard\": 1}]", 21, "not a number"),
        ("[{\"wildcard\": \"a**\"}]", 21, "`**`"),
        ("[{\"wildcard\": \"a\\\\b\"}]", 21, "unknown escape"),
        ("[{\"wildcard\": \"a\\\\\"}]", 21, "unknown escape"),
        ("[{\"wildcard\": \"*:*:*:*:*:bus/*\"}]", 7, "too complex"),
        ("[{\"exists\": \"true\"}]", 19, "true or false"),
        ("[{\"exists\": null}]", 19, "true or false"),
        ("[{\"cidr\": \"10.0.0.0\"}]", 17, "no mask"),
        ("[{\"cidr\": \"10.0.0.0/33\"}]", 17, "CIDR notation"),
        ("[{\"cidr\": \"10.0.0.1/32\"}]", 17, "single address"),
        ("[{\"cidr\": \"10.0.0.0/+8\"}]", 17, "CIDR notation"),
        ("[{\"cidr\": \"10.0.0/8\"}]", 17, "CIDR notation"),
        ("[{\"cidr\": \"::/128\"}]", 17, "single address"),
        ("[{\"cidr\": \"::ffff:10.0.0.0/104\"}]", 17, "half as IPv4"),
        ("[{\"cidr\": 10}]", 17, "not a number"),
    ]);
}

#[test]
fn numeric() {
    lists(&[
        ("[{\"numeric\": 5}]", 20, "takes a list"),
        ("[{\"numeric\": []}]", 20, "empty `numeric`"),
        ("[{\"numeric\": [5]}]", 21, "unknown comparison"),
        ("[{\"numeric\": [\"!=\", 5]}]", 21, "one of ="),
        ("[{\"numeric\": [\"=\"]}]", 21, "without a number"),
        ("[{\"numeric\": [\"=\", \"5\"]}]", 26, "not a string"),
        ("[{\"numeric\": [\"=\", 5, \"<\", 6]}]", 29, "too many"),
        ("[{\"numeric\": [\"<\", 5, \">\", 0]}]", 29, "lower end"),
        ("[{\"numeric\": [\">\", 0, \">\", 5]}]", 29, "`<` or `<=`"),
        ("[{\"numeric\": [\">\", 5, \"<\", 5]}]", 29, "not below"),
        ("[{\"numeric\": [\">\", 0, \"<\", 5, \"<\", 6]}]", 37, "too many"),
        ("[{\"numeric\": [\">\", 0, 5]}]", 29, "unknown comparison"),
        ("[{\"numeric\": [\">\", 5000000001]}]", 26, "range"),
    ]);
}

#[test]
fn anything_but() {
    lists(&[
        ("[{\"anything-but\": null}]", 25, "not null"),
        ("[{\"anything-but\": true}]", 25, "not a boolean"),
        ("[{\"anything-but\": []}]", 25, "empty list"),
        ("[{\"anything-but\": [\"a\", 1]}]", 31, "only strings"),
        ("[{\"anything-but\": [\"a\", null]}]", 31, "only strings"),
        ("[{\"anything-but\": [{\"prefix\": \"a\"}]}]", 26, "an object in the list"),
        ("[{\"anything-but\": {}}]", 25, "without an operator"),
        ("[{\"anything-but\": {\"prefix\": \"\"}}]", 36, "empty `prefix`"),
        ("[{\"anything-but\": {\"suffix\": [\"a\", \"\"]}}]", 42, "empty `suffix`"),
        ("[{\"anything-but\": {\"prefix\": 1}}]", 36, "not a number"),
        ("[{\"anything-but\": {\"suffix\": [\"a\", null]}}]", 42, "not null"),
        (
            "[{\"anything-but\": {\"prefix\": {\"equals-ignore-case\": \"a\"}}}]",
            36,
            "not an object",
        ),
        ("[{\"anything-but\": {\"wildcard\": \"a**\"}}]", 38, "`**`"),
        ("[{\"anything-but\": {\"equals-ignore-case\": [1]}}]", 49, "not a number"),
        ("[{\"anything-but\": {\"numeric\": [\"=\", 1]}}]", 26, "inside `anything-but`"),
        ("[{\"anything-but\": {\"Prefix\": \"a\"}}]", 26, "did you mean `prefix`?"),
        ("[{\"anything-but\": {\"prefix\": \"a\", \"suffix\": \"b\"}}]", 41, "second operator"),
        ("[{\"anything-but\": 5e9}, {\"anything-but\": 6e9}]", 48, "range"),
    ]);
}

#[test]
fn either_or() {
    for (pattern, column, part) in [
        (r#"{"$or": {"a": [1]}}"#, 9, "takes a list"),
        (r#"{"$or": [{"a": [1]}]}"#, 9, "at least two"),
        (r#"{"$or": [{"a": [1]}, 2]}"#, 22, "a number in `$or`"),
        (r#"{"$or": [{"a": [1]}, {}]}"#, 22, "empty object"),
        (r#"{"$or": [{"a": [1]}, {"prefix": ["x"]}]}"#, 23, "`prefix` as a field"),
        (r#"{"$or": [{"a": [1]}, {"b": {"numeric": [1]}}]}"#, 29, "`numeric` as a field"),
    ] {
        let problem = eventbridge::compile_pattern("p", pattern).unwrap_err();
        assert!(problem.to_string().contains(part), "{pattern}: {problem}");
        assert_eq!((problem.line, problem.column), (1, column), "{pattern}: {problem}");
    }
    let or = |name: &str, count: usize| {
        let parts: Vec<String> = (0..count).map(|n| format!("{{\"{name}{n}\": [1]}}")).collect();
        format!("\"$or\": [{}]", parts.join(", "))
    };
    let most = format!("{{{}, \"x\": {{{}}}}}", or("a", 40), or("b", 25));
    assert!(eventbridge::compile_pattern("p", &most).is_ok());
    let many = format!("{{{}, \"x\": {{{}}}}}", or("a", 40), or("b", 26));
    let problem = eventbridge::compile_pattern("p", &many).unwrap_err();
    assert!(problem.what.contains("over 1000"), "{problem}");
}

#[test]
fn places_over_lines() {
    let pattern = "{\n  \"detail\": {\n    \"eventName\": \"StopLogging\"\n  }\n}";
    let problem = eventbridge::compile_pattern("rules/x.json", pattern).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "rules/x.json:3:18: `eventName` is a string, not a list or an object \
         (hint: values must be in a list, even a single one: `[\"a\"]`)"
    );
}

#[test]
fn hostile_patterns_end() {
    let deep = "{\"a\":".repeat(10_000);
    assert!(eventbridge::compile_pattern("p", &deep).is_err());
    let long = format!("{{\"a\": [\"{}\"]}}", "x".repeat(70_000));
    assert!(eventbridge::compile_pattern("p", &long).unwrap_err().what.contains("bytes"));
    let fields: Vec<String> = (0..2_000).map(|n| format!("\"f{n}\": [1]")).collect();
    let or: Vec<String> = (0..900).map(|n| format!("{{\"o{n}\": [1]}}")).collect();
    let wide = format!("{{{}, \"$or\": [{}]}}", fields.join(","), or.join(","));
    assert!(eventbridge::compile_pattern("p", &wide).unwrap_err().what.contains("fields"));
    let either: Vec<String> =
        (0..40).map(|n| format!("\"f{n}\": [1, {{\"exists\": false}}]")).collect();
    assert!(eventbridge::compile_pattern("p", &format!("{{{}}}", either.join(","))).is_ok());
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused_with_a_place(text in "\\PC{0,40}") {
        if let Err(problem) = eventbridge::compile_pattern("p", &text) {
            prop_assert!(problem.line >= 1 && problem.column >= 1, "{problem}");
        }
    }

    #[test]
    fn patterns_that_are_nearly_right(
        text in "\\{\"(a|\\$or|detail|source)\": [\\[{]( ?(\"(a|prefix|numeric|>|anything-but|exists|wildcard|\\*)\"|[0-9]|[\\[\\]{}:,]|true|null)){0,14}[\\]}]{0,4}",
    ) {
        let _ = eventbridge::compile_pattern("p", &text);
        let _ = eventbridge::compile_for_record("p", &text);
    }
}
