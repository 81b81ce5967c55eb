//! The examples of `docs/rules/sigma.md`.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::rule::CompiledRule;
use aware_rules::sigma::{PlaceholderValues, load_rules};
use aware_rules::{cloudwatch, eventbridge};
use serde_json::Value;

const PAGE: &str = include_str!("../../../docs/rules/sigma.md");

/// What stands between two fences, and the last line of text before it.
fn blocks(page: &str) -> Vec<(&str, &str, String)> {
    let (mut blocks, mut label) = (Vec::new(), "");
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        match line.strip_prefix("```") {
            Some(kind) => {
                let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                blocks.push((kind, label, body.join("\n")));
            }
            None if !line.trim().is_empty() => label = line,
            None => {}
        }
    }
    blocks
}

fn rule(detection: &str) -> CompiledRule {
    let indented: String = detection.lines().map(|line| format!("    {line}\n")).collect();
    let text =
        format!("title: t\nsigma-version: 3\nlogsource:\n    product: aws\ndetection:\n{indented}");
    let mut loaded = load_rules([("page", &text)], &PlaceholderValues::new());
    assert!(loaded.problems.is_empty(), "{:#?}\n{text}", loaded.problems);
    assert!(loaded.notes.is_empty(), "{:#?}\n{text}", loaded.notes);
    loaded.rules.remove(0)
}

#[test]
fn examples_match_what_they_say() {
    let (mut current, mut rules, mut hits, mut misses) = (None, 0, 0, 0);
    for (kind, label, body) in blocks(PAGE) {
        if kind == "yaml" {
            current = Some(rule(&body));
            rules += 1;
            continue;
        }
        let expected = match label {
            "Matches:" => true,
            "Does not match:" => false,
            other => panic!("{other}: {body}"),
        };
        let event: Value = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body}"));
        let rule = current.as_ref().unwrap();
        assert_eq!(evaluators::matches(&rule.expr, &event.to_string()), expected, "{body}");
        *(if expected { &mut hits } else { &mut misses }) += 1;
    }
    assert!(rules >= 8 && hits >= rules && misses >= rules, "{rules} {hits} {misses}");
}

#[test]
fn patterns_of_the_page_are_understood() {
    let quoted = |begin: &str| {
        let (_, after) = PAGE.split_once(begin).unwrap_or_else(|| panic!("{begin}"));
        format!("{}{}", begin.trim_start_matches('`'), after.split('`').next().unwrap())
    };
    cloudwatch::compile_pattern("page", &quoted("`{ $.aware.outcome")).unwrap();
    eventbridge::compile_for_record("page", &quoted("`{\"detail\": {\"aware\"")).unwrap();
}

/// The rule that `docs/rules/baselines.md` shows can be used as it is.
#[test]
fn the_page_about_baselines_shows_a_rule() {
    let page = include_str!("../../../docs/rules/baselines.md");
    let rule = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let loaded = load_rules([("page.yml", rule)], &PlaceholderValues::default());
    assert!(loaded.problems.is_empty() && loaded.notes.is_empty(), "{:?}", loaded.problems);
    let test = loaded.rules[0].baseline.as_ref().unwrap();
    assert_eq!((test.learn, test.forget), (7, 90));
}

/// The correlation that `docs/rules/correlations.md` shows can be used as it is.
#[test]
fn the_page_about_correlations_shows_one() {
    let page = include_str!("../../../docs/rules/correlations.md");
    let rule = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let loaded = load_rules([("page.yml", rule)], &PlaceholderValues::default());
    assert!(loaded.problems.is_empty() && loaded.notes.is_empty(), "{loaded:?}");
    assert_eq!((loaded.rules.len(), loaded.correlations[0].timespan_seconds), (2, 3_600));
}
