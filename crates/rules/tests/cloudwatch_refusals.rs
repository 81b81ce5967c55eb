//! CloudWatch Logs filter patterns that are refused: where, why, and how to mend them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use aware_rules::cloudwatch;

/// Checks patterns, each with the column of its mistake and a part of what is told.
fn check(cases: &[(&str, u32, &str)]) {
    for (pattern, column, part) in cases {
        let Err(problem) = cloudwatch::compile_pattern("p", pattern) else {
            panic!("taken: {pattern}")
        };
        let told = problem.to_string();
        assert!(told.contains(part), "{pattern}: {told}");
        assert_eq!((problem.line, problem.column), (1, *column), "{pattern}: {told}");
    }
}

#[test]
fn conditions() {
    check(&[
        ("{ $.v EXISTS }", 7, "`EXISTS` (hint: `= *` asks"),
        ("{ $.v IS NOT NULL }", 7, "`IS NOT` does not exist"),
        ("{ $.v is null }", 7, "capitals"),
        ("{ $.v IS null }", 7, "in capitals"),
        ("{ $.v IS }", 7, "IS NULL"),
        ("{ $.v NOT NULL }", 7, "NOT EXISTS"),
        ("{ $.v LIKE \"a%\" }", 7, "%…%"),
        ("{ $.v IN (1, 2) }", 7, "`||`"),
        ("{ $.v == 1 }", 7, "one `=`"),
        ("{ $.v <> 1 }", 7, "`!=`"),
        ("{ $.v =~ \"a\" }", 7, "%…%"),
        ("{ !($.v = 1) }", 3, "no negation"),
        ("{ $.v > 0 AND $.v < 2 }", 11, "and is `&&`"),
        ("{ $.v = 0 or $.v = 2 }", 11, "or is `||`"),
        ("{ $.v = 0 & $.v = 2 }", 11, "and is `&&`"),
        ("{ \"v\": [1] }", 3, "EventBridge"),
        ("{ v = 1 }", 3, "`$.name`"),
        ("{ $.v > \"Alpha\" }", 9, "`>` needs a number"),
        ("{ $.v > \"1\" }", 9, "without quotes"),
        ("{ $.v >= 4* }", 10, "needs a number"),
        ("{ $.v = }", 9, "where a value is expected"),
        ("{ $.v }", 7, "a comparison"),
        ("{ }", 3, "a selector"),
        ("{ $.v = 1 && }", 14, "a selector"),
        ("{ ($.v = 1 }", 12, "`)`"),
        ("{ $.v = 1 ) }", 11, "`}`"),
        ("{ $.v = 1", 10, "pattern ends"),
        ("{ $.v = 1 } more", 13, "the pattern's end"),
        ("{ $.v = \"open }", 9, "quote without an end"),
        ("{ $.v = 'a' }", 9, "double quotes"),
        ("{ $.v = a b }", 11, "`&&`, `||` or `}`"),
        ("{ $.v = caf\u{e9} }", 12, "double quotes"),
        ("{ $.v = a$b }", 10, "double quotes"),
    ]);
}

#[test]
fn selectors() {
    check(&[
        ("{ $.a[*].* = 1 }", 9, "second wildcard"),
        ("{ $..a = 1 }", 5, "a field's name"),
        ("{ $ = 1 }", 3, "without a field"),
        ("{ $.a[-1] = 1 }", 7, "from 0"),
        ("{ $.a[0:2] = 1 }", 8, "`]`"),
        ("{ $.a['b'] = 1 }", 7, ".['name']"),
        ("{ $.['b = 1 }", 5, "closing"),
        ("{ $.[''] = 1 }", 5, "empty name"),
        ("{ $.a@b = 1 }", 6, ".['name']"),
        ("{ $.a[99999999999999999999] = 1 }", 7, "out of range"),
        ("{ $.a[*]=1 || $.b[*]=1 || $.c.*=1 || $.*=1 }", 38, "over 3 selectors"),
    ]);
}

#[test]
fn regular_expressions() {
    check(&[
        ("%ERR(OR)?%", 5, "no groups"),
        ("%a\\(b%", 3, "\\x28"),
        ("%hello!%", 7, "\\x21"),
        ("%caf\u{e9}%", 5, "only ASCII"),
        ("%a\\bc%", 3, "unknown escape"),
        ("%\\x4%", 2, "hexadecimal"),
        ("%[abc%", 2, "unclosed"),
        ("%*a%", 2, "regular expression"),
        ("%abc", 1, "closing `%`"),
        ("%%", 1, "empty"),
        ("%a% b", 5, "by itself"),
        ("a %b%", 3, "by itself"),
        ("%a{1000}{1000}%", 2, "over"),
        ("{ $.a = %a% || $.a = %b% || $.a = %c% }", 35, "over 2"),
        ("[a=%x%, b=%y%, c=%z%]", 18, "over 2"),
    ]);
}

#[test]
fn terms_and_fields() {
    check(&[
        ("ERROR: disk", 6, "double quotes"),
        ("aws.s3", 4, "double quotes"),
        ("ERR*", 4, "leave the `*` out"),
        ("A && B", 3, "side by side"),
        ("\"A\"B", 4, "in a term"),
        ("\"ERROR", 1, "quote without an end"),
        ("[a, ..., b, ...]", 13, "second field `...`"),
        ("[a, b, a]", 8, "second field `a`"),
        ("[a, b=1 || c=2]", 12, "joined by `,`"),
        ("[a = ]", 6, "a value"),
        ("[a b]", 4, "`,` or `]`"),
        ("[a, b", 6, "pattern ends"),
        ("[a] more", 5, "the pattern's end"),
        ("[a==1]", 3, "one `=`"),
        ("[a=1 AND a=2]", 6, "and is `&&`"),
        ("[(a=1]", 6, "`)`"),
        ("[$.a=1]", 2, "a field's name"),
    ]);
}

#[test]
fn length_depth_and_lines() {
    let long = format!("{{ $.v = {} }}", "a".repeat(1_016));
    let problem = cloudwatch::compile_pattern("p", &long).unwrap_err();
    assert_eq!((problem.line, problem.column), (1, 1_025));
    let most = format!("{{ $.v = {} }}", "a".repeat(1_014));
    assert!(cloudwatch::compile_pattern("p", &most).is_ok());
    let deep = format!("{{ {}$.v = 1 }}", "(".repeat(900));
    let problem = cloudwatch::compile_pattern("p", &deep).unwrap_err();
    assert!(problem.what.contains("parentheses"), "{problem}");
    let problem =
        cloudwatch::compile_pattern("watch `root`", "{ $.a = 1\n  && $.\u{e9} = 2 }").unwrap_err();
    assert_eq!((problem.line, problem.column), (2, 8));
    assert_eq!(problem.file, "watch `root`");
}
