//! One-line rules of the config.

use std::collections::BTreeSet;
use std::sync::Arc;

use aware_core::event::Level;
use aware_core::finding;
use aware_core::source::cloudtrail;
use aware_rules::problem::RuleMistake;
use aware_rules::rule::{CompiledRule, RuleLanguage};
use aware_rules::{cloudwatch, eventbridge};

use super::config::WatchConfig;

/// What a one-line rule says that its author probably does not mean.
pub(super) fn list_doubts(rule: &CompiledRule) -> Vec<String> {
    let doubts = aware_rules::doubt::find_doubts(&rule.expr, rule.source, &BTreeSet::new());
    doubts.iter().map(|doubt| format!("{}: {doubt}", rule.file)).collect()
}

/// Compiles a one-line rule.
pub(super) fn compile_watch(watch: &WatchConfig, file: &str) -> Result<CompiledRule, RuleMistake> {
    let file = format!("{file} [[watch]] `{}`", watch.name);
    let (language, expr) = match (&watch.pattern, &watch.event_pattern) {
        (Some(pattern), None) => {
            (RuleLanguage::CloudWatch, cloudwatch::compile_pattern(&file, pattern)?)
        }
        (None, Some(pattern)) => {
            (RuleLanguage::EventBridge, eventbridge::compile_for_record(&file, pattern)?)
        }
        _ => {
            let what = "needs either `pattern` or `event_pattern`";
            return Err(RuleMistake::new(&file, (0, 0), what));
        }
    };
    let level = watch.level.map_or(Level::Medium, Into::into);
    let mut about = finding::RuleSummary::with_defaults(
        &format!("watch-{}", slug_of(&watch.name)),
        &watch.name,
        level,
    );
    about.description.clone_from(&watch.description);
    about.tags.clone_from(&watch.tags);
    let source = Some(cloudtrail::ID);
    Ok(CompiledRule {
        about: Arc::new(about),
        language,
        source,
        file,
        line: 0,
        enabled: true,
        expr,
        baseline: None,
    })
}

fn slug_of(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}
