//! `aware rules test`: runs the tests beside the rules.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use aware_cases::rule_tests::{self, Outcome, Page};
use aware_core::text::clean;
use aware_core::text::html::escape;
use aware_io::rules::load;
use aware_rules::problem::Problem;
use aware_rules::rule::Rule;
use aware_rules::shipped;

use crate::args::RulesTestArgs;
use crate::exit::{Exit, Failure};

/// A rule and the results of its tests.
struct Tested {
    id: String,
    file: String,
    outcomes: Vec<Outcome>,
    gaps: Vec<Problem>,
}

/// Runs the command.
pub(super) fn main(args: &RulesTestArgs) -> Result<Exit, Failure> {
    let loaded = load(&super::loading::only(&args.paths, None)?);
    let mut problems = loaded.problems.clone();
    let rules: Vec<Rule> = loaded.rules.events().iter().chain(&loaded.off).cloned().collect();
    let correlations = loaded.rules.correlations().correlations();
    let mut pages = Pages::default();
    let mut tested = Vec::new();
    // The page of a file with a correlation is the correlation's.
    let is_part = |rule: &&Rule| !correlations.iter().any(|one| one.file == rule.file);
    for rule in rules.iter().filter(is_part) {
        let run = |page: &Page| rule_tests::run(rule, page);
        tested.push(pages.test(&rule.about.id, &rule.file, &mut problems, run));
    }
    for one in correlations {
        let run = |page: &Page| rule_tests::run_correlation(one, &rules, correlations, page);
        tested.push(pages.test(&one.about.id, &one.file, &mut problems, run));
    }
    tested.sort_by(|a, b| (&a.file, &a.id).cmp(&(&b.file, &b.id)));
    let failed = print(&tested, &problems)?;
    if let Some(path) = &args.junit {
        std::fs::write(path, junit(&tested))
            .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    }
    Ok(match (problems.is_empty(), failed) {
        (false, _) => Exit::Usage,
        (true, 0) => Exit::Done,
        (true, _) => Exit::Findings,
    })
}

/// Pages by file, each read once.
#[derive(Default)]
struct Pages {
    known: BTreeMap<String, Option<Page>>,
}

impl Pages {
    fn test(
        &mut self,
        id: &str,
        file: &str,
        problems: &mut Vec<Problem>,
        run: impl Fn(&Page) -> Vec<Outcome>,
    ) -> Tested {
        let page = self.known.entry(file.to_owned()).or_insert_with(|| {
            let name = rule_tests::page_of(file);
            let text = text(file, &name)?;
            rule_tests::parse(&name, &text).map_err(|found| problems.extend(found)).ok()
        });
        Tested {
            id: id.to_owned(),
            file: file.to_owned(),
            outcomes: page.as_ref().map(run).unwrap_or_default(),
            gaps: rule_tests::gaps(file, page.as_ref()),
        }
    }
}

/// The text of the page beside a rule's file, or of the shipped page.
fn text(file: &str, page: &str) -> Option<String> {
    let on_disk = Path::new(file).exists();
    let shipped = || shipped::page(file).filter(|_| !on_disk).map(str::to_owned);
    shipped().or_else(|| std::fs::read_to_string(page).ok())
}

/// Prints the results of all tests; returns how many failed.
fn print(tested: &[Tested], problems: &[Problem]) -> io::Result<usize> {
    let mut out = io::stdout().lock();
    let (mut cases, mut failed, mut gaps) = (0, 0, 0);
    for one in tested {
        let wrong: Vec<&Outcome> =
            one.outcomes.iter().filter(|outcome| outcome.failure.is_some()).collect();
        let mark = if wrong.is_empty() { "ok  " } else { "FAIL" };
        writeln!(out, "{mark} {}  {} cases", clean(&one.id), one.outcomes.len())?;
        for outcome in wrong {
            let place = format!("{}:{}", rule_tests::page_of(&one.file), outcome.line);
            writeln!(out, "     {}: {}: {}", clean(&place), outcome.kind, clean(&outcome.title))?;
            for line in outcome.failure.iter().flat_map(|failure| lines(&failure.to_string())) {
                writeln!(out, "       {line}")?;
            }
            failed += 1;
        }
        for gap in &one.gaps {
            writeln!(out, "     {}", clean(&gap.to_string()))?;
        }
        cases += one.outcomes.len();
        gaps += usize::from(!one.gaps.is_empty());
    }
    for problem in problems {
        writeln!(out, "error: {}", clean(&problem.to_string()))?;
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

fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| clean(line).into_owned()).collect()
}

/// The results as JUnit XML, which build servers read.
fn junit(tested: &[Tested]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for one in tested {
        let failures = one.outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
        // Writing to a string cannot fail.
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" file=\"{}\" tests=\"{}\" failures=\"{failures}\">",
            escape(&one.id),
            escape(&one.file),
            one.outcomes.len()
        );
        for outcome in &one.outcomes {
            let name = format!("{}: {}", outcome.kind, outcome.title);
            let name = escape(&name);
            let class = escape(&one.id).to_string();
            let _ = match &outcome.failure {
                None => writeln!(xml, "    <testcase classname=\"{class}\" name=\"{name}\"/>"),
                Some(failure) => writeln!(
                    xml,
                    "    <testcase classname=\"{class}\" name=\"{name}\"><failure>{}</failure></testcase>",
                    escape(&failure.to_string())
                ),
            };
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}
