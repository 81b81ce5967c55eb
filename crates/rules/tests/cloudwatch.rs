//! CloudWatch Logs filter patterns: every example of AWS's "Filter pattern syntax" page, on events
//! and lines of our own, and the quirks that are known of it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::cloudwatch;

/// Whether a pattern matches a line, which is JSON or is not.
fn matches(pattern: &str, line: &str) -> bool {
    let expr =
        cloudwatch::compile_pattern("test", pattern).unwrap_or_else(|problem| panic!("{problem}"));
    evaluators::matches(&expr, line)
}

/// Checks patterns, each with the indexes of the lines that it matches.
fn check(lines: &[&str], cases: &[(&str, &[usize])]) {
    for (pattern, expected) in cases {
        let found: Vec<usize> =
            (0..lines.len()).filter(|index| matches(pattern, lines[*index])).collect();
        assert_eq!(found, *expected, "{pattern}");
    }
}

#[test]
fn terms() {
    let lines = [
        "[WARN 301] LOGIN SLOW",
        "[WARN 302] LOGIN DENIED",
        "[WARN 419] TOKEN EXPIRED",
        "[NOTE] LOGIN DONE",
        "DISK NEARLY FULL",
        "warn: login",
    ];
    check(
        &lines,
        &[
            ("WARN", &[0, 1, 2]),
            ("WARN TOKEN", &[2]),
            ("?WARN ?DISK", &[0, 1, 2, 4]),
            ("?WARN ?DISK LOGIN", &[0, 1, 3]),
            ("?LOGIN -WARN", &[3, 4, 5]),
            ("\"LOGIN DENIED\"", &[1]),
            ("WARN -TOKEN", &[0, 1]),
            ("\"WARN\" - \"TOKEN\"", &[0, 1]),
            ("-WARN -\"NEARLY FULL\"", &[3, 5]),
            ("\" \"", &[0, 1, 2, 3, 4, 5]),
            ("\"\"", &[0, 1, 2, 3, 4, 5]),
            ("", &[0, 1, 2, 3, 4, 5]),
            ("LOG IN", &[0, 1, 3]),
            ("log", &[5]),
        ],
    );
    assert!(matches(r#""say \"yes\" \\o/""#, r#"they say "yes" \o/ loudly"#));
}

#[test]
fn regular_expressions() {
    let cases = [
        ("%CEPT%", "[200] ACCEPTED", true),
        ("%CEPT%", "[200] DONE", false),
        ("%^[bc]ow%", "cow and sheep", true),
        ("%^[bc]ow%", "a cow", false),
        ("%[bc]ow$%", "take a bow", true),
        ("%[bc]ow$%", "bow down", false),
        ("%harbou?r%", "harbor", true),
        ("%harbou?r%", "harbour", true),
        ("%[xyz]%", "lazy", true),
        ("%[a-f0]%", "0", true),
        ("%^[a-f0]%", "g", false),
        ("%^o{2,4}$%", "ooo", true),
        ("%^o{2,4}$%", "o", false),
        ("%^o{,2}$%", "oo", true),
        ("%^o{2,}$%", "oooooo", true),
        ("%tea|coffee%", "coffee please", true),
        ("%^up|^shutting down%", "shutting down now", true),
        ("%^up|^shutting down%", "now going up", false),
        ("%xyz|xy[^z]%", "xya", true),
        (r"%\[.\]%", "see [7]", true),
        (r"%\[.\]%", "see [77]", false),
        (r"%192\.0\.2\.1%", "from 192.0.2.1", true),
        (r"%192\.0\.2\.1%", "from 1920020-1", false),
        ("%lo*t%", "lt", true),
        ("%lo+t%", "lt", false),
        ("%lo+t%", "loot", true),
        ("%.og%", "#og", true),
        (r"%^\d\D$%", "4x", true),
        (r"%^\d$%", "٣", false),
        (r"%a\sb\S%", "a\tbc", true),
        (r"%^\w\W$%", "_-", true),
        (r"%^\w$%", "é", false),
        (r"%^[\d\s]+$%", "1 2", true),
        (r"%\x3A\x28%", "a:(b", true),
        (r"%a\-b\/c%", "a-b/c", true),
    ];
    for (pattern, line, expected) in cases {
        assert_eq!(matches(pattern, line), expected, "{pattern} on {line}");
    }
}

const TRAIL: &str = r#"{"eventName": "StopLogging", "sourceIPAddress": "198.51.100.7",
    "list": ["left", "right hand"], "objects": [{"k": "x", "n": 1}, {"k": "y", "n": 2}],
    "nothing": null, "flag": true, "off": false, "dotted.name": "d", "dotted": {"name": "n"}}"#;

#[test]
fn fields_of_json() {
    let cases = [
        (r#"{ $.eventName = "StopLogging" }"#, true),
        (r#"{ $.eventName = "stoplogging" }"#, false),
        ("{ $.eventName = StopLogging }", true),
        ("{$.eventName=Stop*}", true),
        (r#"{ $.eventName = "*op*ging" }"#, true),
        (r#"{ $.eventName = "*op*gin" }"#, false),
        ("{ $.sourceIPAddress != 203.0.* }", true),
        ("{ $.sourceIPAddress != 198.51.* }", false),
        (r#"{ $.list[0] = "left" }"#, true),
        (r#"{ $.list[1] = "left" }"#, false),
        (r#"{ $.list[7] = "left" }"#, false),
        (r#"{ $.eventName[0] = "StopLogging" }"#, false),
        ("{ $.objects[1].n = 2 }", true),
        ("{ $.objects[0].n = 2 }", false),
        ("{ $.objects[*].n = 2 }", true),
        ("{ $.objects.n = 2 }", false),
        ("{ $.eventName = %Log% }", true),
        ("{ $.eventName != %Log% }", false),
        ("{ $.eventName = %^Log% }", false),
        ("{ $.list[*] = %ri.{2}t% }", true),
        (r"{ $.* = %198\.51\.100\.[0-9]{1,3}% }", true),
        ("{ $.*.name = n }", true),
        (r#"{ $.['dotted.name'] = "d" }"#, true),
        (r#"{ $.dotted.name = "n" }"#, true),
        (r#"{ $.dotted.name = "d" }"#, false),
        ("{ $.nothing IS NULL }", true),
        ("{ $.eventName IS NULL }", false),
        ("{ $.absent IS NULL }", false),
        ("{ $.absent NOT EXISTS }", true),
        ("{ $.nothing NOT EXISTS }", false),
        ("{ $.list NOT EXISTS }", false),
        ("{ $.flag IS TRUE }", true),
        ("{ $.off IS FALSE }", true),
        ("{ $.off IS TRUE }", false),
        ("{ $.eventName IS TRUE }", false),
        ("{ $.eventName = * }", true),
        (r#"{ $.eventName = "*" }"#, true),
        ("{ $.absent = * }", false),
        ("{ $.list = left }", false),
        ("{ $.list != left }", false),
        ("{ $.dotted != x }", false),
        (r#"{ $.absent != "Yes" }"#, false),
        (r#"{ $.eventName != "Yes" }"#, true),
    ];
    for (pattern, expected) in cases {
        assert_eq!(matches(pattern, TRAIL), expected, "{pattern}");
    }
}

#[test]
fn numbers_of_json() {
    let event = r#"{"rate": 80, "cost": 49.5, "code": 404, "list": [1000, -3], "text": "404"}"#;
    let cases = [
        ("{ $.rate > 75 }", true),
        ("{ $.rate > 80 }", false),
        ("{ $.cost < 50 }", true),
        ("{ $.rate >= 80 }", true),
        ("{ $.rate <= 79.9 }", false),
        ("{ $.code = 404}", true),
        ("{ $.code = 404.0 }", true),
        ("{ $.code != 500 }", true),
        ("{ $.code != 404 }", false),
        ("{ $.list[0] = 1e+3 }", true),
        ("{ $.list[0] != 1e-3 }", true),
        ("{ $.list[0] < 10e3 }", true),
        ("{ $.list[1] < +1 }", true),
        ("{ $.list[1] = -3 }", true),
        ("{ $.code = 4* }", true),
        ("{ $.code = 5* }", false),
        ("{ $.text = 404 }", false),
        ("{ $.text > 1 }", false),
        (r#"{ $.text = "404" }"#, true),
        (r#"{ $.code = "404" }"#, false),
        ("{ $.absent < 1 }", false),
    ];
    for (pattern, expected) in cases {
        assert_eq!(matches(pattern, event), expected, "{pattern}");
    }
}

#[test]
fn compound_conditions() {
    let event = r#"{"who": {"n": 7, "mail": "ann@example.org"}, "verbs": ["GET", "PUT", "HEAD"],
        "all": [{"n": 8, "mail": "bo@example.org"}], "grid": [[0, 1], [2, 3]]}"#;
    let cases = [
        (r#"{ ($.who.n = 7) && ($.all[0].mail = "bo@example.org") }"#, true),
        (r#"{ $.who.mail = "ann@example.org" || $.grid[0][1] = no && $.verbs[2] = no }"#, true),
        (r#"{ ($.who.mail = "ann@example.org" || $.grid[0][1] = no) && $.verbs[2] = no }"#, false),
        (r#"{ ($.who.n = 8 && $.all[0].mail = "no") || $.verbs[2] = "GET" }"#, false),
        ("{ $.grid[1][0] = 2 }", true),
        ("{ (($.who.n = 7)) }", true),
        ("{\n  $.who.n = 7\n  && $.verbs[0] = GET\n}", true),
        ("{$.who.n=7&&$.verbs[0]=GET||$.who.n=0}", true),
    ];
    for (pattern, expected) in cases {
        assert_eq!(matches(pattern, event), expected, "{pattern}");
    }
}

#[test]
fn what_is_no_json_has_no_fields() {
    for line in ["eventName=StopLogging", "[1, 2]", ""] {
        assert!(!matches("{ $.eventName = * }", line), "{line}");
    }
}

#[test]
fn space_delimited() {
    let lines = [
        r#"192.0.2.7 Prod ann [10/Oct/2026:13:25:15 -0700] "GET /a.html HTTP/1.0" 404 1534"#,
        r#"192.0.2.8 Prod bo [10/Oct/2026:13:25:16 -0700] "POST /b HTTP/1.0" 410 12"#,
        r#"192.0.2.99 - - [10/Oct/2026:13:25:17 -0700] "GET /c.html HTTP/1.0" 200 9000"#,
        "404 12",
    ];
    let cases: [(&str, &[usize]); 14] = [
        (r"[ip=%192\.0\.2\.[1-9]$%, user, name, time, request =*.html*, status = 4*, bytes]", &[0]),
        ("[..., request =*.html*, status = 4*, bytes]", &[0]),
        ("[ip, user, name, time, request, status = 404 || status = 410, bytes]", &[0, 1]),
        ("[ip, user, name, time, request, status, bytes > 1000]", &[0, 2]),
        ("[ip, user, name, time, request, status = 4* && status != 410, bytes]", &[0]),
        ("[..., status_code >= 400, bytes]", &[0, 1, 3]),
        ("[ip, ..., bytes = 12]", &[1, 3]),
        ("[ip, user, ...]", &[0, 1, 2, 3]),
        ("[..., request=*.html*, status=4*,]", &[0]),
        ("[ip, user != Prod, ...]", &[2, 3]),
        ("[]", &[0, 1, 2, 3]),
        ("[a, b, c, d, e, f, g, h]", &[]),
        ("[a, b, c, time=\"10/Oct/2026:13:25:16 -0700\", e, f, g]", &[1]),
        ("[ip, user, name, time, request = \"GET*\", ..., bytes < 5000]", &[0]),
    ];
    check(&lines, &cases);
}

#[test]
fn words_in_order() {
    let lines = [
        "INFO 10:00:00 GET /service/item/67 1200",
        "INFO 10:00:01 POST /service/item/67/part/111 1310",
        "WARNING 10:00:02 Invalid user request",
        "ERROR 10:00:02 Failed to process request",
        "ERROR",
        "ERROR alone",
    ];
    check(
        &lines,
        &[
            ("[w1=ERROR, w2]", &[3, 5]),
            ("[w1=ERROR || w1=WARNING, w2]", &[2, 3, 5]),
            ("[w1=ERROR||w1=%WARN%,w2]", &[2, 3, 5]),
            ("[(w1=ERROR || w1=WARNING) && w1!=ERR*, w2]", &[2]),
            ("[w1!=ERROR && w1!=WARNING, w2]", &[0, 1]),
            ("[level, time, method, url=%/service/item/[0-9]+$%, duration]", &[0]),
            ("[level, time, method, url=%/service/item/[0-9]+/part/[0-9]+$%, duration]", &[1]),
            ("[w1=ERROR]", &[4]),
            ("[w1=*ERROR* && w1!=*process*]", &[4, 5]),
            ("[w1, w2, ..., last=request]", &[2, 3]),
            ("[w1=ERROR, w2=*request]", &[3]),
        ],
    );
}

/// What the program makes of a record is there as if the record had it.
#[test]
fn derived_fields() {
    let record = r#"{"eventTime":"2026-11-24T09:01:00Z","eventSource":"iam.amazonaws.com",
        "eventName":"CreateAccessKey","errorCode":"AccessDenied",
        "userIdentity":{"type":"IAMUser","userName":"alice"}}"#;
    check(
        &[record],
        &[
            ("{ $.aware.outcome = \"denied\" }", &[0]),
            ("{ $.aware.principal = \"user/*\" }", &[0]),
            ("{ $.aware.action = \"iam:CreateAccessKey\" && $.aware.service = iam }", &[0]),
            ("{ $.aware.sensitivity = credentials }", &[0]),
            ("{ $.aware.sensitivity = none }", &[]),
            ("{ $.aware.principal != \"user/alice\" }", &[]),
            ("{ $.aware.principal NOT EXISTS }", &[]),
        ],
    );
    let told =
        cloudwatch::compile_pattern("p", "{ $.aware.principle = a }").unwrap_err().to_string();
    assert!(told.contains("p:1:3: unknown field `aware.principle`"), "{told}");
}
