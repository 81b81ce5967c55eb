//! How far the rules cover what is known of attacks on AWS accounts: ATT&CK's techniques, those of
//! Stratus Red Team, and the calls that TrailDiscover lists as used in the wild.
//!
//! `crates/rules/data/README.md` says where these lists come from.

mod image;

use std::fmt::Write;

use aware_core::finding::RuleSummary;

pub use image::coverage_image;

/// A rule, and whether it is on.
pub type LoadedRule<'r> = (&'r RuleSummary, bool);

/// What coverage is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverageList {
    /// Techniques of MITRE ATT&CK for IaaS.
    Attack,
    /// Techniques of Stratus Red Team for AWS.
    Stratus,
    /// Calls that TrailDiscover lists as used in the wild.
    TrailDiscover,
}

/// How something is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoverageState {
    /// A rule that is on detects it.
    On,
    /// A rule that is off would detect it.
    Off,
    /// No rule does, but the cases of whoever did it mention it.
    Case,
    /// Nothing reports it unless it is denied.
    None,
}

/// A technique or a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    /// Its id: `T1098`, `aws.persistence.iam-backdoor-user`, `iam:CreateUser`.
    pub id: String,
    /// Its name; empty for a call.
    pub name: String,
    /// Its tactics; empty for a call.
    pub tactics: Vec<String>,
    /// How it is covered.
    pub state: CoverageState,
    /// The rules that detect it, those that are on first.
    pub rules: Vec<String>,
    /// Why nothing reports it.
    pub why_not: String,
}

impl CoverageList {
    /// Every list.
    pub const ALL: [Self; 3] = [Self::Attack, Self::Stratus, Self::TrailDiscover];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Attack => "MITRE ATT&CK v19 for IaaS",
            Self::Stratus => "Stratus Red Team for AWS",
            Self::TrailDiscover => "TrailDiscover, used in the wild",
        }
    }

    /// What it lists.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Attack | Self::Stratus => "techniques",
            Self::TrailDiscover => "calls",
        }
    }

    /// Its rows, as these rules cover them, in the order of their ids.
    pub fn rows(self, rules: &[LoadedRule<'_>]) -> Vec<CoverageRow> {
        let text = match self {
            Self::Attack => include_str!("../data/attack.tsv"),
            Self::Stratus => include_str!("../data/stratus.tsv"),
            Self::TrailDiscover => include_str!("../data/traildiscover.tsv"),
        };
        let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<&str>>());
        let head = lines.next().unwrap_or_default();
        lines
            .map(|cells| {
                let cell = |name: &str| {
                    let at = head.iter().position(|known| *known == name);
                    at.and_then(|at| cells.get(at)).copied().unwrap_or_default()
                };
                self.row(&cell, rules)
            })
            .collect()
    }

    fn row<'t>(self, cell: &dyn Fn(&str) -> &'t str, rules: &[LoadedRule<'_>]) -> CoverageRow {
        let list = |text: &str| -> Vec<String> {
            text.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect()
        };
        let id = cell(if self == Self::TrailDiscover { "event" } else { "id" }).to_owned();
        let mut found: Vec<&LoadedRule<'_>> = match self {
            Self::Attack => {
                let ids = [vec![id.clone()], list(cell("was"))].concat();
                let tags = ids.iter().map(|id| format!("attack.{}", id.to_lowercase()));
                let tags: Vec<String> = tags.collect();
                let has_tag =
                    |(rule, _): &&LoadedRule<'_>| rule.tags.iter().any(|tag| tags.contains(tag));
                rules.iter().filter(has_tag).collect()
            }
            Self::Stratus | Self::TrailDiscover => {
                rules.iter().filter(|(rule, _)| rule.id == cell("rule")).collect()
            }
        };
        found.sort_by_key(|(rule, is_on)| (!is_on, rule.id.clone()));
        let state = match found.first() {
            Some((_, true)) => CoverageState::On,
            Some(_) => CoverageState::Off,
            None if cell("seen_by") == "case" => CoverageState::Case,
            None => CoverageState::None,
        };
        let tactics = match self {
            Self::Attack => list(cell("tactics")),
            Self::Stratus => id.split('.').nth(1).map(str::to_owned).into_iter().collect(),
            Self::TrailDiscover => Vec::new(),
        };
        CoverageRow {
            name: cell("name").to_owned(),
            tactics,
            state,
            rules: found.into_iter().map(|(rule, _)| rule.id.clone()).collect(),
            why_not: cell("why_not").to_owned(),
            id,
        }
    }
}

impl CoverageState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::On, Self::Off, Self::Case, Self::None];

    /// It in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "a rule",
            Self::Off => "a rule that is off",
            Self::Case => "cases",
            Self::None => "denials only",
        }
    }

    /// The colour of its cell, and of the text in it.
    fn colors(self) -> (&'static str, &'static str) {
        match self {
            Self::On => ("#1a7f37", "#ffffff"),
            Self::Off => ("#a5d6a7", "#1b1f24"),
            Self::Case => ("#cfe8fc", "#1b1f24"),
            Self::None => ("#e6e8eb", "#57606a"),
        }
    }
}

/// `54 of 109 techniques: 51 by rules that are on, 3 by rules that are off`.
pub fn summarize_rows(list: CoverageList, rows: &[CoverageRow]) -> String {
    let count = |state| rows.iter().filter(|row| row.state == state).count();
    let parts: Vec<String> = CoverageState::ALL
        .into_iter()
        .filter(|state| *state != CoverageState::None && count(*state) > 0)
        .map(|state| format!("{} by {}", count(state), in_summary(state)))
        .collect();
    let all = rows.len() - count(CoverageState::None);
    format!("{all} of {} {}: {}", rows.len(), list.noun(), parts.join(", "))
}

fn in_summary(state: CoverageState) -> &'static str {
    match state {
        CoverageState::On => "rules that are on",
        CoverageState::Off => "rules that are off",
        other => other.as_str(),
    }
}

/// The page about coverage, in Markdown; rules link to their pages below `pages`.
pub fn coverage_page(rules: &[LoadedRule<'_>], page_of: &dyn Fn(&str) -> Option<String>) -> String {
    let mut page = String::new();
    for list in CoverageList::ALL {
        let rows = list.rows(rules);
        let _ = write!(page, "\n## {}\n\n{}.\n\n", list.title(), summarize_rows(list, &rows));
        let (first, name) = match list {
            CoverageList::TrailDiscover => ("call", ""),
            CoverageList::Attack | CoverageList::Stratus => ("technique", " name |"),
        };
        let dashes = if name.is_empty() { "" } else { "---|" };
        let _ = write!(
            page,
            "| {first} |{name} reported by | rules, or why not |\n|---|{dashes}---|---|\n"
        );
        for row in &rows {
            let name = if name.is_empty() { String::new() } else { format!(" {} |", row.name) };
            let linked = row.rules.iter().map(|rule| match page_of(rule) {
                Some(page) => format!("[`{rule}`]({page})"),
                None => format!("`{rule}`"),
            });
            let rules: Vec<String> = linked.collect();
            let told = if rules.is_empty() { row.why_not.clone() } else { rules.join(", ") };
            let _ = writeln!(page, "| `{}` |{name} {} | {told} |", row.id, row.state.as_str());
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped::{load_shipped, shipped_files};

    fn shipped() -> Vec<std::sync::Arc<RuleSummary>> {
        let loaded = load_shipped();
        let silent: Vec<String> = loaded.silent_rules().iter().map(|id| (*id).to_owned()).collect();
        let rules = loaded.rules.iter().map(|rule| rule.about.clone());
        rules
            .chain(loaded.correlations.iter().map(|one| one.about.clone()))
            .filter(|about| !silent.contains(&about.id))
            .collect()
    }

    #[test]
    fn everything_has_a_rule_or_a_reason() {
        let rules = shipped();
        let rules: Vec<LoadedRule<'_>> = rules.iter().map(|rule| (&**rule, true)).collect();
        for list in CoverageList::ALL {
            let rows = list.rows(&rules);
            assert!(rows.len() > 40 && rows.is_sorted_by_key(|row| row.id.clone()), "{list:?}");
            for row in &rows {
                let is_told = !row.rules.is_empty() || row.state == CoverageState::Case;
                assert!(is_told || !row.why_not.is_empty(), "{list:?} {}", row.id);
                assert!(row.rules.is_empty() || row.why_not.is_empty(), "{list:?} {}", row.id);
            }
        }
    }

    /// A rule that a list names exists, and its file names one of the calls.
    #[test]
    fn rules_that_are_named_tell_it() {
        let rules = shipped();
        for (text, calls) in [
            (include_str!("../data/stratus.tsv"), 2),
            (include_str!("../data/traildiscover.tsv"), 0),
        ] {
            let at = if calls == 2 { 3 } else { 1 };
            for line in text.lines().skip(1) {
                let cells: Vec<&str> = line.split('\t').collect();
                let (names, rule) = (cells[calls], cells[at]);
                if rule.is_empty() {
                    continue;
                }
                assert!(rules.iter().any(|one| one.id == rule), "{rule} does not exist");
                let id = format!("id: {rule}\n");
                let (_, file) =
                    shipped_files().iter().find(|(_, text)| text.contains(&id)).unwrap();
                let mut called = names.split(',').filter_map(|call| call.split_once(':'));
                assert!(
                    called.any(|(_, name)| file.contains(name)),
                    "{rule} names none of {names}"
                );
            }
        }
    }
}
