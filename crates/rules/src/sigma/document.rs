//! One document of a file: a rule, a correlation or a filter.

use std::sync::Arc;

use aware_core::near::nearest;

use super::context::FileContext;
use super::header::{self, DocumentHeader};
use super::logsource::{self, LogSource};
use super::{baseline, correlation, detection, filter};
use crate::doubt;
use crate::problem::RuleMistake;
use crate::rule::{CompiledRule, RuleLanguage};
use crate::tree::{YamlNode, YamlValue};

/// The kind of a document.
pub(super) enum SigmaDocument {
    /// A rule.
    Rule(CompiledRule),
    /// A correlation.
    Correlation(Box<correlation::CorrelationDraft>),
    /// A filter.
    Filter(Box<filter::FilterDraft>),
    /// It is for a source that is not read; nothing else in it is checked.
    Other(String),
    /// It has no part of a rule, a correlation or a filter: YAML of some other kind.
    Foreign(RuleMistake),
    /// It is refused; the problems say why.
    Refused,
}

/// The keys that determine the kind of a document.
const PARTS: [&str; 3] = ["detection", "correlation", "filter"];

/// Reads a document.
pub(super) fn read_document(context: &mut FileContext<'_>, document: &YamlNode) -> SigmaDocument {
    match classify_and_read(context, document) {
        Some(read) => read,
        None => SigmaDocument::Refused,
    }
}

fn classify_and_read(context: &mut FileContext<'_>, document: &YamlNode) -> Option<SigmaDocument> {
    if let Some(problem) = foreign_problem(context, document) {
        return Some(SigmaDocument::Foreign(problem));
    }
    let part = document_part(context, document)?;
    let header = header::read_header(context, document);
    let source = match part {
        "correlation" => None,
        "filter" => Some(logsource::source_of_filter(context, document)?),
        _ => Some(logsource::source_of_rule(context, document)?),
    };
    match source {
        Some(LogSource::Other(name)) => return Some(SigmaDocument::Other(name)),
        Some(LogSource::Source(source)) => context.source = source,
        None => {}
    }
    let header = header?;
    let read = read_part(context, &header, part, document)?;
    note_version(context, document);
    Some(read)
}

fn read_part(
    context: &mut FileContext<'_>,
    header: &DocumentHeader,
    part: &str,
    document: &YamlNode,
) -> Option<SigmaDocument> {
    Some(match part {
        "correlation" => SigmaDocument::Correlation(Box::new(correlation::read_correlation(
            context, header, document,
        )?)),
        "filter" => {
            SigmaDocument::Filter(Box::new(filter::read_filter(context, header, document)?))
        }
        _ => SigmaDocument::Rule(read_rule(context, header, document)?),
    })
}

/// Tools that follow version 2 read `[any]` as part of a name. CloudTrail has no such names, so no
/// version is needed here.
///
/// Source: Sigma Enhancement Proposal 213, "Rule-Level Specification Version Declaration".
fn note_version(context: &mut FileContext<'_>, document: &YamlNode) {
    let Some(place) = context.selector.take() else { return };
    let given = document.get("sigma-version").and_then(YamlNode::scalar_text).unwrap_or_default();
    let major = given.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < 3) {
        context.add_note(
            place,
            "asks for members of a list, which is Sigma 3 (hint: add `sigma-version: 3`, without \
             which other tools take the brackets for letters)",
        );
    }
}

/// Keys of a rule; a document that has none of them is not a rule at all.
const SIGNS: [&str; 4] = ["logsource", "action", "title", "level"];

/// Reports what is wrong with a document that is not Sigma.
fn foreign_problem(context: &FileContext<'_>, document: &YamlNode) -> Option<RuleMistake> {
    let keys = document.map_entries().unwrap_or_default().iter().map(|(key, _)| key.text.as_str());
    let is_sign =
        |key: &str| PARTS.contains(&key) || SIGNS.contains(&key) || nearest(key, PARTS).is_some();
    let is_list_of_rules = match &document.value {
        YamlValue::List(items) => {
            items.iter().any(|item| PARTS.iter().any(|p| item.get(p).is_some()))
        }
        _ => false,
    };
    if is_list_of_rules || keys.clone().any(is_sign) {
        return None;
    }
    let problem = RuleMistake::new(context.file, document.place, "document is not a rule");
    Some(
        problem.with_hint(
            "a rule has a `detection`, a correlation a `correlation`, a filter a `filter`",
        ),
    )
}

/// Determines the kind of this document.
fn document_part(context: &mut FileContext<'_>, document: &YamlNode) -> Option<&'static str> {
    let place = document.place;
    let Some(entries) = document.map_entries() else {
        let what = format!("a rule has to be a map, not {}", document.value.kind_name());
        return match document.value {
            YamlValue::List(_) => {
                context.refuse_with_hint(place, what, "put `---` between the rules of a file")
            }
            _ => context.refuse_at(place, what),
        };
    };
    if let Some((key, _)) = document.entry("action") {
        let hint = "write each rule in full; `---` separates them";
        return context.refuse_with_hint(key.place, "`action` is no longer Sigma", hint);
    }
    let found: Vec<_> = PARTS.into_iter().filter(|part| document.get(part).is_some()).collect();
    match found.as_slice() {
        [part] => Some(part),
        [] => {
            let near = entries.iter().find_map(|(key, _)| Some((key, nearest(&key.text, PARTS)?)));
            match near {
                Some((key, near)) => {
                    let what = format!("unknown key `{}`", key.text);
                    context.refuse_unknown(key.place, what, Some(near))
                }
                None => {
                    let hint = "a rule has a `detection`, a correlation a `correlation`, a filter \
                                a `filter`";
                    context.refuse_with_hint(place, "document is not a rule", hint)
                }
            }
        }
        [first, second, ..] => {
            let hint = "put each in a document of its own";
            let what = format!("document has both `{first}` and `{second}`");
            context.refuse_with_hint(place, what, hint)
        }
    }
}

fn read_rule(
    context: &mut FileContext<'_>,
    header: &DocumentHeader,
    document: &YamlNode,
) -> Option<CompiledRule> {
    let node = document.get("detection")?;
    let enabled = match document.entry("enabled").map(|(_, node)| (&node.value, node.place)) {
        None | Some((YamlValue::Null, _)) => header.is_on(),
        Some((YamlValue::Bool(enabled), _)) => *enabled,
        Some((_, place)) => return context.refuse_at(place, "`enabled` is neither true nor false"),
    };
    let baseline = baseline::read_baseline(context, document);
    let expr = detection::compile_detection(context, ("detection", node), &[])?;
    let lists = std::mem::take(&mut context.lists);
    for doubt in doubt::find_doubts(&expr, context.source, &lists) {
        context.add_note(node.place, format_args!("`{}` {doubt}", header.about.name));
    }
    Some(CompiledRule {
        about: Arc::clone(&header.about),
        language: RuleLanguage::Sigma,
        source: context.source,
        file: context.file.to_owned(),
        line: document.place.0,
        enabled,
        expr,
        baseline: baseline?.map(Arc::new),
    })
}
