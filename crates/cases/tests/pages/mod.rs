//! Rule files with their pages, checked as `aware rules test` does.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aware_cases::rule_tests::{self, RuleTestPage};
use aware_io::rules::enrichment_of;
use aware_rules::sigma::{self, LoadedSigma, PlaceholderValues};

/// A folder below this crate.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of a folder with this ending, by name.
pub(crate) fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == end))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no file `.{end}` in {}", folder.display());
    files
}

/// Loads a rule's file, and reads its page.
pub(crate) fn read(rule: &Path) -> (LoadedSigma, RuleTestPage) {
    let name = rule.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(rule).unwrap();
    let placeholders = PlaceholderValues::from([(
        "regions_in_use".to_owned(),
        vec!["eu-west-1".to_owned(), "eu-central-1".to_owned()],
    )]);
    let loaded = sigma::load_rules([(name, text.as_str())], &placeholders);
    // Some are written as they should not be, and noted for it.
    assert!(loaded.problems.is_empty(), "{loaded:#?}");
    let page = rule.with_extension("md");
    let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{page:?}: {error}"));
    let page = rule_tests::parse_page(&rule_tests::page_name_for(name), &text);
    (loaded, page.unwrap_or_else(|problems| panic!("{problems:#?}")))
}

/// Checks that a rule has all the cases it should have and that they pass; the reasons if not.
///
/// With `INSTA_UPDATE=always` the messages in the page become what the rule makes.
pub(crate) fn check(rule: &Path) -> Vec<String> {
    let (loaded, page) = read(rule);
    let (known, problems) = enrichment_of(&page);
    assert!(problems.is_empty(), "{problems:#?}");
    let known = Arc::new(known);
    let outcomes = match (loaded.correlations.last(), loaded.rules.as_slice()) {
        (Some(correlation), rules) => rule_tests::run_correlation_tests(
            correlation,
            rules,
            &loaded.correlations,
            &page,
            &known,
        ),
        (None, [rule]) => rule_tests::run_rule_tests(rule, &page, &known),
        _ => panic!("one rule a file: {}", rule.display()),
    };
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        let file = rule.with_extension("md");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, rule_tests::rewrite_page(&text, &page, &outcomes)).unwrap();
        return Vec::new();
    }
    let gaps = rule_tests::missing_parts(rule.to_str().unwrap(), Some(&page));
    let gaps = gaps.iter().map(ToString::to_string);
    let failures = outcomes.iter().filter_map(|outcome| {
        let failure = outcome.failure.as_ref()?;
        Some(format!("{}:{}: {}: {failure}", page.file, outcome.line, outcome.title))
    });
    gaps.chain(failures).collect()
}

/// Checks every rule of a folder.
pub(crate) fn check_folder(folder: &Path) {
    let failures: Vec<String> = files(folder, "yml").iter().flat_map(|rule| check(rule)).collect();
    assert!(
        failures.is_empty(),
        "{}\n(hint: INSTA_UPDATE=always puts the messages into the pages)",
        failures.join("\n")
    );
}
