//! `aware rules test`: runs the tests beside the rules.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use aware_cases::rule_tests::{self, RuleTestPage, RuleTestResult};
use aware_core::enrichment::Enrichment;
use aware_core::text::clean_line;
use aware_core::text::html::escape_html;
use aware_io::rules::{enrichment_of, load_rules};
use aware_rules::problem::RuleMistake;
use aware_rules::rule::CompiledRule;
use aware_rules::shipped;

use crate::args::RulesTestArgs;
use crate::exit::{CommandExit, CommandFailure};

/// A rule and the results of its tests.
struct TestedRule {
    id: String,
    file: String,
    outcomes: Vec<RuleTestResult>,
    gaps: Vec<RuleMistake>,
}

/// Runs the command.
pub(super) fn run_rules_test(args: &RulesTestArgs) -> Result<CommandExit, CommandFailure> {
    let loaded = load_rules(&super::loading::request_for_only(&args.paths, None)?);
    let mut problems = loaded.problems.clone();
    let rules: Vec<CompiledRule> =
        loaded.rules.event_rules().iter().chain(&loaded.off).cloned().collect();
    let correlations = loaded.rules.correlations().correlations();
    let mut pages = RulePages::default();
    let mut tested = Vec::new();
    // The page of a file with a correlation is the correlation's.
    let is_part = |rule: &&CompiledRule| !correlations.iter().any(|one| one.file == rule.file);
    for rule in rules.iter().filter(is_part) {
        let run = |page: &RuleTestPage, known: &Arc<Enrichment>| {
            rule_tests::run_rule_tests(rule, page, known)
        };
        tested.push(pages.test_rule(&rule.about.id, &rule.file, &mut problems, run));
    }
    for one in correlations {
        let run = |page: &RuleTestPage, known: &Arc<Enrichment>| {
            rule_tests::run_correlation_tests(one, &rules, correlations, page, known)
        };
        tested.push(pages.test_rule(&one.about.id, &one.file, &mut problems, run));
    }
    tested.sort_by(|a, b| (&a.file, &a.id).cmp(&(&b.file, &b.id)));
    let failed = print_results(&tested, &problems)?;
    if let Some(path) = &args.junit {
        std::fs::write(path, junit_report(&tested))
            .map_err(|error| CommandFailure::Usage(format!("{}: {error}", path.display())))?;
    }
    Ok(match (problems.is_empty(), failed) {
        (false, _) => CommandExit::Usage,
        (true, 0) => CommandExit::Done,
        (true, _) => CommandExit::Findings,
    })
}

/// Pages by file, each read once.
#[derive(Default)]
struct RulePages {
    known: BTreeMap<String, Option<(RuleTestPage, Arc<Enrichment>)>>,
}

impl RulePages {
    fn test_rule(
        &mut self,
        id: &str,
        file: &str,
        problems: &mut Vec<RuleMistake>,
        run: impl Fn(&RuleTestPage, &Arc<Enrichment>) -> Vec<RuleTestResult>,
    ) -> TestedRule {
        let page = self.known.entry(file.to_owned()).or_insert_with(|| {
            let name = rule_tests::page_name_for(file);
            let text = page_text(file, &name)?;
            let page = rule_tests::parse_page(&name, &text);
            let page = page.map_err(|found| problems.extend(found)).ok()?;
            let (known, found) = enrichment_of(&page);
            problems.extend(found);
            Some((page, Arc::new(known)))
        });
        TestedRule {
            id: id.to_owned(),
            file: file.to_owned(),
            outcomes: page.as_ref().map(|(page, known)| run(page, known)).unwrap_or_default(),
            gaps: rule_tests::missing_parts(file, page.as_ref().map(|(page, _)| page)),
        }
    }
}

/// The text of the page beside a rule's file, or of the shipped page.
fn page_text(file: &str, page: &str) -> Option<String> {
    let on_disk = Path::new(file).exists();
    let shipped = || shipped::shipped_page(file).filter(|_| !on_disk).map(str::to_owned);
    shipped().or_else(|| std::fs::read_to_string(page).ok())
}

/// Prints the results of all tests; returns how many failed.
fn print_results(tested: &[TestedRule], problems: &[RuleMistake]) -> io::Result<usize> {
    let mut out = io::stdout().lock();
    let (mut cases, mut failed, mut gaps) = (0, 0, 0);
    for one in tested {
        let wrong: Vec<&RuleTestResult> =
            one.outcomes.iter().filter(|outcome| outcome.failure.is_some()).collect();
        let mark = if wrong.is_empty() { "ok  " } else { "FAIL" };
        writeln!(out, "{mark} {}  {} cases", clean_line(&one.id), one.outcomes.len())?;
        for outcome in wrong {
            let place = format!("{}:{}", rule_tests::page_name_for(&one.file), outcome.line);
            writeln!(
                out,
                "     {}: {}: {}",
                clean_line(&place),
                outcome.kind,
                clean_line(&outcome.title)
            )?;
            for line in outcome.failure.iter().flat_map(|failure| clean_lines(&failure.to_string()))
            {
                writeln!(out, "       {line}")?;
            }
            failed += 1;
        }
        for gap in &one.gaps {
            writeln!(out, "     {}", clean_line(&gap.to_string()))?;
        }
        cases += one.outcomes.len();
        gaps += usize::from(!one.gaps.is_empty());
    }
    for problem in problems {
        writeln!(out, "error: {}", clean_line(&problem.to_string()))?;
    }
    let whole = tested.len() - gaps;
    writeln!(
        out,
        "{} rules, {cases} tests: {} passed, {failed} failed; {whole} of {} rules have a hit and a near miss",
        tested.len(),
        cases - failed,
        tested.len()
    )?;
    Ok(failed)
}

fn clean_lines(text: &str) -> Vec<String> {
    text.lines().map(|line| clean_line(line).into_owned()).collect()
}

/// The results as JUnit XML, which build servers read.
fn junit_report(tested: &[TestedRule]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for one in tested {
        let failures = one.outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
        // Writing to a string cannot fail.
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" file=\"{}\" tests=\"{}\" failures=\"{failures}\">",
            escape_html(&one.id),
            escape_html(&one.file),
            one.outcomes.len()
        );
        for outcome in &one.outcomes {
            let name = format!("{}: {}", outcome.kind, outcome.title);
            let name = escape_html(&name);
            let class = escape_html(&one.id).to_string();
            let _ = match &outcome.failure {
                None => writeln!(xml, "    <testcase classname=\"{class}\" name=\"{name}\"/>"),
                Some(failure) => writeln!(
                    xml,
                    "    <testcase classname=\"{class}\" name=\"{name}\"><failure>{}</failure></testcase>",
                    escape_html(&failure.to_string())
                ),
            };
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}
