//! Correlations: documents that count, or put in order, what other rules match.
//!
//! Source: Sigma specification 2.1, *correlation rules*; `value_median` is from pySigma. Here they
//! are only read.

use std::collections::BTreeMap;
use std::sync::Arc;

use aware_core::near::nearest;
use aware_core::source::cloudtrail;

use super::aliased::fields;
use super::bounds;
use super::context::{Context, all};
use super::field::field;
use super::header::Header;
use super::reference::Reference;
use crate::correlate::{Correlation, Kind};
use crate::tree::{Node, Place, Value};

/// The keys of a correlation.
const KEYS: [&str; 8] =
    ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate", "tags"];

/// A correlation whose references are not yet resolved.
pub(super) struct Draft {
    pub(super) correlation: Correlation,
    pub(super) rules: Vec<Reference>,
    pub(super) aliases: Vec<(String, Vec<(Reference, String)>)>,
    pub(super) place: Place,
}

/// Reads a correlation.
pub(super) fn read(context: &mut Context<'_>, header: &Header, document: &Node) -> Option<Draft> {
    let (key, node) = document.entry("correlation")?;
    for (key, _) in context.map("correlation", node)? {
        if !KEYS.contains(&key.text.as_str()) {
            let what = format!("unknown key `{}` in `correlation`", key.text);
            return context.unknown(key.place, what, nearest(&key.text, KEYS));
        }
    }
    if let Some((key, _)) = document.entry("enabled") {
        let hint = "switch it off by `disable` in the config, or `--disable`";
        return context.refuse_with(key.place, "`enabled` is not allowed in a correlation", hint);
    }
    let kind = kind(context, node)?;
    let rules = required(context, node, "rules").and_then(|node| context.texts("rules", node));
    let aliases = aliases(context, node);
    let timespan = required(context, node, "timespan").and_then(|node| timespan(context, node));
    let names = |aliases: &Aliases| aliases.iter().map(|(name, _)| name.clone()).collect();
    let known: Vec<String> = aliases.as_ref().map(names).unwrap_or_default();
    let group_by = match node.get("group-by") {
        Some(node) => fields(context, "group-by", node, &known),
        None => Some(Vec::new()),
    };
    let generate = generate(context, document, node);
    let rules = rules?;
    if rules.is_empty() {
        return context.refuse(key.place, "correlation has no rules");
    }
    let condition = bounds::read(context, kind, node, &known, &rules)?;
    let correlation = Correlation {
        about: Arc::clone(&header.about),
        name: header.name.clone(),
        kind,
        rules: Vec::new(),
        group_by: group_by?,
        timespan_seconds: timespan?,
        condition,
        aliases: BTreeMap::new(),
        source: cloudtrail::ID,
        generate: generate?,
        enabled: !header.is_retired,
        file: context.file.to_owned(),
        line: document.place.0,
    };
    Some(Draft { correlation, rules, aliases: aliases?, place: key.place })
}

fn required<'n>(context: &mut Context<'_>, node: &'n Node, key: &str) -> Option<&'n Node> {
    let value = node.get(key);
    if value.is_none() {
        context.refuse::<()>(node.place, format_args!("correlation has no `{key}`"));
    }
    value
}

fn kind(context: &mut Context<'_>, node: &Node) -> Option<Kind> {
    let node = required(context, node, "type")?;
    let text = context.text("type", node)?;
    match Kind::ALL.into_iter().find(|kind| kind.as_str() == text) {
        Some(kind) => Some(kind),
        None => {
            let near = nearest(&text, Kind::ALL.map(Kind::as_str));
            context.unknown(node.place, format_args!("unknown correlation type `{text}`"), near)
        }
    }
}

/// `90m`: a number and a unit.
fn timespan(context: &mut Context<'_>, node: &Node) -> Option<u64> {
    let text = context.text("timespan", node)?;
    let split = text.find(|c: char| !c.is_ascii_digit()).map(|at| text.split_at(at));
    let seconds = split.and_then(|(number, unit)| {
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(unit).filter(|seconds| *seconds > 0)
    });
    match seconds {
        Some(seconds) => Some(seconds),
        None => {
            let hint = "a number and one of s, m, h, d: `90m`";
            context.refuse_with(node.place, format_args!("`{text}` is not a timespan"), hint)
        }
    }
}

type Aliases = Vec<(String, Vec<(Reference, String)>)>;

fn aliases(context: &mut Context<'_>, node: &Node) -> Option<Aliases> {
    let Some(node) = node.get("aliases") else { return Some(Vec::new()) };
    let entries = context.map("aliases", node)?;
    all(entries.iter().map(|(alias, node)| {
        let fields = context.map(&alias.text, node)?.iter().map(|(rule, node)| {
            let name = context.text(&rule.text, node)?;
            field(context, &name, node.place)?;
            Some(((rule.text.clone(), rule.place), name))
        });
        Some((alias.text.clone(), all(fields)?))
    }))
}

/// Reads `generate`, which is next to `correlation` or within it.
fn generate(context: &mut Context<'_>, document: &Node, node: &Node) -> Option<bool> {
    match node.get("generate").or_else(|| document.get("generate")) {
        None => Some(false),
        Some(Node { value: Value::Bool(generate), .. }) => Some(*generate),
        Some(node) => context.refuse(node.place, "`generate` has to be `true` or `false`"),
    }
}
