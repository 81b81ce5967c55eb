//! Filters: documents that narrow other rules. Those with an owner, a reason and an end are
//! suppressions.

use std::sync::Arc;

use aware_core::finding;
use aware_core::source::SourceId;

use super::context::FileContext;
use super::detection;
use super::header::{self, DocumentHeader};
use super::reference::RuleReference;
use crate::ir::RuleExpr;
use crate::tree::{PatternPlace, YamlNode, YamlValue};

/// A filter. Its condition must hold in addition to the rule's own: to exclude events, it begins
/// with `not`.
#[derive(Clone, Debug, PartialEq)]
pub struct SigmaFilter {
    /// Its id, title, author and so on.
    pub about: Arc<finding::RuleSummary>,
    /// The source whose rules it narrows; `None` for those of all.
    pub source: Option<SourceId>,
    /// The rules that it narrows.
    pub targets: FilterTargets,
    /// What must hold for a finding.
    pub expr: RuleExpr,
    /// Whether it is already part of its rules' expressions. A suppression is not: it has an end,
    /// and what it hides is counted.
    pub applied: bool,
    /// Who is responsible for it.
    pub owner: Option<String>,
    /// Why it exists.
    pub reason: Option<String>,
    /// When it ends: a date or a time.
    pub until: Option<String>,
    /// The file it came from.
    pub file: String,
    /// The line it begins at, counted from 1.
    pub line: u32,
}

/// The rules that a filter narrows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterTargets {
    /// Every rule for its log source.
    Any,
    /// Rules with these ids.
    Rules(Vec<String>),
}

/// A filter whose references are not yet resolved.
pub(super) struct FilterDraft {
    pub(super) filter: SigmaFilter,
    /// `None` means every rule.
    pub(super) rules: Option<Vec<RuleReference>>,
    pub(super) place: PatternPlace,
    pub(super) is_retired: bool,
}

impl SigmaFilter {
    /// Whether it is a suppression: it has an owner, a reason and an end.
    pub fn is_suppression(&self) -> bool {
        self.until.is_some()
    }
}

/// Reads a filter.
pub(super) fn read_filter(
    context: &mut FileContext<'_>,
    header: &DocumentHeader,
    document: &YamlNode,
) -> Option<FilterDraft> {
    let (key, node) = document.entry("filter")?;
    context.read_map("filter", node)?;
    let expr = detection::compile_detection(context, ("filter", node), &["rules"]);
    let rules = read_targets(context, node);
    let (owner, reason, until) = read_suppression(context, document)?;
    let filter = SigmaFilter {
        about: Arc::clone(&header.about),
        source: context.source,
        targets: FilterTargets::Any,
        expr: expr?,
        applied: false,
        owner,
        reason,
        until,
        file: context.file.to_owned(),
        line: document.place.0,
    };
    Some(FilterDraft { filter, rules: rules?, place: key.place, is_retired: header.is_retired })
}

/// The references of a filter; `Some(None)` for `any`.
#[allow(clippy::option_option)]
fn read_targets(
    context: &mut FileContext<'_>,
    filter: &YamlNode,
) -> Option<Option<Vec<RuleReference>>> {
    let Some(node) = filter.get("rules") else {
        let hint = "a list of ids, names or titles, or `any`";
        return context.refuse_with_hint(filter.place, "`filter` has no `rules`", hint);
    };
    if let YamlValue::Text(text) = &node.value
        && ["any", "all"].contains(&text.to_lowercase().as_str())
    {
        return Some(None);
    }
    let rules = context.read_texts("rules", node)?;
    if rules.is_empty() {
        return context.refuse_with_hint(
            node.place,
            "`rules` is empty",
            "write `any` for every rule",
        );
    }
    Some(Some(rules))
}

type SuppressionTerms = (Option<String>, Option<String>, Option<String>);

/// What makes a filter a suppression: all three, or none of them.
fn read_suppression(
    context: &mut FileContext<'_>,
    document: &YamlNode,
) -> Option<SuppressionTerms> {
    let mut text = |key: &str| header::read_text(context, document, key);
    let (owner, reason, until) = (text("owner")?, text("reason")?, text("until")?);
    let given = [("owner", &owner), ("reason", &reason), ("until", &until)];
    if given.iter().all(|(_, value)| value.is_none()) {
        return Some((None, None, None));
    }
    let missing = given.iter().filter(|(_, value)| value.is_none()).map(|(key, _)| *key);
    if let Some(missing) = missing.into_iter().next() {
        let hint = "a suppression has `owner`, `reason` and `until`; a filter has none of them";
        let what = format!("suppression without `{missing}`");
        return context.refuse_with_hint(document.place, what, hint);
    }
    let end = until.as_deref().unwrap_or_default();
    if end.parse::<jiff::civil::Date>().is_err() && end.parse::<jiff::Timestamp>().is_err() {
        let place = document.get("until").map_or(document.place, |node| node.place);
        let hint = "a date, `2027-01-31`, or a time, `2027-01-31T12:00:00Z`";
        return context.refuse_with_hint(
            place,
            format_args!("`{end}` is not a date or a time"),
            hint,
        );
    }
    Some((owner, reason, until))
}
