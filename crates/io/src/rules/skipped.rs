//! The content of rule files that is not loaded as rules.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use aware_rules::sigma::{LoadedSigma, SkippedDocument};

/// Content of rule files that was skipped without being wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkippedContent {
    /// Rules for sources that are not supported.
    pub rules: Vec<SkippedDocument>,
    /// How many documents in folders are not rules, including files that are not text.
    pub documents: usize,
}

/// How many sources are named.
const MAX_SOURCES: usize = 5;
/// How many rules are listed one by one.
const MAX_RULES: usize = 3;

impl SkippedContent {
    /// Takes what a folder holds besides its rules. A file that the config names must hold rules,
    /// so there such content stays a mistake.
    pub(super) fn take_from(loaded: &mut LoadedSigma, named: &[PathBuf]) -> Self {
        let foreign = std::mem::take(&mut loaded.foreign);
        let is_named = |file: &str| named.iter().any(|path| path.as_os_str() == file);
        let (wrong, other): (Vec<_>, Vec<_>) =
            foreign.into_iter().partition(|problem| is_named(&problem.file));
        loaded.problems.extend(wrong);
        Self { rules: std::mem::take(&mut loaded.skipped), documents: other.len() }
    }

    /// Whether nothing was skipped.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.documents == 0
    }

    /// The lines to report: a few rules one by one, otherwise one line with the reasons.
    pub fn describe_lines(&self) -> Vec<String> {
        match self {
            _ if self.is_empty() => Vec::new(),
            Self { rules, documents: 0 } if rules.len() <= MAX_RULES => {
                rules.iter().map(ToString::to_string).collect()
            }
            _ => vec![self.to_string()],
        }
    }
}

impl fmt::Display for SkippedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sources: BTreeMap<String, usize> = BTreeMap::new();
        for rule in &self.rules {
            *sources.entry(short_source(rule)).or_default() += 1;
        }
        let mut sources: Vec<(String, usize)> = sources.into_iter().collect();
        sources.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let named = sources.iter().take(MAX_SOURCES).map(|(name, count)| format!("{name} {count}"));
        let mut named: Vec<String> = named.collect();
        if sources.len() > MAX_SOURCES {
            named.push(format!("{} others", sources.len() - MAX_SOURCES));
        }
        let rules = format!("{} rules for other sources ({})", self.rules.len(), named.join(", "));
        let documents = format!("{} YAML documents that are not rules", self.documents);
        match (self.rules.len(), self.documents) {
            (0, _) => write!(f, "skipped: {documents}"),
            (_, 0) => write!(f, "skipped: {rules}"),
            _ => write!(f, "skipped: {rules}; {documents}"),
        }
    }
}

/// A source in a word or two: its product, and the service if that is AWS.
fn short_source(rule: &SkippedDocument) -> String {
    let mut parts = rule.source.split('`').skip(1).step_by(2);
    match parts.next() {
        Some("aws") => std::iter::once("aws").chain(parts).collect::<Vec<_>>().join("/"),
        Some(first) => first.to_owned(),
        None => rule.source.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(name: &str, source: &str) -> SkippedDocument {
        SkippedDocument { file: "x.yml".into(), line: 1, name: name.into(), source: source.into() }
    }

    #[test]
    fn a_few_are_named_and_many_are_counted() {
        let windows = skipped("w", "product `windows`, category `process_creation`");
        let guard = skipped("g", "product `aws`, service `guardduty`");
        let few = SkippedContent { rules: vec![windows.clone(), guard.clone()], documents: 0 };
        assert_eq!(few.describe_lines().len(), 2);
        assert!(few.describe_lines()[0].contains("skipped `w`"));
        let many = SkippedContent { rules: [vec![windows; 4], vec![guard]].concat(), documents: 2 };
        assert_eq!(
            many.describe_lines(),
            ["skipped: 5 rules for other sources (windows 4, aws/guardduty 1); 2 YAML documents \
                 that are no rules"]
        );
        assert_eq!(SkippedContent::default().describe_lines(), Vec::<String>::new());
    }
}
