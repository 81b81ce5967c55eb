//! Conditions on the members of lists, documents in a text, whole segments, and derived fields.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::sigma::{LoadedSigma, PlaceholderValues, load_rules};
use serde_json::{Value, json};

fn loaded(head: &str, detection: &str) -> LoadedSigma {
    let indented: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    let rule = format!(
        "title: t\n{head}logsource: {{product: aws, service: cloudtrail}}\ndetection:\n{indented}"
    );
    load_rules([("t.yml", &rule)], &PlaceholderValues::new())
}

fn notes(detection: &str) -> Vec<String> {
    let loaded = loaded("sigma-version: 3\n", detection);
    assert!(loaded.problems.is_empty(), "{:#?}", loaded.problems);
    loaded.notes.into_iter().map(|note| note.what).collect()
}

fn problem(detection: &str) -> String {
    let loaded = loaded("", detection);
    assert!(loaded.rules.is_empty());
    loaded.problems.first().unwrap_or_else(|| panic!("{detection}")).to_string()
}

/// Checks which values of `requestParameters.x` a selection matches.
#[track_caller]
fn check(selection: &str, hits: &[Value], misses: &[Value]) {
    let event =
        |value: &Value| json!({"requestParameters": {"x": value}, "recipientAccountId": "1"});
    events(
        selection,
        &hits.iter().map(event).collect::<Vec<_>>(),
        &misses.iter().map(event).collect::<Vec<_>>(),
    );
}

#[track_caller]
fn events(selection: &str, hits: &[Value], misses: &[Value]) {
    let indented: String = selection.lines().map(|line| format!("  {line}\n")).collect();
    let loaded = loaded("sigma-version: 3\n", &format!("sel:\n{indented}condition: sel"));
    assert!(loaded.problems.is_empty(), "{:#?}", loaded.problems);
    for (events, expected) in [(hits, true), (misses, false)] {
        for event in events {
            let met = evaluators::matches(&loaded.rules[0].expr, &event.to_string());
            assert_eq!(met, expected, "{selection}\n{event}\n{:#?}", loaded.rules[0].expr);
        }
    }
}

#[test]
fn all_conditions_of_one_member() {
    check(
        "requestParameters.x[any]:\n  port: 22\n  cidr|contains: 0.0.0.0/0",
        &[
            json!([{"port": 443, "cidr": "10.0.0.0/8"}, {"port": 22, "cidr": "0.0.0.0/0"}]),
            json!([{"port": 22, "cidr": ["10.0.0.0/8", "0.0.0.0/0"]}]),
            // A service that writes a list of one as its member.
            json!({"port": 22, "cidr": "0.0.0.0/0"}),
        ],
        &[
            json!([{"port": 22, "cidr": "10.0.0.0/8"}, {"port": 443, "cidr": "0.0.0.0/0"}]),
            json!([]),
            json!(null),
            json!("22 0.0.0.0/0"),
        ],
    );
    // Without `[any]` the two conditions may be met by two members.
    check(
        "requestParameters.x.port: 22\nrequestParameters.x.cidr: 0.0.0.0/0",
        &[json!([{"port": 22, "cidr": "10.0.0.0/8"}, {"port": 443, "cidr": "0.0.0.0/0"}])],
        &[],
    );
}

#[test]
fn quantifiers() {
    let tcp = |how: &str| format!("requestParameters.x[{how}]:\n  p: tcp");
    let (all, some, none) = (
        json!([{"p": "tcp"}, {"p": "TCP"}]),
        json!([{"p": "tcp"}, {"p": "udp"}]),
        json!([{"p": "udp"}]),
    );
    let (empty, missing) = (json!([]), json!(null));
    check(
        &tcp("any"),
        &[all.clone(), some.clone()],
        &[none.clone(), empty.clone(), missing.clone()],
    );
    check(
        &tcp("all"),
        std::slice::from_ref(&all),
        &[some.clone(), none.clone(), empty.clone(), missing.clone()],
    );
    check(
        &tcp("all_or_empty"),
        &[all.clone(), empty.clone(), missing.clone()],
        &[some.clone(), none.clone()],
    );
    check(&tcp("none"), &[none, empty, missing], &[all, some]);
    events(&tcp("none"), &[json!({"eventName": "a"})], &[]);
    events(&tcp("any"), &[], &[json!({"eventName": "a"})]);
}

#[test]
fn members_that_are_plain_values() {
    check(
        "requestParameters.x[all]|startswith: arn:aws",
        &[json!(["arn:aws:a", "arn:aws:b"]), json!("arn:aws:a")],
        &[json!(["arn:aws:a", "b"]), json!([])],
    );
    check(
        "requestParameters.x[any]:\n  condition: in_range and not own\n  in_range:\n    '.|gte': 500\n  own:\n    '.': 504",
        &[json!([200, 502]), json!([504, 500])],
        &[json!([504]), json!([200, 504])],
    );
    // Some member is not, and no member is.
    check("requestParameters.x[any]|neq: a", &[json!(["a", "b"])], &[json!(["a", "a"]), json!([])]);
    check("requestParameters.x|neq: a", &[json!(["b"]), json!([])], &[json!(["a", "b"])]);
}

#[test]
fn members_and_other_fields_of_the_event() {
    let differs = "requestParameters.x[any]|neq|fieldref: recipientAccountId";
    check(differs, &[json!(["1", "2"]), json!("2")], &[json!(["1"]), json!([]), json!(null)]);
    check(
        "requestParameters.x[any]:\n  account|fieldref|neq: recipientAccountId\n  name|fieldref: .alias",
        &[json!([{"account": 2, "name": "a", "alias": "a"}])],
        &[
            json!([{"account": 1, "name": "a", "alias": "a"}]),
            json!([{"account": 2, "name": "a", "alias": "b"}, {"account": 1, "name": "b", "alias": "b"}]),
        ],
    );
    let hint = problem("sel:\n  requestParameters.x[any]:\n    a|fieldref: alias\ncondition: sel");
    assert!(hint.contains("unknown field `alias`"), "{hint}");
}

#[test]
fn lists_in_lists_and_positions() {
    check(
        "requestParameters.x[any]:\n  name: a\n  ip[all]|startswith: '10.'",
        &[json!([{"name": "a", "ip": ["10.1", "10.2"]}, {"name": "b", "ip": ["9"]}])],
        &[json!([{"name": "a", "ip": ["10.1", "9"]}, {"name": "b", "ip": ["10.1"]}])],
    );
    check("requestParameters.x[any].a.b: 1", &[json!([{"a": {"b": 1}}])], &[json!([{"a": 1}])]);
    check(
        "requestParameters.x[0]: a",
        &[json!(["a", "b"]), json!("a")],
        &[json!(["b", "a"]), json!([])],
    );
    check(
        "requestParameters.x[1].n: a",
        &[json!([{"n": "b"}, {"n": "a"}])],
        &[json!([{"n": "a"}])],
    );
    check("requestParameters.x[].n: a", &[json!([{"n": "b"}, {"n": "a"}])], &[json!([{"n": "b"}])]);
    check(r"'requestParameters.x.a\[any\]': 1", &[json!({"a[any]": 1})], &[json!({"a": [1]})]);
}

#[test]
fn lengths() {
    let of =
        |modifier: &str, number: &str| format!("requestParameters.x|length{modifier}: {number}");
    check(
        &of("", "2"),
        &[json!(["a", "b"])],
        &[json!(["a"]), json!("ab"), json!({"a": 1, "b": 2})],
    );
    check(&of("|gt", "1"), &[json!([1, 2, 3])], &[json!([1]), json!([]), json!(null)]);
    check(&of("|lte", "1"), &[json!([1]), json!("a"), json!([]), json!(null)], &[json!([1, 2])]);
    check(&of("", "0"), &[json!([]), json!(null)], &[json!([null])]);
    events(&of("", "0"), &[json!({"eventName": "a"})], &[]);
    check(
        "requestParameters.x[any]:\n  tags|length|gte: 2\n  name: a",
        &[json!([{"name": "a", "tags": [1, 2]}])],
        &[json!([{"name": "a", "tags": [1]}, {"name": "b", "tags": [1, 2]}])],
    );
    for wrong in ["-1", "1.5", "'2'", "many"] {
        let told = problem(&format!("sel:\n  requestParameters.x|length: {wrong}\ncondition: sel"));
        assert!(told.contains("`length` needs a whole number"), "{told}");
    }
}

#[test]
fn policies_in_a_text() {
    let grants = "requestParameters.x.Statement[any]:\n  Effect: Allow\n  Action: '\\*'";
    let policy = |statement: Value| json!({"Version": "2012-10-17", "Statement": statement});
    let star = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let listed =
        json!([{"Effect": "Deny", "Action": "*"}, {"Effect": "Allow", "Action": ["s3:Get*", "*"]}]);
    let narrow = json!([{"Effect": "Deny", "Action": "*"}, {"Effect": "Allow", "Action": "s3:*", "X": {"Action": "*"}}]);
    let encoded = |value: &Value| {
        let text: String = value.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        json!(text)
    };
    for (statement, hit) in [(star, true), (listed, true), (narrow, false)] {
        let policy = policy(statement);
        let pretty = serde_json::to_string_pretty(&policy).unwrap();
        let forms = [policy.clone(), json!(policy.to_string()), json!(pretty), encoded(&policy)];
        let (hits, misses): (&[Value], &[Value]) = if hit { (&forms, &[]) } else { (&[], &forms) };
        check(grants, hits, misses);
        check("requestParameters.x.Statement[].Effect: Allow", &forms, &[]);
        check(
            "requestParameters.x.Statement.Action|contains: s3",
            if hit { &[] } else { &forms },
            &[],
        );
    }
    check(
        "requestParameters.x.Statement|exists: false",
        &[json!("{"), json!("alice")],
        &[json!("{\"Statement\":1}")],
    );
    // The text itself stays what it is.
    check("requestParameters.x|contains: '{\"Statement\"'", &[json!("{\"Statement\":[]}")], &[]);
    // Escapes hide nothing.
    check(
        grants,
        &[json!("{\"State\\u006dent\":{\"Effect\":\"\\u0041llow\",\"Action\":\"\\u002a\"}}")],
        &[],
    );
}

#[test]
fn policies_wherever_services_have_them() {
    let text = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sqs:*"}]}"#;
    for path in
        ["attributes.Policy", "CreateVpcEndpointRequest.PolicyDocument", "policy", "bucketPolicy"]
    {
        let event = path.rsplit('.').fold(json!(text), |value, name| json!({name: value}));
        events(
            &format!("requestParameters.{path}.Statement[any]:\n  Principal.AWS: '\\*'"),
            &[json!({"requestParameters": event})],
            &[json!({"requestParameters": {"other": text}})],
        );
    }
}

#[test]
fn whole_segments() {
    let own = "userIdentity.arn|endswith|segment|fieldref: requestParameters.userName";
    let event = |name: &str| {
        json!({"userIdentity": {"arn": "arn:aws:iam::111122223333:user/ops/alice"},
               "requestParameters": {"userName": name}})
    };
    let others =
        [event("ice"), event("ops"), event(""), event("/alice"), json!({"eventName": "a"})];
    events(own, &[event("alice"), event("Alice"), event("ops/alice")], &others);
    check(
        "requestParameters.x|segment: role",
        &[json!("arn:aws:iam::1:role/a"), json!("role")],
        &[json!("my-role/a"), json!("roles")],
    );
    check(
        "requestParameters.x|endswith|segment: a*",
        &[json!("role/ab"), json!("a")],
        &[json!("role/ba")],
    );
    check(
        "requestParameters.x|startswith|segment: bucket",
        &[json!("bucket/key"), json!("bucket")],
        &[json!("bucket2/key")],
    );
    let told = problem("sel:\n  userAgent|base64|segment: a\ncondition: sel");
    assert!(told.contains("`segment`"), "{told}");
}

/// A number keeps its spelling where text is compared, and its worth where numbers are.
#[test]
fn numbers_as_they_are_spelt() {
    check(
        "requestParameters.x|contains: 2.10",
        &[json!("aws-cli/2.10.4")],
        &[json!("aws-cli/2.15"), json!("2.1")],
    );
    check("requestParameters.x: 1.10", &[json!("1.10"), json!(1.1)], &[json!("1.1"), json!(1.11)]);
    check("requestParameters.x|startswith: 1e3", &[json!("1e3f")], &[json!("1000")]);
    check("requestParameters.x: 0x1F", &[json!("0x1f"), json!(31)], &[json!("31")]);
    check("requestParameters.x|endswith: 010", &[json!("a010")], &[json!("a10")]);
    check("requestParameters.x|contains: +1", &[json!("UTC+1")], &[json!("UTC1")]);
    check("requestParameters.x|contains|cased: True", &[json!("isTrue")], &[json!("istrue")]);
    check("requestParameters.x|contains: 2026-01-31", &[json!("on 2026-01-31")], &[json!("2026")]);
    check("requestParameters.x|contains: yes", &[json!("yes!")], &[json!("true")]);
    check(
        "requestParameters.x|contains: [2.10, on]",
        &[json!("v2.10"), json!("one")],
        &[json!("2.1")],
    );
}

#[test]
fn what_the_program_makes() {
    let event = json!({"eventTime": "2026-11-24T09:01:00Z", "eventSource": "lambda.amazonaws.com",
        "eventName": "CreateFunction20150331", "errorCode": "AccessDenied",
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/app/i-1",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "app",
                "arn": "arn:aws:iam::111122223333:role/app"}}}});
    let other = json!({"eventTime": "2026-11-24T09:01:00Z", "eventSource": "iam.amazonaws.com",
        "eventName": "PutUserPolicy", "userIdentity": {"type": "IAMUser", "userName": "alice"}});
    for hit in [
        "aware.principal: role/app",
        "aware.action: lambda:CreateFunction",
        "aware.action|startswith: 'lambda:'",
        "aware.service: lambda",
        "aware.outcome: denied",
    ] {
        events(hit, std::slice::from_ref(&event), std::slice::from_ref(&other));
    }
    events(
        "aware.sensitivity: privileges\naware.service: iam",
        std::slice::from_ref(&other),
        std::slice::from_ref(&event),
    );
    events(
        "aware.sensitivity: none",
        &[
            json!({"eventTime": "2026-11-24T09:01:00Z", "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets"}),
        ],
        std::slice::from_ref(&other),
    );
    events("aware.action|exists: false", &[json!({"eventSource": "iam.amazonaws.com"})], &[event]);
    events(
        "aware.sensitivity[all]: privileges",
        std::slice::from_ref(&other),
        &[json!({"eventSource": "iam.amazonaws.com"})],
    );
    let told = problem("sel:\n  aware.principle: a\ncondition: sel");
    assert!(told.contains("did you mean `aware.principal`?"), "{told}");
}

#[test]
fn what_cannot_be_read() {
    for (field, told) in [
        ("requestParameters.x[some]", "unknown selector `[some]`"),
        ("requestParameters.x[-1]", "unknown selector `[-1]`"),
        ("requestParameters.x[any", "a bracket without its like"),
        ("requestParameters.x]", "a bracket without its like"),
        ("requestParameters.x[any]y", "a bracket without its like"),
        ("requestParameters.[any]", "has an empty part"),
        ("requestParamters.x[any]", "did you mean `requestParameters`?"),
        (".", "has an empty part"),
        ("aware.sensitivity[0]", "no order of them"),
    ] {
        let found = problem(&format!("sel:\n  '{field}': a\ncondition: sel"));
        assert!(found.contains(told), "{field}: {found}");
    }
    let map = problem("sel:\n  requestParameters.x:\n    a: 1\ncondition: sel");
    assert!(map.contains("write `requestParameters.x.a`"), "{map}");
    let modified = problem("sel:\n  requestParameters.x[any]|contains:\n    a: 1\ncondition: sel");
    assert!(modified.contains("has a map for its value"), "{modified}");
    let empty = problem("sel:\n  requestParameters.x[any]: {}\ncondition: sel");
    assert!(empty.contains("is empty"), "{empty}");
    let ours = notes("sel:\n  requestParameters.x[].a: b\ncondition: sel");
    assert!(ours[0].contains("`[]` is not Sigma"), "{ours:?}");
    let version = loaded("", "sel:\n  requestParameters.x[any]: a\ncondition: sel").notes;
    assert!(version[0].what.contains("add `sigma-version: 3`"), "{version:?}");
}

#[test]
fn stars_that_look_like_a_policys() {
    let said = notes(
        "sel:\n  requestParameters.policyDocument|contains: '\"Action\":\"*\"'\ncondition: sel",
    );
    assert!(said[0].contains("`*` is a wildcard here, even in quotes"), "{said:?}");
    let said = notes(
        "sel:\n  requestParameters.policyDocument.Statement[any]:\n    Action: '*'\ncondition: sel",
    );
    assert!(said[0].contains("matches any `Action`"), "{said:?}");
    let none = notes(
        "sel:\n  requestParameters.policyDocument.Statement[any]:\n    Action: '\\*'\n    Resource: 'arn:*'\ncondition: sel",
    );
    assert_eq!(none, Vec::<String>::new());
    let said = notes(
        "sel:\n  requestParameters.valuesToAdd|fieldref|neq: userIdentity.accountId\ncondition: sel",
    );
    assert!(said[0].contains("write `requestParameters.valuesToAdd[any]`"), "{said:?}");
    let said = notes(
        "own:\n  userIdentity.arn|endswith|fieldref: requestParameters.userName\ncondition: not own",
    );
    assert!(said[0].contains("add `segment`"), "{said:?}");
}
