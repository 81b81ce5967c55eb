//! The same records give the same counts and findings in any form.
//!
//! Random bodies of nasty records, each written in every form that AWS or its tools write, are
//! inspected by the program and compared with the obvious way: every record parsed by `serde_json`
//! and judged by the oracle. `AWARE_SEED` and `AWARE_BODIES` try others.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

mod forms;
mod records;
mod tool;

use std::collections::BTreeMap;
use std::sync::Arc;

use aware_core::envelope::EnvelopeKind;
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::event::Outcome;
use aware_core::source::cloudtrail;
use aware_io::rules::{RuleRequest, RulesConfig, WatchConfig, load_rules};
use aware_pipeline::detect::Detector;
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::scan::{FindingFilter, FollowScan, LogScan, ScanReport, SeenEvents};
use aware_rules::oracle;

use forms::FORMS;
use records::{Random, Text};

/// The result for a body.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    records: u64,
    events: u64,
    rejects: u64,
    first: Option<jiff::Timestamp>,
    last: Option<jiff::Timestamp>,
    /// The event, whether it was denied, and the rules that it matches.
    findings: Vec<(String, bool, Vec<String>)>,
}

/// The slow, obvious way.
fn obvious(rules: &RuleSet, records: &[Text]) -> Sums {
    let mut sums = Sums { records: records.len() as u64, ..Sums::default() };
    for Text { text, .. } in records {
        let Ok(event) = cloudtrail::decode_record(text.as_bytes()) else {
            sums.rejects += 1;
            continue;
        };
        sums.events += 1;
        sums.first = Some(sums.first.map_or(event.time, |first| first.min(event.time)));
        sums.last = sums.last.max(Some(event.time));
        let value = serde_json::from_str(text).unwrap();
        let met: Vec<u32> = (0..)
            .zip(rules.event_rules().iter())
            .filter(|(_, rule)| oracle::event_matches(&rule.expr, cloudtrail::ID, &value, text))
            .map(|(number, _)| number)
            .collect();
        let met = met.into_iter().filter_map(|number| rules.finding_rule(number));
        let met: Vec<String> = met.map(|about| about.id.clone()).collect();
        if !met.is_empty() {
            sums.findings.push((event.id.clone(), event.outcome == Outcome::Denied, met));
        }
    }
    sums
}

/// The program's way.
fn detected(detector: &mut Detector, body: &[u8]) -> Sums {
    let detected = detector.detect_all(EnvelopeKind::Any, body);
    assert_eq!(detected.records, detected.events + detected.rejects.record_count());
    let finding = |found: &aware_pipeline::matched_event::MatchedEvent| {
        let met: Vec<String> = found.findings.iter().map(|one| one.rule.id.clone()).collect();
        (found.key.id.clone(), found.denied, met)
    };
    Sums {
        records: detected.records,
        events: detected.events,
        rejects: detected.rejects.total_count(),
        first: detected.first,
        last: detected.last,
        findings: detected.found.iter().map(finding).filter(|(.., met)| !met.is_empty()).collect(),
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn shipped() -> Arc<RuleSet> {
    let loaded = load_rules(&RuleRequest::default());
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    Arc::new(loaded.rules)
}

/// Rules that need the parsed record and name no event, and patterns in the other languages.
const DEEP: &str = r"
title: star
logsource: {product: aws}
detection:
  s:
    requestParameters.policyDocument.Statement[any]:
      Effect: Allow
      Action: '\*'
  condition: s
---
title: share
logsource: {product: aws}
detection:
  s:
    requestParameters.valuesToAdd[any]|fieldref|neq: userIdentity.accountId
  condition: s
---
title: alone
logsource: {product: aws}
detection:
  s:
    requestParameters.valuesToAdd|length: 1
  condition: s
---
title: own
logsource: {product: aws}
detection:
  s:
    userIdentity.arn|endswith|segment|fieldref: requestParameters.userName
  condition: s
---
title: second
logsource: {product: aws}
detection:
  s:
    requestParameters.valuesToAdd[1]|startswith: '1111'
  condition: s
---
title: call
logsource: {product: aws}
detection:
  s:
    aware.action: [iam:CreateAccessKey, glue:CreateTrigger]
  condition: s
";

fn deep() -> Arc<RuleSet> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep.yml");
    std::fs::write(&file, DEEP).unwrap();
    let watch = |name: &str, pattern: Option<&str>, event_pattern: Option<&str>| WatchConfig {
        name: name.to_owned(),
        level: None,
        description: None,
        tags: Vec::new(),
        pattern: pattern.map(str::to_owned),
        event_pattern: event_pattern.map(str::to_owned),
    };
    let wanted = RuleRequest {
        rules: RulesConfig { paths: vec![file], shipped: Some(false), ..RulesConfig::default() },
        watch: vec![
            watch("made", Some("{ $.aware.service = kms && $.aware.outcome = denied }"), None),
            watch(
                "bus",
                None,
                Some(r#"{"aware": {"action": ["iam:ListUsers"], "outcome": ["denied"]}}"#),
            ),
        ],
        ..RuleRequest::default()
    };
    let loaded = load_rules(&wanted);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    Arc::new(loaded.rules)
}

#[test]
fn every_form_of_the_same_records_comes_to_the_same() {
    let findings = compare(&shipped(), number("AWARE_BODIES", 10_000));
    assert!(findings.len() >= 2, "{findings:?}");
}

#[test]
fn every_form_of_the_same_records_comes_to_the_same_for_rules_that_look_deep() {
    let findings = compare(&deep(), number("AWARE_BODIES", 10_000) / 2);
    assert_eq!(findings.len(), 8, "{findings:?}");
}

/// Compares every form with the obvious way; returns how often each rule matched.
fn compare(rules: &Arc<RuleSet>, bodies: u64) -> BTreeMap<String, usize> {
    let seed = number("AWARE_SEED", 20_261_129);
    let mut detector = Detector::new(Arc::clone(rules));
    let mut written = vec![0_u64; FORMS.len()];
    let mut findings: BTreeMap<String, usize> = BTreeMap::new();
    for body in 0..bodies {
        let mut random = Random::new(seed, body);
        let records = random.records();
        let expected = obvious(rules, &records);
        for (.., met) in &expected.findings {
            met.iter().for_each(|id| *findings.entry(id.clone()).or_default() += 1);
        }
        // Each body in some of the forms, in rotation: each form gets an eighth as many bodies as
        // there are.
        let turn =
            FORMS.iter().zip(&mut written).skip(usize::try_from(body % 8).unwrap()).step_by(8);
        for (form, count) in turn {
            let Some(bytes) = (form.write)(&records, &mut random) else { continue };
            *count += 1;
            let sums = detected(&mut detector, &bytes);
            assert!(
                sums == expected,
                "AWARE_SEED={seed}, body {body} as {}:\n{}\n{sums:#?}\nshould be\n{expected:#?}",
                form.name,
                String::from_utf8_lossy(&bytes),
            );
        }
    }
    eprintln!("{bodies} bodies, findings {findings:?}, forms {written:?}");
    let least = written.iter().min().unwrap();
    assert!(FORMS.len() >= 13 && *least * 26 > bodies, "{written:?}");
    assert!(findings.values().sum::<usize>() as u64 > bodies / 2, "{findings:?}");
    findings
}

fn scanned(rules: &Arc<RuleSet>, body: &[u8]) -> (String, ScanReport) {
    let (filter, seen) = (FindingFilter::default(), SeenEvents::default());
    let mut scan = LogScan::new(&filter, rules);
    scan.scan_body("body", body, &filter, &seen);
    while let Some(look) = scan.next_look(&seen) {
        let mut part = FollowScan::new(&Arc::new(look), DecompressionLimits::default());
        part.follow_part(EnvelopeKind::Any, body, &seen);
        scan.merge_look(part);
    }
    let report = scan.into_report();
    let sums = &report.sums;
    let count =
        |tallies: &[aware_cases::group::FindingGroup]| tallies.iter().map(|t| t.count).sum::<u64>();
    assert_eq!(sums.records, sums.events + sums.rejected_records);
    assert_eq!(sums.findings, count(&report.groups) + count(&report.services) + sums.ungrouped);
    assert_eq!(sums.hidden, count(&report.hidden));
    let in_cases: u64 = report.cases.iter().map(|case| case.findings).sum();
    assert_eq!(in_cases + sums.ungrouped, count(&report.groups));
    let groups = format!("{:#?}{:#?}{:#?}", report.groups, report.services, report.hidden);
    (format!("{groups}{:#?}", report.cases), report)
}

/// Groups, cases and their counts do not depend on the form either, including repetitions that are
/// not decoded, and what a second look finds.
#[test]
fn every_form_of_the_same_records_gives_the_same_groups_and_cases() {
    let seed = number("AWARE_SEED", 20_261_129);
    let rules: Arc<RuleSet> = Arc::default();
    for body in 0..number("AWARE_BODIES", 10_000) / 250 {
        let mut random = Random::new(seed ^ 1, body);
        let records: Vec<Text> = (0..4).flat_map(|_| random.records()).collect();
        let (expected, first) = scanned(&rules, &forms::records_compact(&records).unwrap());
        for form in FORMS {
            let Some(bytes) = (form.write)(&records, &mut random) else { continue };
            let (groups, report) = scanned(&rules, &bytes);
            assert!(groups == expected, "AWARE_SEED={seed}, body {body} as {}", form.name);
            let told = |report: &ScanReport| (report.sums.denied, report.sums.duplicates);
            assert_eq!(told(&report), told(&first), "body {body} as {}", form.name);
        }
    }
}

/// A line that is not a record costs only itself.
#[test]
fn bad_lines_cost_only_themselves() {
    let seed = number("AWARE_SEED", 20_261_129);
    let rules: Arc<RuleSet> = Arc::default();
    let mut detector = Detector::new(Arc::clone(&rules));
    for body in 0..number("AWARE_BODIES", 10_000) / 10 {
        let mut random = Random::new(seed ^ 2, body);
        let records = random.records();
        if !records.iter().any(|record| record.is_object) {
            continue;
        }
        let mut expected = obvious(&rules, &records);
        let mut lines: Vec<String> = records.into_iter().map(|record| record.text).collect();
        for _ in 0..random.below(4) + 1 {
            let at = random.below(lines.len() + 1);
            lines.insert(at, random.junk().to_owned());
            expected.records += 1;
            expected.rejects += 1;
        }
        let text = lines.join(["\n", "\r\n", "\n\n"][random.below(3)]);
        let sums = detected(&mut detector, text.as_bytes());
        assert!(
            sums == expected,
            "AWARE_SEED={seed}, body {body}:\n{text}\n{sums:#?}\n{expected:#?}"
        );
    }
}

/// From a truncated body everything complete is found, and nothing is counted twice.
#[test]
fn a_cut_body_gives_what_is_whole() {
    let seed = number("AWARE_SEED", 20_261_129);
    let rules: Arc<RuleSet> = Arc::default();
    let mut detector = Detector::new(Arc::clone(&rules));
    for body in 0..number("AWARE_BODIES", 10_000) / 10 {
        let mut random = Random::new(seed ^ 3, body);
        let records: Vec<Text> = random.records().into_iter().filter(|one| one.is_object).collect();
        if records.is_empty() {
            continue;
        }
        let bytes = forms::records_compact(&records).unwrap();
        let whole: Vec<Text> = records[..random.below(records.len())].to_vec();
        let length = forms::records_compact(&whole).unwrap().len() - 2;
        let cut = length + 1 + random.below(records[whole.len()].text.len() - 1);
        let sums = detected(&mut detector, &bytes[..cut]);
        let expected = obvious(&rules, &whole);
        assert_eq!(sums.findings, expected.findings, "AWARE_SEED={seed}, body {body}");
        assert_eq!(sums.events, expected.events, "AWARE_SEED={seed}, body {body}");
        assert!(sums.rejects - expected.rejects <= 1, "AWARE_SEED={seed}, body {body}: {sums:#?}");
    }
}
