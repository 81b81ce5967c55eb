//! A flood of flow log lines becomes the stories that are planted in it, and one line about the
//! background noise of the internet.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use aware_cases::case::Case;
use aware_core::case::CaseReading;
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::scan::{FindingFilter, LogScan, SeenEvents};
use xtask::corpus::flood::{PlantedStory, make_flood};

fn scan(bodies: &[String]) -> (Vec<Case>, u64, u64) {
    let rules = Arc::new(RuleSet::default());
    let (filter, seen) = (FindingFilter::default(), SeenEvents::default());
    let mut scan = LogScan::new(&filter, &rules);
    for (number, body) in bodies.iter().enumerate() {
        scan.scan_body(&format!("file {number}"), body.as_bytes(), &filter, &seen);
    }
    let report = scan.into_report();
    (report.cases, report.sums.records, report.sums.events)
}

/// The rule that says most about each case, and whom it is about.
fn stories(cases: &[Case]) -> Vec<PlantedStory> {
    let told = cases.iter().filter(|case| case.reading != CaseReading::Background);
    let mut stories: Vec<(String, String)> =
        told.map(|case| (case.rules[0].0.clone(), case.actors[0].name.clone())).collect();
    stories.sort();
    let known = |id: &str| {
        let all = [
            "aware-flow-sweep",
            "aware-flow-port-scan",
            "aware-flow-lacks-rule",
            "aware-flow-refused-watched",
            "aware-flow-watched-exchange",
            "aware-flow-large-upload",
            "aware-flow-skipped",
            "aware-flow-probed-accepted",
            "aware-flow-probed-let-in",
            "aware-flow-guessing",
        ];
        *all.iter().find(|known| **known == id).unwrap_or(&"another rule")
    };
    stories.into_iter().map(|(rule, actor)| PlantedStory { rule: known(&rule), actor }).collect()
}

#[test]
fn every_planted_story_is_one_case_and_nothing_else_is() {
    for seed in [1, 2, 3] {
        let flood = make_flood(60_000, seed);
        let (cases, records, events) = scan(std::slice::from_ref(&flood.text));
        assert_eq!((records, events), (flood.lines, flood.lines), "seed {seed}");
        assert_eq!(stories(&cases), flood.stories, "seed {seed}");
        let background = cases.iter().filter(|case| case.reading == CaseReading::Background);
        assert_eq!(background.count(), 1, "seed {seed}");
        let lacking = cases.iter().find(|case| case.reading == CaseReading::LacksPermission);
        assert!(lacking.unwrap().cure.as_ref().unwrap().is_offered(), "seed {seed}");
        let offered =
            cases.iter().filter(|case| case.cure.as_ref().is_some_and(|cure| cure.is_offered()));
        assert_eq!(offered.count(), 1, "a cure for the workload, and for nobody else");
    }
}

/// As AWS delivers them: a file every five minutes, by the end of the flows.
#[test]
fn files_of_five_minutes_tell_the_same_stories() {
    let flood = make_flood(60_000, 4);
    let mut lines = flood.text.lines();
    let header = lines.next().unwrap();
    let mut files: std::collections::BTreeMap<u64, String> = Default::default();
    for line in lines {
        let end: u64 = line.split(' ').nth(13).unwrap().parse().unwrap();
        let file = files.entry(end / 300).or_insert_with(|| format!("{header}\n"));
        file.push_str(line);
        file.push('\n');
    }
    let files: Vec<String> = files.into_values().collect();
    assert!(files.len() > 30);
    let (cases, ..) = scan(&files);
    // Who probes in one file talks in a later one, which another rule sees.
    let later = |one: &PlantedStory| match one.rule {
        "aware-flow-probed-accepted" => {
            PlantedStory { rule: "aware-flow-probed-let-in", actor: one.actor.clone() }
        }
        _ => one.clone(),
    };
    let mut expected: Vec<PlantedStory> = flood.stories.iter().map(later).collect();
    expected.sort();
    assert_eq!(stories(&cases), expected);
}
