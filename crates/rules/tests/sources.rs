//! Rules for one source, for another and for all of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use aware_core::source::{SourceId, id_of};
use aware_rules::engine::SourceEngines;
use aware_rules::rule::CompiledRule;
use aware_rules::sigma::{self, LoadedSigma, PlaceholderValues};

const CALL: &str = r#"{"eventTime":"2026-11-29T09:01:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"eu-west-1","errorCode":"AccessDenied"}"#;
const QUERY: &str = r#"{"query_timestamp":"2026-11-29T09:01:00Z","query_name":"a.example.com.","region":"eu-west-1","firewall_rule_action":"BLOCK"}"#;

fn rule(title: &str, source: &str, selection: &str) -> String {
    format!(
        "title: {title}\nlogsource:\n  product: aws\n{source}detection:\n  a:\n    {selection}\n  condition: a\n"
    )
}

fn load(text: &str) -> LoadedSigma {
    sigma::load_rules([("a.yml", text)], &PlaceholderValues::default())
}

fn source(name: &str) -> SourceId {
    id_of(name).unwrap()
}

/// The titles of the rules that match a record.
fn matches(rules: &[CompiledRule], name: &str, record: &str) -> Vec<String> {
    let rules: Arc<[CompiledRule]> = rules.into();
    let mut engines = SourceEngines::new(&rules, None);
    let scanned = engines.engine_for(source(name)).scan_record(record).unwrap();
    assert!(scanned.is_named && scanned.time.is_some());
    scanned.matches.iter().map(|at| rules[*at as usize].about.name.clone()).collect()
}

#[test]
fn a_rule_runs_on_its_own_sources_records() {
    let dns = "  service: route53_resolver\n";
    let text = [
        rule("Calls", "  service: cloudtrail\n", "aware.outcome: denied"),
        rule("Queries", dns, "aware.outcome: denied"),
        rule("All", "", "aware.outcome: denied"),
        rule("No region", dns, "region: null"),
        rule("Parent", dns, "aware.parent_domain: example.com"),
    ];
    let loaded = load(&text.join("---\n"));
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let own: Vec<_> = loaded.rules.iter().map(|rule| rule.source.map(SourceId::as_str)).collect();
    let (calls, queries) = (Some("cloudtrail"), Some("route53_resolver"));
    assert_eq!(own, [calls, queries, None, queries, queries]);
    assert_eq!(matches(&loaded.rules, "cloudtrail", CALL), ["Calls", "All"]);
    assert_eq!(matches(&loaded.rules, "route53_resolver", QUERY), ["Queries", "All", "Parent"]);
}

#[test]
fn fields_are_those_of_the_rules_source() {
    let dns = "  service: route53_resolver\n";
    for (source, selection, problem) in [
        (dns, "query_nam: a", "unknown field `query_nam` (hint: did you mean `query_name`?)"),
        (
            dns,
            "userAgent: a",
            "unknown field `userAgent` (hint: no Route 53 Resolver record has it)",
        ),
        (dns, "aware.sensitivity: privileges", "unknown field `aware.sensitivity`"),
        ("  service: cloudtrail\n", "query_name: a", "unknown field `query_name`"),
        ("", "commandLine: a", "unknown field `commandLine` (hint: no record has it)"),
        ("  service: route53_resolvr\n", "region: a", "did you mean `route53_resolver`?"),
    ] {
        let loaded = load(&rule("X", source, selection));
        let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
        assert!(problems.len() == 1 && problems[0].contains(problem), "{selection}: {problems:?}");
    }
    for selection in ["query_name: a", "userAgent: a", "aware.label_length|gt: 3"] {
        assert!(load(&rule("X", "", selection)).problems.is_empty(), "{selection}");
    }
}

#[test]
fn a_filter_narrows_the_rules_of_its_source() {
    let rules = [
        rule("Calls", "  service: cloudtrail\n", "aware.outcome: denied"),
        rule("Queries", "  service: route53_resolver\n", "aware.outcome: denied"),
    ];
    let filter = "title: F\nlogsource:\n  product: aws\n  service: route53_resolver\nfilter:\n  rules: any\n  a:\n    query_name: a.example.com.\n  condition: not a\n";
    let loaded = load(&[&*rules[0], &*rules[1], filter].join("---\n"));
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    assert_eq!(loaded.filters_applied, 1);
    assert_eq!(matches(&loaded.rules, "cloudtrail", CALL), ["Calls"]);
    assert!(matches(&loaded.rules, "route53_resolver", QUERY).is_empty());
}

#[test]
fn a_correlation_is_of_its_rules_source() {
    let base = rule("Queries", "  service: route53_resolver\n", "rcode: NXDOMAIN");
    let text = format!(
        "{base}---\ntitle: Many\nname: many\ncorrelation:\n  type: value_count\n  rules: [Queries]\n  group-by: [aware.parent_domain]\n  timespan: 10m\n  condition: {{field: query_name, gte: 3}}\n"
    );
    let loaded = load(&text);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    assert_eq!(loaded.correlations[0].source, source("route53_resolver"));
}
