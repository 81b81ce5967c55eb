//! Runs the tests of a page.

use std::fmt;
use std::sync::Arc;

use aware_core::enrichment::Enrichment;
use aware_core::source::{decode_record, identify_value};
use aware_core::text::{clean_line, clip_text};
use aware_rules::baseline::{BaselineBook, BaselineTest};
use aware_rules::correlate::Correlation;
use aware_rules::engine::RuleEngine;
use aware_rules::explain::explain_condition;
use aware_rules::ir::RecordSource;
use aware_rules::oracle;
use aware_rules::rule::CompiledRule;
use serde_json::Value;

use super::case::{RuleTest, RuleTestPage, TestKind};
use super::correlated::TestedCorrelation;
use super::message;

/// How many conditions a failure shows.
const MAX_CONDITIONS: usize = 8;
/// The longest condition shown, in characters.
const MAX_CONDITION: usize = 240;

/// The result of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTestResult {
    /// The expected result.
    pub kind: TestKind,
    /// The title of the test.
    pub title: String,
    /// The line of its heading, counted from 1.
    pub line: u32,
    /// The message that a hit produces, as a page shows it; `None` when the rule did not match.
    pub message: Option<String>,
    /// Why it failed; `None` when it passed.
    pub failure: Option<RuleTestFailure>,
}

/// Why a test failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleTestFailure {
    /// A rule matched a record of a near miss, or did not match one of a hit.
    Matched {
        /// Whether it matched.
        matched: bool,
        /// The number of the record, counted from 1.
        record: usize,
        /// The conditions responsible, escaped for display.
        because: Vec<String>,
    },
    /// A correlation fired over a near miss, or did not fire over a hit.
    Fired {
        /// Whether it fired.
        fired: bool,
        /// Its rules, and how many of the records each matched.
        rules: Vec<(String, usize)>,
    },
    /// The message differs.
    Message {
        /// The page's message.
        expected: String,
        /// The rule's message.
        actual: String,
    },
    /// The engine and the oracle disagree: a defect of this program, not of the rule.
    Defect {
        /// The number of the record, counted from 1.
        record: usize,
    },
}

/// Runs the tests of a rule's page, given what its config says.
pub fn run_rule_tests(
    rule: &CompiledRule,
    page: &RuleTestPage,
    known: &Arc<Enrichment>,
) -> Vec<RuleTestResult> {
    if let Some(test) = &rule.baseline {
        return page.tests.iter().map(|case| judge_baseline(rule, test, case, known)).collect();
    }
    let judge = |case: &RuleTest| match case.events.iter().zip(1..).find_map(|(event, record)| {
        judge_event(rule, case.kind, event, known).map(|failure| failure.at_record(record))
    }) {
        Some(failure) => test_result(case, None, Some(failure)),
        None => compare_message(case, || message::messages_for(&rule.about, &case.events)),
    };
    page.tests.iter().map(judge).collect()
}

/// Records come in the order given; the last of them is unusual, or not.
fn judge_baseline(
    rule: &CompiledRule,
    test: &BaselineTest,
    case: &RuleTest,
    known: &Arc<Enrichment>,
) -> RuleTestResult {
    let mut book = BaselineBook::default();
    let (mut last, mut matched) = (None, 0);
    for event in &case.events {
        last = None;
        let source = RecordSource { id: identify_value(event), known };
        if judge_event(rule, TestKind::Hit, event, known).is_some() {
            continue;
        }
        matched += 1;
        let decoded = decode_record(event.to_string().as_bytes());
        let time = decoded.map(|event| event.time).unwrap_or_default();
        let seen = test.sightings(&rule.about.id, (source, event), time);
        let unusual = seen.iter().filter(|one| book.observe(test, one, 1)).count();
        last = (unusual > 0).then_some(event);
    }
    if last.is_some() == (case.kind == TestKind::Hit) {
        return compare_message(case, || {
            message::messages_for(&rule.about, &last.cloned().into_iter().collect::<Vec<_>>())
        });
    }
    let rules = vec![(rule.about.id.clone(), matched)];
    test_result(case, None, Some(RuleTestFailure::Fired { fired: last.is_some(), rules }))
}

/// Runs the tests of a correlation's page. `rules` and `correlations` are all those loaded: the
/// correlation refers to some of them.
pub fn run_correlation_tests(
    correlation: &Correlation,
    rules: &[CompiledRule],
    correlations: &[Correlation],
    page: &RuleTestPage,
    known: &Arc<Enrichment>,
) -> Vec<RuleTestResult> {
    let correlated = TestedCorrelation::for_correlation(correlation, rules, correlations);
    let judge = |case: &RuleTest| {
        let run = correlated.run_records(&case.events, known);
        let fired = run.message.is_some();
        if fired == (case.kind == TestKind::Hit) {
            return compare_message(case, || run.message.unwrap_or_default());
        }
        test_result(case, None, Some(RuleTestFailure::Fired { fired, rules: run.matched }))
    };
    page.tests.iter().map(judge).collect()
}

fn test_result(
    case: &RuleTest,
    message: Option<String>,
    failure: Option<RuleTestFailure>,
) -> RuleTestResult {
    RuleTestResult { kind: case.kind, title: case.title.clone(), line: case.line, message, failure }
}

/// The result of a test that went as expected, apart from its message.
fn compare_message(case: &RuleTest, message: impl FnOnce() -> String) -> RuleTestResult {
    if case.kind == TestKind::NearMiss {
        return test_result(case, None, None);
    }
    let actual = message();
    let failure = case.message.as_ref().filter(|expected| **expected != actual).map(|expected| {
        RuleTestFailure::Message { expected: expected.clone(), actual: actual.clone() }
    });
    test_result(case, Some(actual), failure)
}

fn judge_event(
    rule: &CompiledRule,
    kind: TestKind,
    event: &Value,
    known: &Arc<Enrichment>,
) -> Option<RuleTestFailure> {
    let line = event.to_string();
    let source = identify_value(event);
    let rules = Arc::from(vec![rule.clone()]);
    let mut engine = RuleEngine::compile_with(rules, source, Some(Arc::clone(known)));
    let of = RecordSource { id: source, known };
    let matched = rule.is_for(source) && oracle::event_matches(&rule.expr, of, event, &line);
    let passes = engine.gate().lets_through(line.as_bytes());
    let scanned = engine.scan_record(&line).is_ok_and(|scanned| !scanned.matches.is_empty());
    if scanned != matched || matched && !passes {
        return Some(RuleTestFailure::Defect { record: 0 });
    }
    if matched == (kind == TestKind::Hit) {
        return None;
    }
    let explained = explain_condition(&rule.expr, of, event, &line);
    let steps = explained.deciding_conditions().into_iter().take(MAX_CONDITIONS);
    let because =
        steps.map(|step| clip_text(&clean_line(&step.to_string()), MAX_CONDITION).into_owned());
    Some(RuleTestFailure::Matched { matched, record: 0, because: because.collect() })
}

impl RuleTestFailure {
    fn at_record(mut self, place: usize) -> Self {
        if let Self::Matched { record, .. } | Self::Defect { record } = &mut self {
            *record = place;
        }
        self
    }
}

impl fmt::Display for RuleTestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matched { matched, record, because } => {
                let how = if *matched { "matches" } else { "does not match" };
                write!(f, "rule {how} record {record}")?;
                because.iter().try_for_each(|step| write!(f, "\n  {step}"))
            }
            Self::Fired { fired, rules } => {
                f.write_str(if *fired {
                    "correlation fires"
                } else {
                    "correlation does not fire"
                })?;
                rules.iter().try_for_each(|(id, count)| {
                    write!(f, "\n  `{id}` matches {count} of the records")
                })
            }
            Self::Message { expected, actual } => {
                f.write_str("message differs")?;
                write_difference(f, expected, actual)
            }
            Self::Defect { record } => {
                write!(f, "engine and oracle disagree on record {record}: please report this")
            }
        }
    }
}

/// The lines that one text has and the other lacks; a message never has a line twice.
fn write_difference(f: &mut fmt::Formatter<'_>, expected: &str, actual: &str) -> fmt::Result {
    let only = |these: &str, those: &str, mark: char| {
        let others: Vec<String> = those.lines().map(str::to_owned).collect();
        let lines = these.lines().filter(|line| !others.iter().any(|other| other == line));
        lines.map(|line| format!("\n  {mark} {line}")).collect::<String>()
    };
    let (gone, new) = (only(expected, actual, '-'), only(actual, expected, '+'));
    match gone.is_empty() && new.is_empty() {
        true => f.write_str("\n  the same lines in another order"),
        false => write!(f, "{gone}{new}"),
    }
}

#[cfg(test)]
mod tests;
