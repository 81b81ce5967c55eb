//! Finds and reads rule files.

use std::path::{Path, PathBuf};

use aware_rules::problem::RuleMistake;
use aware_rules::{shipped, sigma};

use super::RulesConfig;
use crate::input::walk;

/// The largest rule file, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The texts of all rule files, the shipped ones first, and the number of files in folders that are
/// neither text nor rules.
pub(super) fn read_rule_files(
    config: &RulesConfig,
    problems: &mut Vec<RuleMistake>,
) -> (Vec<(String, String)>, usize) {
    let (mut files, mut foreign) = (Vec::new(), 0);
    if config.shipped.unwrap_or(true) {
        let own = shipped::shipped_files().iter();
        files.extend(own.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    }
    let paths: Vec<String> = config.paths.iter().map(|path| path.display().to_string()).collect();
    let found = walk::find_files(&paths);
    for (path, problem) in found.problems {
        problems.push(RuleMistake::new(&path, (0, 0), problem));
    }
    let named = |path: &Path| config.paths.iter().any(|named| named == path);
    for file in found.files {
        if !named(&file.path) && !is_rule_file(&file.path) {
            continue;
        }
        let name = file.path.display().to_string();
        match read_text(&file.path) {
            Ok(text) => files.push((name, text)),
            Err(NoRuleText::Foreign(_)) if !named(&file.path) => foreign += 1,
            Err(NoRuleText::Foreign(problem) | NoRuleText::Problem(problem)) => {
                problems.push(RuleMistake::new(&name, (0, 0), problem));
            }
        }
    }
    (files, foreign)
}

/// Whether a file in a folder is taken for a rule.
fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "yml" || kind == "yaml")
}

/// Why a file has no text.
enum NoRuleText {
    /// Nothing in it suggests that it is meant as a rule.
    Foreign(String),
    Problem(String),
}

fn read_text(path: &Path) -> Result<String, NoRuleText> {
    let mut bytes = Vec::new();
    walk::read_into(path, MAX_FILE, &mut bytes)
        .map_err(|problem| NoRuleText::Problem(problem.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        let what = format!("is not UTF-8 after {} bytes", error.utf8_error().valid_up_to());
        let is_rule = [&b"detection:"[..], b"correlation:", b"logsource:"]
            .iter()
            .any(|part| error.as_bytes().windows(part.len()).any(|bytes| bytes == *part));
        if is_rule { NoRuleText::Problem(what) } else { NoRuleText::Foreign(what) }
    })
}

/// Paths that the config names but that hold neither a rule nor a mistake.
pub(super) fn paths_without_rules(
    config: &RulesConfig,
    sigma: &sigma::LoadedSigma,
    problems: &[RuleMistake],
) -> Vec<RuleMistake> {
    let of_rules =
        sigma.rules.iter().map(|rule| &rule.file).filter(|file| !is_shipped(config, file));
    let of_others = sigma.correlations.iter().map(|one| &one.file);
    let of_filters = sigma.filters.iter().map(|filter| &filter.file);
    let of_problems = problems.iter().map(|problem| &problem.file);
    let files: Vec<&Path> =
        of_rules.chain(of_others).chain(of_filters).chain(of_problems).map(Path::new).collect();
    let is_barren = |path: &&PathBuf| path.exists() && !files.iter().any(|f| f.starts_with(path));
    let problem = |path: &PathBuf| {
        let what = "contains no rule for a supported log";
        let hint = "Sigma rules are `.yml` or `.yaml`, with `product: aws`";
        RuleMistake::new(&path.display().to_string(), (0, 0), what).with_hint(hint)
    };
    config.paths.iter().filter(is_barren).map(problem).collect()
}

/// Whether a rule's file is part of the program; its name may look like a file below a path.
pub(super) fn is_shipped(config: &RulesConfig, file: &str) -> bool {
    config.shipped.unwrap_or(true) && shipped::shipped_files().iter().any(|(name, _)| *name == file)
}
