//! Every mistake is told with its place and how to mend it; what is right beside it is loaded.

use aware_rules::sigma::{PlaceholderValues, load_rules};

const LOGSOURCE: &str = "logsource: {product: aws, service: cloudtrail}\n";

fn told(text: &str) -> String {
    let loaded = load_rules([("x.yml", text)], &PlaceholderValues::new());
    let problems = loaded.problems.iter().map(|problem| format!("{problem}\n"));
    let notes = loaded.notes.iter().map(|note| format!("note: {note}\n"));
    let skipped = loaded.skipped.iter().map(|skipped| format!("{skipped}\n"));
    let foreign = loaded.foreign.iter().map(|foreign| format!("foreign: {foreign}\n"));
    assert!(loaded.rules.is_empty() || loaded.problems.is_empty(), "{text}");
    problems.chain(skipped).chain(foreign).chain(notes).collect()
}

/// Each text without what is the same in all, and what is told of it.
fn all(texts: impl IntoIterator<Item = String>) -> String {
    let shown = |text: &str| text.replace(&format!("title: t\n{LOGSOURCE}"), "").trim().to_owned();
    texts.into_iter().map(|text| format!("{}\n=> {}\n", shown(&text), told(&text))).collect()
}

/// A rule with a `detection`.
fn rule(detection: &str) -> String {
    let indented: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    format!("title: t\n{LOGSOURCE}detection:\n{indented}")
}

#[test]
fn documents() {
    insta::assert_snapshot!(all([
        "- title: t\n".to_owned(),
        "just text\n".to_owned(),
        "title: t\n".to_owned(),
        format!("title: t\n{LOGSOURCE}detectoin:\n  sel: {{eventName: a}}\n  condition: sel\n"),
        format!("{}correlation: {{}}\n", rule("sel: {eventName: a}\ncondition: sel")),
        format!("action: global\n{}", rule("sel: {eventName: a}\ncondition: sel")),
        format!("{LOGSOURCE}detection: {{sel: {{eventName: a}}, condition: sel}}\n"),
        format!("titel: t\n{LOGSOURCE}detection: {{sel: {{eventName: a}}, condition: sel}}\n"),
        format!("level: urgent\nstatus: ready\n{}", rule("sel: {eventName: a}\ncondition: sel")),
        format!("tags: {{a: b}}\nid: ''\n{}", rule("sel: {eventName: a}\ncondition: sel")),
        "title: t\ntitle: u\n".to_owned(),
        "title: [\n".to_owned(),
    ]));
}

#[test]
fn log_sources() {
    let with = |logsource: &str| {
        format!("title: t\n{logsource}\ndetection: {{sel: {{eventName: a}}, condition: sel}}\n")
    };
    insta::assert_snapshot!(all([
        with(""),
        with("logsource: aws"),
        with("logsource: {}"),
        with("logsource: {definition: x}"),
        with("logsource: {product: aws, service: cloudtrial}"),
        with("logsource: {prodct: aws, service: cloudtrail}"),
        with("logsource: {product: aws}"),
        with("logsource: {product: aws, service: guardduty}"),
        with("logsource: {product: windows, category: process_creation}"),
        with("logsource: {category: webserver}"),
        with("logsource: {product: aws, service: cloudtrail, category: x}"),
        with("logsource: {product: [aws]}"),
    ]));
}

#[test]
fn detections() {
    let detections = [
        "sel: {eventName: a}",
        "sel: {eventName: a}\nconditon: sel",
        "sel:\ncondition: sel",
        "sel: {}\ncondition: sel",
        "sel: []\ncondition: sel",
        "sel: {eventName: []}\ncondition: sel",
        "sel: {eventName: {equals: a}}\ncondition: sel",
        "sel: {eventName: [[a]]}\ncondition: sel",
        "sel: {eventname: a}\ncondition: sel",
        "sel: {'eventNmae|contains': a}\ncondition: sel",
        "sel: {userIdentity.anr: a}\ncondition: sel",
        "sel: {requestParamters.bucketName: a}\ncondition: sel",
        "sel: {CommandLine: a}\ncondition: sel",
        "sel: {userIdentity..arn: a}\ncondition: sel",
        "sel: {'requestParameters.items[any].name': a}\ncondition: sel",
        "sel: {eventName|fieldref: eventnmae}\ncondition: sel",
        "sel: {eventName|fieldref: 1}\ncondition: sel",
        "sel: {eventName|contians: a}\ncondition: sel",
        "sel: {eventName|glob: a}\ncondition: sel",
        "sel: {eventNam|contans: a}\ncondition: sel",
        "sel: {'|exists': true}\ncondition: sel",
        "sel: {'|startswith': a}\ncondition: sel",
        "sel: [null]\ncondition: sel",
        "sel: {eventName: a}\ntimeframe: 5m\ncondition: sel",
        "condition: sel",
        "sel: {eventName: a}\ncondition: 'sel | count() > 5'",
        "sel: {eventName: a}\ncondition: sel | count(eventName) by userAgent > 5",
        "sel: {eventName: a}\ncondition: sel near sel",
        "sel: {eventName: a}\ncondition: selection",
        "sel: {eventName: a}\ncondition: \"sel and sle\"",
        "sel: {eventName: a}\ncondition: sel sel",
        "sel: {eventName: a}\ncondition: sel and",
        "sel: {eventName: a}\ncondition: and sel",
        "sel: {eventName: a}\ncondition: (sel",
        "sel: {eventName: a}\ncondition: sel)",
        "sel: {eventName: a}\ncondition: ()",
        "sel: {eventName: a}\ncondition: sel*",
        "sel: {eventName: a}\ncondition: 2 of them",
        "sel: {eventName: a}\ncondition: 1 of",
        "sel: {eventName: a}\ncondition: 1 of filter_*",
        "_sel: {eventName: a}\ncondition: 1 of them",
        "sel: {eventName: a}\ncondition: sel && sel",
        "sel: {eventName: a}\ncondition: ''",
        "sel: {eventName: a}\ncondition: []",
        "sel: {eventName: a}\ncondition: {a: b}",
        "sel: {eventName: a}\ncondition: >\n  sel and\n  nothing",
        "sel: {eventName: a}\ncondition: [sel, other]",
    ];
    insta::assert_snapshot!(all(detections.map(rule)));
}

#[test]
fn deep_conditions() {
    let nested = |depth| {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        told(&rule(&format!("sel: {{eventName: a}}\ncondition: {open}sel{close}")))
    };
    assert_eq!(nested(60), "");
    assert_eq!(nested(100_000), "x.yml:5:78: condition is nested deeper than 64\n");
    let many = ["sel"; 3_000].join(" and ");
    let values = ["a"; 100].join(",");
    let grown = told(&rule(&format!("sel: {{eventName: [{values}]}}\ncondition: {many}")));
    assert!(grown.contains("condition grows over 100000 tests"), "{grown}");
}

#[test]
fn modifiers_and_values() {
    let items = [
        ("eventName|contains|startswith", "a"),
        ("eventName|contains|contains", "a"),
        ("eventName|base64|base64offset", "a"),
        ("eventName|contains|base64", "a"),
        ("eventName|base64|wide", "a"),
        ("eventName|base64|windash", "a"),
        ("eventName|utf16|utf16le", "a"),
        ("eventName|i", "a"),
        ("eventName|contains|re", "a"),
        ("eventName|re|startswith", "a"),
        ("eventName|re|cased", "a"),
        ("eventName|re|i|ignorecase", "a"),
        ("eventName|cidr|contains", "10.0.0.0/8"),
        ("eventName|gt|lt", "5"),
        ("eventName|gt|hour", "5"),
        ("eventName|gt|cased", "5"),
        ("eventName|gt|expand", "5"),
        ("eventName|exists|neq", "true"),
        ("eventName|exists|contains", "true"),
        ("eventName|fieldref|base64", "eventSource"),
        ("eventName|all", "a"),
        ("eventName|contains|all", "[a]"),
        ("eventName|", "a"),
        ("eventName|exists", "'true'"),
        ("eventName|exists", "[true, false]"),
        ("eventName|gt", "'5'"),
        ("eventName|gt", "null"),
        ("eventName|hour", "24"),
        ("eventName|month", "x"),
        ("eventName|contains", "null"),
        ("eventName|re", "null"),
        ("eventName|cidr", "10.0.0.0/33"),
        ("eventName|cidr", "10.*"),
        ("eventName|re", "'a(?=b)'"),
        ("eventName|re", "'(a)\\1'"),
        ("eventName|re", "'a('"),
        ("eventName|re", "'(a{1,1000}){1,1000}'"),
        ("eventName|re", "'(?P<n>a)(?>b)'"),
        ("eventName|base64", "'a*'"),
        ("eventName|base64offset|contains", "a"),
        ("eventName|wide", "\u{e9}"),
        ("eventName|windash|contains", "'-a -b -c -d -e'"),
        ("eventName|expand", "'%unknown%'"),
        ("eventName|expand|contains", "'user/%other_admins%/x'"),
    ];
    insta::assert_snapshot!(all(
        items.map(|(key, value)| { rule(&format!("sel:\n  '{key}': {value}\ncondition: sel")) })
    ));
}

#[test]
fn every_mistake_of_a_document_is_told() {
    let text = rule(
        "a: {eventname: x, 'eventName|contans': y}\nb: {eventName|re: '('}\ncondition: a and b and c",
    );
    insta::assert_snapshot!(told(&text));
}

#[test]
fn correlations() {
    let base = format!("{}---\n", rule("sel: {eventName: a}\ncondition: sel"));
    let correlation = |body: &str| {
        let loaded = load_rules(
            [("x.yml", format!("{base}title: c\ncorrelation: {body}\n"))],
            &PlaceholderValues::new(),
        );
        assert_eq!(loaded.correlations.len(), 0, "{body}");
        let problems = loaded.problems.iter().map(|problem| format!("=> {problem}\n"));
        format!("{body}\n{}", problems.collect::<String>())
    };
    let bodies = [
        "x",
        "{}",
        "{type: event_cuont, rules: [t], timespan: 1m, condition: {gte: 1}}",
        "{type: event_count, rules: [], timespan: 1m, condition: {gte: 1}}",
        "{type: event_count, rules: [t], timespan: 1m}",
        "{type: event_count, rules: [t], condition: {gte: 1}}",
        "{type: event_count, rules: [t], timespan: 1 minute, condition: {gte: 1}}",
        "{type: event_count, rules: [t], timespan: 0s, condition: {gte: 1}}",
        "{type: event_count, rules: [t], timespan: 99999999999999999999d, condition: {gte: 1}}",
        "{type: event_count, rules: [t], timespan: 1m, condition: {}}",
        "{type: event_count, rules: [t], timespan: 1m, condition: {get: 1}}",
        "{type: event_count, rules: [t], timespan: 1m, condition: {gte: many}}",
        "{type: event_count, rules: [t], timespan: 1m, condition: {gte: 1, field: eventName}}",
        "{type: event_count, rules: [t], timespan: 1m, condition: 5}",
        "{type: event_count, rules: [t], timespan: 1m, condition: t}",
        "{type: value_count, rules: [t], timespan: 1m, condition: {gte: 1}}",
        "{type: value_count, rules: [t], timespan: 1m, condition: {gte: 1, field: eventNme}}",
        "{type: value_sum, rules: [t], timespan: 1m, condition: {gte: 1, field: [eventName, userAgent]}}",
        "{type: value_percentile, rules: [t], timespan: 1m, condition: {gte: 1, field: eventName}}",
        "{type: value_percentile, rules: [t], timespan: 1m, condition: {gte: 1, field: eventName, percentile: 101}}",
        "{type: value_avg, rules: [t], timespan: 1m, condition: {gte: 1, field: eventName, percentile: 5}}",
        "{type: temporal, rules: [t], timespan: 1m, condition: t or t}",
        "{type: temporal, rules: [t], timespan: 1m, groupby: [eventName]}",
        "{type: temporal, rules: [t], timespan: 1m, group-by: [eventNme]}",
        "{type: temporal, rules: [t], timespan: 1m, generate: maybe}",
        "{type: temporal, rules: [t], timespan: 1m, aliases: {a: {t: eventNme}}}",
        "{type: temporal, rules: [t], timespan: 1m, aliases: {a: {u: eventName}}}",
        "{type: temporal, rules: [u], timespan: 1m}",
        "{type: temporal, rules: [tt], timespan: 1m}",
        "{type: temporal, rules: [c], timespan: 1m}",
    ];
    insta::assert_snapshot!(bodies.map(correlation).concat());
}

#[test]
fn filters() {
    let base = format!("{}---\n", rule("sel: {eventName: a}\ncondition: sel"));
    let filter = |body: &str| {
        let text = format!("{base}title: f\n{LOGSOURCE}filter: {body}\n");
        let loaded = load_rules([("x.yml", text)], &PlaceholderValues::new());
        assert_eq!(loaded.filters.len(), 0, "{body}");
        let problems = loaded.problems.iter().map(|problem| format!("=> {problem}\n"));
        format!("{body}\n{}", problems.collect::<String>())
    };
    let bodies = [
        "x",
        "{sel: {eventName: a}, condition: not sel}",
        "{rules: [], sel: {eventName: a}, condition: not sel}",
        "{rules: [u], sel: {eventName: a}, condition: not sel}",
        "{rules: any, sel: {eventName: a}}",
        "{rules: any, sel: {eventname: a}, condition: not sel}",
        "{rules: any, condition: not sel}",
        "{rules: any, sel: {eventName: a}, condition: not sel}\nowner: me",
        "{rules: any, sel: {eventName: a}, condition: not sel}\nowner: me\nreason: noise\nuntil: soon",
    ];
    insta::assert_snapshot!(bodies.map(filter).concat());
}
