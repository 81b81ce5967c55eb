//! What rules say that their authors cannot mean, and what is said when there is no doubt: nothing.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

use aware_rules::sigma::{LoadedSigma, PlaceholderValues, load_rules};

fn loaded(head: &str, detection: &str) -> LoadedSigma {
    let indented: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    let rule = format!(
        "title: t\n{head}logsource: {{product: aws, service: cloudtrail}}\ndetection:\n{indented}"
    );
    let loaded = load_rules([("t.yml", &rule)], &PlaceholderValues::new());
    assert!(loaded.problems.is_empty(), "{:#?}", loaded.problems);
    loaded
}

fn notes(detection: &str) -> Vec<String> {
    loaded("", detection).notes.into_iter().map(|note| note.what).collect()
}

/// Both selections have to hold.
fn both(a: &str, b: &str) -> Vec<String> {
    notes(&format!("a:\n  {a}\nb:\n  {b}\ncondition: a and b"))
}

/// The first has to hold, and the second must not.
fn without(a: &str, b: &str) -> Vec<String> {
    notes(&format!("a:\n  {a}\nb:\n  {b}\ncondition: a and not b"))
}

#[track_caller]
fn said(notes: &[String], text: &str) {
    assert!(notes.iter().any(|note| note.contains(text)), "{text}: {notes:#?}");
}

#[track_caller]
fn silent(notes: &[String]) {
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn selections_without_a_use() {
    let detection = |condition: &str| {
        format!(
            "s:\n  eventName: CreateUser\nfilter:\n  userIdentity.type: Root\n_old:\n  eventName: x\ncondition: {condition}"
        )
    };
    said(&notes(&detection("s")), "selection `filter` is in no condition");
    silent(&notes(&detection("s and not filter")));
    silent(&notes(&detection("s and not 1 of fil*")));
    silent(&notes(&detection("all of them")));
    silent(&notes(&detection("[s, filter]")));
}

#[test]
fn contradictions() {
    let never = "can never match";
    said(&notes("s:\n  eventName: CreateUser\ncondition: s and not s"), never);
    said(
        &notes("s:\n  eventName: a\nt:\n  eventName: b\ncondition: (s or t) and not (s or t)"),
        never,
    );
    said(&notes("s:\n  eventName: a\nt:\n  eventName: b\ncondition: all of them"), never);
    said(
        &notes("s:\n  eventName: a\nt:\n  awsRegion: b\ncondition: t or (s and not s)"),
        "can never match in one alternative",
    );
    said(&notes("s:\n  eventName: a\ncondition: s or not s"), "matches every record");
    for (a, b) in [
        ("eventName: [A, B]", "eventName: [C, D]"),
        ("eventName: CreateUser", "eventName|startswith: Delete"),
        ("eventName|startswith: Create", "eventName|startswith: Delete"),
        ("eventName|endswith: User", "eventName|endswith: Role"),
        ("sourceIPAddress|cidr: 10.0.0.0/8", "sourceIPAddress|cidr: 192.168.0.0/16"),
        ("sourceIPAddress|cidr: 10.0.0.0/8", "sourceIPAddress|cidr: 2001:db8::/32"),
        ("sourceIPAddress|cidr: 10.0.0.0/8", "sourceIPAddress: 192.0.2.1"),
        ("eventTime|hour|gt: 20", "eventTime|hour|lt: 6"),
        (
            "eventTime|hour|gt: 20",
            "eventTime|hour|lt: 22\n  eventTime|minute: 1\n  eventTime|hour: 5",
        ),
        ("errorCode: null", "errorCode: AccessDenied"),
        ("aware.outcome: denied", "aware.outcome: success"),
        ("requestParameters.x|length: 0", "requestParameters.x|length|gt: 2"),
    ] {
        let notes = both(a, b);
        assert!(
            notes.iter().any(|note| note.contains("can never") || note.contains("lists only")),
            "{a} {b} {notes:?}"
        );
    }
    for (a, b) in [
        ("eventName: A", "eventName: [A, B]"),
        ("eventName: CreateUser", "eventName|startswith: Create"),
        ("eventName: A", "eventName|exists: true"),
        ("requestParameters.x: a", "requestParameters.x|contains: a"),
    ] {
        said(&without(a, b), never);
    }
}

#[test]
fn what_only_a_list_can_be() {
    let lists = "matches lists only";
    said(&both("requestParameters.x|gt: 5", "requestParameters.x|lt: 3"), lists);
    said(
        &both("requestParameters.x|cidr: 10.0.0.0/8", "requestParameters.x|cidr: 11.0.0.0/8"),
        lists,
    );
    said(&both("requestParameters.x: a", "requestParameters.x: b"), lists);
    silent(&notes("s:\n  requestParameters.x|all: [a, b]\ncondition: s"));
}

#[test]
fn no_contradictions() {
    for (a, b) in [
        ("eventName|startswith: Create", "eventName|endswith: User"),
        ("eventName|contains: a", "eventName|contains: b"),
        ("eventName|startswith: Create", "eventName|startswith: CreateU"),
        ("sourceIPAddress|cidr: 10.0.0.0/8", "sourceIPAddress|cidr: 10.1.0.0/16"),
        ("requestParameters.x|gte: 5", "requestParameters.x|lte: 5"),
        ("eventTime|hour|gt: 20", "eventTime|hour|lt: 22"),
        ("eventName|re: ^A", "eventName: B"),
        ("eventVersion: 1.08", "eventVersion|gt: 1"),
        ("aware.sensitivity: privileges", "aware.sensitivity: credentials"),
    ] {
        silent(&both(a, b));
    }
    for (a, b) in [
        ("eventName: [A, B]", "eventName: A"),
        ("eventName|startswith: A", "eventName: A"),
        ("eventName: a", "eventName|cased: A"),
        ("eventName: A", "errorCode|exists: true"),
        ("requestParameters|contains: a", "requestParameters.x: a"),
    ] {
        silent(&without(a, b));
    }
}

#[test]
fn large_conditions_end() {
    let selections: String = (0..40)
        .map(|n| format!("s{n}:\n  - awsRegion|contains: 'a{n}'\n  - userAgent|contains: 'b{n}'\n"))
        .collect();
    silent(&notes(&format!("{selections}condition: all of s*")));
    let many: String = (0..3_000)
        .map(|n| format!("s{n}:\n  - awsRegion|contains: 'a{n}'\n  - userAgent|contains: 'b{n}'\n"))
        .collect();
    silent(&notes(&format!("{many}condition: all of s*")));
}

#[test]
fn values_that_no_record_has() {
    let one = |selection: &str| notes(&format!("s:\n  {selection}\ncondition: s"));
    for (selection, text) in [
        ("eventName: ' CreateUser'", "begins or ends with a blank"),
        ("eventSource: iam.amazonaws.con", "is not the source of a service"),
        ("eventSource: iam", "`iam.amazonaws.com`"),
        ("eventSource|endswith: .amazon.com", "is not the source of a service"),
        ("eventName: PassRole", "a permission that nobody calls"),
        ("eventName: [CreateUser, TagSession]", "AssumeRole"),
        ("eventName: iam:CreateUser", "`aware.action`"),
        ("userIdentity.type: IAMUsr", "did you mean `IAMUser`?"),
        ("eventType: ApiCall", "none of its values"),
        ("aware.outcome: failure", "one of success, denied, failed"),
        ("aware.sensitivity: privilege", "did you mean `privileges`?"),
        ("sourceIPAddress: 10.0.0.0/8", "write `|cidr`"),
        ("recipientAccountId: 12345678901", "twelve digits"),
        ("userIdentity.arn|contains: responseElements.accessKey.userName", "`|fieldref`"),
        ("eventSource: lambda.amazonaws.com\n  eventName: CreateFunction", "`CreateFunction20*`"),
        ("eventSource: s3.amazonaws.com\n  eventName: ListBucket", "ListObjects"),
    ] {
        said(&one(selection), text);
    }
    for selection in [
        "eventSource: s3.amazonaws.com",
        "eventSource: IAM.amazonaws.com.cn",
        "eventSource|startswith: ec2.",
        "eventSource|endswith: amazonaws.com",
        "eventSource|contains: iam",
        "userIdentity.type: iamuser",
        "eventName: CreateFunction",
        "eventSource: lambda.amazonaws.com\n  eventName: CreateFunction20150331",
        "eventSource: ecr.amazonaws.com\n  eventName: PutReplicationConfiguration",
        "userAgent|contains: ' Pacu '",
        "recipientAccountId: '012345678901'",
        "sourceIPAddress: cloudtrail.amazonaws.com",
    ] {
        silent(&one(selection));
    }
}

#[test]
fn what_its_authors_gave_up_is_loaded_off() {
    for status in ["deprecated", "unsupported", "Deprecated"] {
        let loaded = loaded(&format!("status: {status}\n"), "s:\n  eventName: a\ncondition: s");
        assert!(!loaded.rules[0].enabled, "{status}");
        assert!(loaded.notes[0].what.contains("and is loaded as disabled"), "{:?}", loaded.notes);
    }
    let on = loaded("status: deprecated\nenabled: true\n", "s:\n  eventName: a\ncondition: s");
    assert!(on.rules[0].enabled);
    assert!(loaded("status: stable\n", "s:\n  eventName: a\ncondition: s").rules[0].enabled);
    let text = "title: c\nstatus: deprecated\ncorrelation: {type: event_count, rules: [t], timespan: 1h, condition: {gte: 2}}\n---\n\
                title: t\nlogsource: {product: aws}\ndetection: {s: {eventName: a}, condition: s}\n---\n\
                title: f\nstatus: unsupported\nlogsource: {product: aws}\nfilter: {rules: any, selection: {eventName: a}, condition: not selection}\n";
    let loaded = load_rules([("x.yml", text)], &PlaceholderValues::new());
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    assert!(!loaded.correlations[0].enabled && loaded.filters.is_empty());
    assert_eq!(loaded.notes.len(), 2);
    // A product without a service is every source of it.
    assert_eq!(loaded.rules.len(), 1);
}
