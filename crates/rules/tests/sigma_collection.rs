//! Documents that refer to each other: correlations, filters, suppressions.

#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

mod evaluators;

use aware_core::event::Level;
use aware_core::source::cloudtrail;
use aware_rules::correlate::{BoundOperator, CorrelationKind};
use aware_rules::sigma::{FilterTargets, LoadedSigma, PlaceholderValues, load_rules};
use proptest::prelude::*;
use serde_json::json;

const LOGSOURCE: &str = "logsource: {product: aws, service: cloudtrail}\n";

fn rule(head: &str, event_name: &str) -> String {
    format!(
        "{head}\n{LOGSOURCE}detection: {{sel: {{eventName: {event_name}}}, condition: sel}}\n---\n"
    )
}

fn load_one(text: &str) -> LoadedSigma {
    load_rules([("x.yml", text)], &PlaceholderValues::new())
}

fn problems(loaded: &LoadedSigma) -> Vec<String> {
    loaded.problems.iter().map(ToString::to_string).collect()
}

fn ids(loaded: &LoadedSigma) -> Vec<&str> {
    loaded.rules.iter().map(|rule| rule.about.id.as_str()).collect()
}

#[test]
fn a_rule_carries_its_head() {
    let head = "title: ' Root Used '\nid: 0e95725d-7320-415d-80f7-004da920fc11\nname: root\n\
                status: test\ndescription: |\n  What it sees.\nauthor: [A, B]\nlicense: DRL-1.1\n\
                references:\n  - https://example.com/a\n  - https://example.com/b\ndate: 2026-01-31\n\
                tags: [attack.t1562.008, cis.3.1]\nlevel: High\nfields: [eventName]\n\
                falsepositives:\nmy-own-attribute: {x: 1}";
    let loaded = load_rules([("a/b.yml", rule(head, "a"))], &PlaceholderValues::new());
    assert_eq!(problems(&loaded), Vec::<String>::new());
    let rule = &loaded.rules[0];
    let about = &rule.about;
    assert_eq!(about.id, "0e95725d-7320-415d-80f7-004da920fc11");
    assert_eq!(about.name, "Root Used");
    assert_eq!(about.level, Level::High);
    assert_eq!(about.description.as_deref(), Some("What it sees."));
    assert_eq!(about.author.as_deref(), Some("A, B"));
    assert_eq!(about.license.as_deref(), Some("DRL-1.1"));
    assert_eq!(about.link.as_deref(), Some("https://example.com/a"));
    assert_eq!(about.tags, ["attack.t1562.008", "cis.3.1"]);
    assert_eq!((rule.source, rule.file.as_str(), rule.line), (Some(cloudtrail::ID), "a/b.yml", 1));
}

#[test]
fn ids_are_made_when_there_are_none() {
    let text = [
        rule("title: Root Account Used (Console)!", "a"),
        rule("name: by_name", "a"),
        rule("title: T\nname: other", "a"),
    ];
    let loaded = load_one(&text.concat());
    assert_eq!(ids(&loaded), ["root-account-used-console", "by_name", "other"]);
    assert_eq!(loaded.rules[0].about.level, Level::Medium);
    assert_eq!(loaded.rules[1].about.name, "by_name");
}

#[test]
fn a_wrong_rule_is_refused_alone() {
    let text = [rule("title: a", "a"), rule("title: b", "{x: y}"), rule("title: c", "c")].concat();
    let files = [("1.yml", text.as_str()), ("2.yml", "title: [\n"), ("3.yml", "")];
    let loaded = load_rules(files, &PlaceholderValues::new());
    assert_eq!(ids(&loaded), ["a", "c"]);
    assert_eq!(
        problems(&loaded),
        [
            "1.yml:7:30: `eventName` has a map for its value (hint: write `eventName.x`)",
            "2.yml:1:8: unclosed bracket '['"
        ]
    );
}

#[test]
fn ids_are_taken_once() {
    let files = [("1.yml", rule("title: a\nid: x", "a")), ("2.yml", rule("title: b\nid: x", "b"))];
    let loaded = load_rules(files, &PlaceholderValues::new());
    assert_eq!(loaded.rules.len(), 1);
    assert_eq!(
        problems(&loaded),
        ["2.yml:1:1: id `x` is taken by 1.yml:1 (hint: give it an `id` of its own)"]
    );
}

#[test]
fn correlations_refer_by_id_name_and_title() {
    let text = [
        rule("title: First\nid: id-1\nname: one", "a"),
        rule("title: Second\nid: id-2\nname: id-1", "b"),
        rule("title: Third Rule\nid: id-3", "c"),
        "title: Chain\nlevel: critical\ntags: [a.b]\ngenerate: true\ncorrelation:\n  type: \
         temporal_ordered\n  rules: [Counted, id-1, Third Rule]\n  timespan: 2h\n  group-by: who\n  \
         aliases:\n    who: {one: userIdentity.arn, Third Rule: requestParameters.userName}\n---\n"
            .to_owned(),
        "title: Counted\nid: id-4\ncorrelation:\n  type: value_count\n  rules: [one, id-2]\n  \
         timespan: 90s\n  group-by: [userIdentity.arn, sourceIPAddress]\n  generate: false\n  \
         condition: {gt: 5, lte: 1e2, field: [eventName, awsRegion]}\n---\n"
            .to_owned(),
        "title: P\ncorrelation:\n  type: value_percentile\n  rules: id-3\n  timespan: 1d\n  \
         condition: {neq: 1.5, field: requestParameters.size, percentile: 95}\n---\n"
            .to_owned(),
        "title: Every\ncorrelation:\n  type: temporal\n  rules: [one, id-2]\n  timespan: 5m\n  \
         condition: one AND id-2\n"
            .to_owned(),
    ];
    let loaded = load_one(&text.concat());
    assert_eq!(problems(&loaded), Vec::<String>::new());
    let [chain, counted, percentile, every] = loaded.correlations.as_slice() else {
        panic!("{loaded:?}")
    };
    assert_eq!(chain.kind, CorrelationKind::TemporalOrdered);
    assert_eq!(chain.rules, ["id-4", "id-1", "id-3"]);
    assert_eq!(chain.timespan_seconds, 7_200);
    assert_eq!(chain.group_by, ["who"]);
    assert_eq!(chain.aliases["who"]["id-1"], "userIdentity.arn");
    assert_eq!(chain.aliases["who"]["id-3"], "requestParameters.userName");
    assert!(chain.generate && chain.condition.is_none());
    assert_eq!(
        (chain.about.level, chain.about.id.as_str(), chain.line),
        (Level::Critical, "chain", 18)
    );
    let condition = counted.condition.as_ref().unwrap();
    assert_eq!(condition.bounds, [(BoundOperator::Gt, 5.0), (BoundOperator::Lte, 100.0)]);
    assert_eq!(condition.fields, ["eventName", "awsRegion"]);
    assert_eq!(counted.timespan_seconds, 90);
    assert_eq!(percentile.condition.as_ref().unwrap().percentile, Some(95.0));
    assert_eq!(percentile.rules, ["id-3"]);
    assert_eq!((every.kind, &every.condition), (CorrelationKind::Temporal, &None));
    assert_eq!(loaded.silent_rules().into_iter().collect::<Vec<_>>(), ["id-2"]);
}

#[test]
fn correlations_of_what_is_not_loaded_are_not_loaded() {
    let text = [
        rule("title: good", "a"),
        rule("title: bad", "{}"),
        "title: win\nlogsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\n---\n"
            .to_owned(),
        ["bad", "win", "one", "same"]
            .map(|of| {
                format!(
                    "title: of {of}\ncorrelation: {{type: temporal, rules: [good, {of}], \
                     timespan: 1m}}\n---\n"
                )
            })
            .concat(),
        "title: one\ncorrelation: {type: temporal, rules: [two], timespan: 1m}\n---\n".to_owned(),
        "title: two\ncorrelation: {type: temporal, rules: [one], timespan: 1m}\n---\n".to_owned(),
        "title: above\ncorrelation: {type: temporal, rules: [of bad], timespan: 1m}\n---\n"
            .to_owned(),
        rule("title: same\nid: s1", "a"),
        rule("title: same\nid: s2", "a"),
    ];
    let loaded = load_one(&text.concat());
    assert_eq!(loaded.correlations, []);
    assert_eq!(ids(&loaded), ["good", "s1", "s2"]);
    insta::assert_snapshot!(
        problems(&loaded)
            .into_iter()
            .chain(loaded.skipped.iter().map(|skipped| format!("note: {skipped}")))
            .chain(loaded.notes.iter().map(|note| format!("note: {note}")))
            .collect::<Vec<_>>()
            .join("\n")
    );
}

fn filter(rules: &str, condition: &str, more: &str) -> String {
    format!(
        "title: Not the deployer\nid: f1\n{LOGSOURCE}filter:\n  rules: {rules}\n  deployer: \
         {{userIdentity.arn|endswith: /deployer}}\n  condition: {condition}\n{more}\n---\n"
    )
}

fn fires(loaded: &LoadedSigma, at: usize, arn: &str) -> bool {
    let event = json!({"eventName": "a", "userIdentity": {"arn": arn}});
    evaluators::matches(&loaded.rules[at].expr, &event.to_string())
}

#[test]
fn filters_narrow_their_rules() {
    let rules = [rule("title: T\nid: r1", "a"), rule("title: u\nname: named", "a")].concat();
    for (targets, narrowed) in [
        ("[r1]", [true, false]),
        ("T", [true, false]),
        ("[T, r1]", [true, false]),
        ("[named]", [false, true]),
        ("any", [true; 2]),
    ] {
        let loaded = load_one(&format!("{}{rules}", filter(targets, "not deployer", "")));
        assert_eq!(problems(&loaded), Vec::<String>::new());
        assert!(loaded.notes.is_empty());
        assert_eq!(loaded.filters_applied, narrowed.iter().filter(|narrowed| **narrowed).count());
        for (at, narrowed) in narrowed.into_iter().enumerate() {
            assert!(fires(&loaded, at, "arn:x/alice"), "{targets}");
            assert_eq!(fires(&loaded, at, "arn:x/deployer"), !narrowed, "{targets}");
        }
        assert!(loaded.filters[0].applied && !loaded.filters[0].is_suppression());
    }
    let loaded = load_one(&format!("{}{rules}", filter("any", "deployer", "")));
    assert!(fires(&loaded, 0, "arn:x/deployer") && !fires(&loaded, 0, "arn:x/alice"));
    assert_eq!(
        loaded.notes[0].to_string(),
        "x.yml:4: filter `Not the deployer` keeps only what its selections match (hint: `not` in \
         its condition leaves that out)"
    );
}

#[test]
fn suppressions_are_not_in_the_rules() {
    let more = "owner: security@example.com\nreason: deploys every night\nuntil: 2027-01-31";
    let text = [rule("title: T\nid: r1", "a"), filter("[T]", "not deployer", more)].concat();
    let loaded = load_one(&text);
    assert_eq!(problems(&loaded), Vec::<String>::new());
    let filter = &loaded.filters[0];
    assert!(filter.is_suppression() && !filter.applied && loaded.filters_applied == 0);
    assert_eq!(filter.targets, FilterTargets::Rules(vec!["r1".to_owned()]));
    assert_eq!(filter.owner.as_deref(), Some("security@example.com"));
    assert_eq!(filter.reason.as_deref(), Some("deploys every night"));
    assert_eq!(filter.until.as_deref(), Some("2027-01-31"));
    assert_eq!((filter.about.id.as_str(), filter.about.name.as_str()), ("f1", "Not the deployer"));
    assert!(fires(&loaded, 0, "arn:x/deployer"));
    let event = json!({"userIdentity": {"arn": "arn:x/deployer"}});
    assert!(!evaluators::matches(&filter.expr, &event.to_string()));
}

#[test]
fn filters_for_other_log_sources_are_passed_over() {
    let other = filter("any", "not deployer", "").replace("service: cloudtrail", "service: rds");
    let wide = filter("any", "not deployer", "").replace(", service: cloudtrail", "");
    let rules = rule("title: T", "a");
    let loaded = load_one(&format!("{other}{rules}"));
    assert!(loaded.filters.is_empty() && loaded.problems.is_empty() && loaded.skipped.len() == 1);
    let loaded = load_one(&format!("{wide}{rules}"));
    assert_eq!(loaded.filters_applied, 1);
}

/// In a release build these are ten thousand. The time is printed, not judged: it is the machine's
/// too.
#[test]
fn ten_thousand_rules() {
    let count = if cfg!(debug_assertions) { 1_000 } else { 10_000 };
    let files: Vec<(String, String)> = (0..count)
        .map(|n| {
            let text = format!(
                "title: Rule {n}\nid: 00000000-0000-4000-8000-{n:012}\nstatus: test\ndescription: \
                 |\n    Detects something that somebody may do with a service, and says so in a \
                 sentence\n    or two, as rules do.\nreferences:\n    - https://example.com/a/{n}\n    \
                 - https://example.com/b/{n}\nauthor: Somebody\ndate: 2026-01-31\ntags:\n    - \
                 attack.persistence\n    - attack.t1098\nlogsource:\n    product: aws\n    service: \
                 cloudtrail\ndetection:\n    selection:\n        eventSource: \
                 service{}.amazonaws.com\n        eventName:\n            - Create{n}\n            - \
                 Update{n}\n    filter_main_error:\n        errorCode|contains: Denied\n    \
                 condition: selection and not 1 of filter_main_*\nfalsepositives:\n    - Unknown\n\
                 level: medium\n",
                n % 100
            );
            (format!("rules/{n}.yml"), text)
        })
        .collect();
    let begin = std::time::Instant::now();
    let loaded =
        load_rules(files.iter().map(|(name, text)| (name, text)), &PlaceholderValues::new());
    println!("{count} rules in {:?}", begin.elapsed());
    assert_eq!((loaded.rules.len(), loaded.problems.len()), (count, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}") {
        load_one(&text);
    }

    #[test]
    fn anything_like_a_rule_is_read_without_panic(
        key in "(eventName|userIdentity\\.arn|)(\\|(re|contains|all|windash|base64offset|wide|expand|cidr|exists|gt|hour|fieldref|neq|cased|i)){0,3}",
        value in "[-a-z%*?\\\\'\"\\[\\]{}(),: 0-9~&|>]{0,20}",
        condition in "[-a-z_*|() 0-9]{0,10}((sel|and|or|not|of|them|1|all|\\(|\\)) ?){0,8}",
    ) {
        let text = format!(
            "title: t\n{LOGSOURCE}detection:\n  sel:\n    {key}: {value}\n  condition: {condition}\n"
        );
        let loaded = load_one(&text);
        prop_assert!(loaded.rules.len() + loaded.problems.len() > 0);
        for rule in &loaded.rules {
            evaluators::matches(&rule.expr, r#"{"eventName": "a", "userIdentity": {"arn": 1}}"#);
        }
    }
}
