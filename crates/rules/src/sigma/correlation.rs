//! Correlations: documents that count, or put in order, what other rules match.
//!
//! Source: Sigma specification 2.1, *correlation rules*; `value_median` is from pySigma. Here they
//! are only read.

use std::collections::BTreeMap;
use std::sync::Arc;

use aware_core::near::nearest;
use aware_core::source::cloudtrail;

use super::aliased::read_fields;
use super::bounds;
use super::context::{FileContext, all_or_none};
use super::field::plain_field;
use super::header::DocumentHeader;
use super::reference::RuleReference;
use crate::correlate::{Correlation, CorrelationKind};
use crate::tree::{PatternPlace, YamlNode, YamlValue};

/// The keys of a correlation.
const KEYS: [&str; 8] =
    ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate", "tags"];

/// A correlation whose references are not yet resolved.
pub(super) struct CorrelationDraft {
    pub(super) correlation: Correlation,
    pub(super) rules: Vec<RuleReference>,
    pub(super) aliases: Vec<(String, Vec<(RuleReference, String)>)>,
    pub(super) place: PatternPlace,
}

/// Reads a correlation.
pub(super) fn read_correlation(
    context: &mut FileContext<'_>,
    header: &DocumentHeader,
    document: &YamlNode,
) -> Option<CorrelationDraft> {
    let (key, node) = document.entry("correlation")?;
    check_keys(context, document, node)?;
    let kind = read_kind(context, node)?;
    let rules =
        required_key(context, node, "rules").and_then(|node| context.read_texts("rules", node));
    let aliases = read_aliases(context, node);
    let timespan =
        required_key(context, node, "timespan").and_then(|node| read_timespan(context, node));
    let names = |aliases: &AliasList| aliases.iter().map(|(name, _)| name.clone()).collect();
    let known: Vec<String> = aliases.as_ref().map(names).unwrap_or_default();
    let group_by = match node.get("group-by") {
        Some(node) => read_fields(context, "group-by", node, &known),
        None => Some(Vec::new()),
    };
    let generate = read_generate(context, document, node);
    let rules = rules?;
    if rules.is_empty() {
        return context.refuse_at(key.place, "correlation has no rules");
    }
    let condition = bounds::read_condition(context, kind, node, &known, &rules)?;
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
        enabled: header.is_on(),
        file: context.file.to_owned(),
        line: document.place.0,
    };
    Some(CorrelationDraft { correlation, rules, aliases: aliases?, place: key.place })
}

/// Refuses keys that a correlation does not have.
fn check_keys(context: &mut FileContext<'_>, document: &YamlNode, node: &YamlNode) -> Option<()> {
    for (key, _) in context.read_map("correlation", node)? {
        if !KEYS.contains(&key.text.as_str()) {
            let what = format!("unknown key `{}` in `correlation`", key.text);
            return context.refuse_unknown(key.place, what, nearest(&key.text, KEYS));
        }
    }
    match document.entry("enabled") {
        Some((key, _)) => context.refuse_with_hint(
            key.place,
            "`enabled` is not allowed in a correlation",
            "switch it off by `pack`, by `disable` in the config, or by `--disable`",
        ),
        None => Some(()),
    }
}

fn required_key<'n>(
    context: &mut FileContext<'_>,
    node: &'n YamlNode,
    key: &str,
) -> Option<&'n YamlNode> {
    let value = node.get(key);
    if value.is_none() {
        context.refuse_at::<()>(node.place, format_args!("correlation has no `{key}`"));
    }
    value
}

fn read_kind(context: &mut FileContext<'_>, node: &YamlNode) -> Option<CorrelationKind> {
    let node = required_key(context, node, "type")?;
    let text = context.read_text("type", node)?;
    match CorrelationKind::ALL.into_iter().find(|kind| kind.as_str() == text) {
        Some(kind) => Some(kind),
        None => {
            let near = nearest(&text, CorrelationKind::ALL.map(CorrelationKind::as_str));
            context.refuse_unknown(
                node.place,
                format_args!("unknown correlation type `{text}`"),
                near,
            )
        }
    }
}

/// `90m`: a number and a unit.
fn read_timespan(context: &mut FileContext<'_>, node: &YamlNode) -> Option<u64> {
    let text = context.read_text("timespan", node)?;
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
            context.refuse_with_hint(node.place, format_args!("`{text}` is not a timespan"), hint)
        }
    }
}

type AliasList = Vec<(String, Vec<(RuleReference, String)>)>;

fn read_aliases(context: &mut FileContext<'_>, node: &YamlNode) -> Option<AliasList> {
    let Some(node) = node.get("aliases") else { return Some(Vec::new()) };
    let entries = context.read_map("aliases", node)?;
    all_or_none(entries.iter().map(|(alias, node)| {
        let fields = context.read_map(&alias.text, node)?.iter().map(|(rule, node)| {
            let name = context.read_text(&rule.text, node)?;
            plain_field(context, &name, node.place)?;
            Some(((rule.text.clone(), rule.place), name))
        });
        Some((alias.text.clone(), all_or_none(fields)?))
    }))
}

/// Reads `generate`, which is next to `correlation` or within it.
fn read_generate(
    context: &mut FileContext<'_>,
    document: &YamlNode,
    node: &YamlNode,
) -> Option<bool> {
    match node.get("generate").or_else(|| document.get("generate")) {
        None => Some(false),
        Some(YamlNode { value: YamlValue::Bool(generate), .. }) => Some(*generate),
        Some(node) => context.refuse_at(node.place, "`generate` has to be `true` or `false`"),
    }
}
