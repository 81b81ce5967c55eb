//! One document of a file: a rule, a correlation or a filter.

use super::context::Context;
use super::header::{self, Header};
use super::logsource::{self, Logsource};
use super::{correlation, detection, filter};
use crate::doubt;
use crate::problem::Problem;
use crate::rule::{Language, Rule};
use crate::tree::{Node, Value};
use aware_core::near::nearest;

/// The kind of a document.
pub(super) enum Document {
    /// A rule.
    Rule(Rule),
    /// A correlation.
    Correlation(Box<correlation::Draft>),
    /// A filter.
    Filter(Box<filter::Draft>),
    /// It is for a source that is not read; nothing else in it is checked.
    Other(String),
    /// It has no part of a rule, a correlation or a filter: YAML of some other kind.
    Foreign(Problem),
    /// It is refused; the problems say why.
    Refused,
}

/// The keys that determine the kind of a document.
const PARTS: [&str; 3] = ["detection", "correlation", "filter"];

/// Reads a document.
pub(super) fn read(context: &mut Context<'_>, document: &Node) -> Document {
    match document_of(context, document) {
        Some(read) => read,
        None => Document::Refused,
    }
}

fn document_of(context: &mut Context<'_>, document: &Node) -> Option<Document> {
    if let Some(problem) = foreign(context, document) {
        return Some(Document::Foreign(problem));
    }
    let part = part(context, document)?;
    let header = header::read(context, document);
    let source = match part {
        "correlation" => None,
        "filter" => Some(logsource::of_filter(context, document)?),
        _ => Some(logsource::of_rule(context, document)?),
    };
    match source {
        Some(Logsource::Other(name)) => return Some(Document::Other(name)),
        Some(Logsource::Source(source)) => context.source = source,
        None => {}
    }
    let header = header?;
    let read = part_of(context, &header, part, document)?;
    version(context, document);
    Some(read)
}

fn part_of(
    context: &mut Context<'_>,
    header: &Header,
    part: &str,
    document: &Node,
) -> Option<Document> {
    Some(match part {
        "correlation" => {
            Document::Correlation(Box::new(correlation::read(context, header, document)?))
        }
        "filter" => Document::Filter(Box::new(filter::read(context, header, document)?)),
        _ => Document::Rule(rule(context, header, document)?),
    })
}

/// Tools that follow version 2 read `[any]` as part of a name. CloudTrail has no such names, so no
/// version is needed here.
///
/// Source: Sigma Enhancement Proposal 213, "Rule-Level Specification Version Declaration".
fn version(context: &mut Context<'_>, document: &Node) {
    let Some(place) = context.selector.take() else { return };
    let given = document.get("sigma-version").and_then(Node::scalar).unwrap_or_default();
    let major = given.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < 3) {
        context.note(
            place,
            "asks for members of a list, which is Sigma 3 (hint: add `sigma-version: 3`, without \
             which other tools take the brackets for letters)",
        );
    }
}

/// Keys of a rule; a document that has none of them is not a rule at all.
const SIGNS: [&str; 4] = ["logsource", "action", "title", "level"];

/// Reports what is wrong with a document that is not Sigma.
fn foreign(context: &Context<'_>, document: &Node) -> Option<Problem> {
    let keys = document.map().unwrap_or_default().iter().map(|(key, _)| key.text.as_str());
    let is_sign =
        |key: &str| PARTS.contains(&key) || SIGNS.contains(&key) || nearest(key, PARTS).is_some();
    let is_list_of_rules = match &document.value {
        Value::List(items) => items.iter().any(|item| PARTS.iter().any(|p| item.get(p).is_some())),
        _ => false,
    };
    if is_list_of_rules || keys.clone().any(is_sign) {
        return None;
    }
    let problem = Problem::new(context.file, document.place, "document is not a rule");
    Some(
        problem
            .hint("a rule has a `detection`, a correlation a `correlation`, a filter a `filter`"),
    )
}

/// Determines the kind of this document.
fn part(context: &mut Context<'_>, document: &Node) -> Option<&'static str> {
    let place = document.place;
    let Some(entries) = document.map() else {
        let what = format!("a rule has to be a map, not {}", document.value.kind());
        return match document.value {
            Value::List(_) => {
                context.refuse_with(place, what, "put `---` between the rules of a file")
            }
            _ => context.refuse(place, what),
        };
    };
    if let Some((key, _)) = document.entry("action") {
        let hint = "write each rule in full; `---` separates them";
        return context.refuse_with(key.place, "`action` is no longer Sigma", hint);
    }
    let found: Vec<_> = PARTS.into_iter().filter(|part| document.get(part).is_some()).collect();
    match found.as_slice() {
        [part] => Some(part),
        [] => {
            let near = entries.iter().find_map(|(key, _)| Some((key, nearest(&key.text, PARTS)?)));
            match near {
                Some((key, near)) => {
                    let what = format!("unknown key `{}`", key.text);
                    context.unknown(key.place, what, Some(near))
                }
                None => {
                    let hint = "a rule has a `detection`, a correlation a `correlation`, a filter \
                                a `filter`";
                    context.refuse_with(place, "document is not a rule", hint)
                }
            }
        }
        [first, second, ..] => {
            let hint = "put each in a document of its own";
            let what = format!("document has both `{first}` and `{second}`");
            context.refuse_with(place, what, hint)
        }
    }
}

fn rule(context: &mut Context<'_>, header: &Header, document: &Node) -> Option<Rule> {
    let node = document.get("detection")?;
    let enabled = match document.entry("enabled").map(|(_, node)| (&node.value, node.place)) {
        None | Some((Value::Null, _)) => !header.is_retired,
        Some((Value::Bool(enabled), _)) => *enabled,
        Some((_, place)) => return context.refuse(place, "`enabled` is neither true nor false"),
    };
    let expr = detection::compile(context, ("detection", node), &[])?;
    let lists = std::mem::take(&mut context.lists);
    for doubt in doubt::doubts(&expr, context.source, &lists) {
        context.note(node.place, format_args!("`{}` {doubt}", header.about.name));
    }
    Some(Rule {
        about: std::sync::Arc::clone(&header.about),
        language: Language::Sigma,
        source: context.source,
        file: context.file.to_owned(),
        line: document.place.0,
        enabled,
        expr,
    })
}
