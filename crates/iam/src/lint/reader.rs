//! Reads the parts of which policies are made: objects, texts and lists of texts.

use aware_core::near::nearest_within;

use super::check::LintCheck;
use super::checks::shape as check;
use super::findings::FindingCollector;
use super::tree::{JsonKey, JsonNode, JsonValue};
use super::view::PlacedText;
use crate::policy::{clip_text, near_or_all};

/// Who a principal may be.
pub(super) const PRINCIPAL_KEYS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

type ObjectEntries = Vec<(JsonKey, JsonNode)>;

/// Reads policies, and reports what is out of place.
pub(super) struct PolicyReader<'r, 't> {
    pub(super) text: &'t str,
    pub(super) findings: &'r mut FindingCollector<'t>,
}

impl PolicyReader<'_, '_> {
    /// The entries of an object, each name once; empty for anything else. If `known` is empty,
    /// every name is allowed.
    pub(super) fn read_object(
        &mut self,
        node: JsonNode,
        at: &PlacedText,
        known: &[&str],
    ) -> ObjectEntries {
        let entries = match node.value {
            JsonValue::Object(entries) => entries,
            other => {
                self.report_wrong_type(at, &other, "an object");
                return ObjectEntries::new();
            }
        };
        let mut kept = ObjectEntries::new();
        let mut seen = std::collections::BTreeMap::new();
        for (mut key, node) in entries {
            let place = new_leaf(&key.text, &join_path(&at.path, clip_text(&key.text)), key.offset);
            if !known.is_empty() && !known.contains(&key.text.as_str()) {
                let Some(meant) = self.resolve_unknown(&place, known) else { continue };
                key.text = meant;
            }
            if let Some(before) = seen.insert(key.text.to_lowercase(), key.text.clone()) {
                self.report_duplicate(&place, before == key.text);
                continue;
            }
            kept.push((key, node));
        }
        kept
    }

    fn report_duplicate(&mut self, place: &PlacedText, is_equal: bool) {
        let name = clip_text(&place.text);
        if is_equal {
            self.findings.report_at(&check::DUPLICATE_KEY, place, format!("`{name}` occurs twice"));
        } else {
            let what = format!("`{name}` occurs twice, in different case");
            self.findings.report_at(&check::DUPLICATE_KEY_CASE, place, what);
        }
    }

    /// Reports an unknown element, and returns the known one that it most likely means.
    fn resolve_unknown(&mut self, place: &PlacedText, known: &[&str]) -> Option<String> {
        let is_principal = known == PRINCIPAL_KEYS;
        let check = if is_principal { &check::PRINCIPAL_KIND } else { &check::UNKNOWN_ELEMENT };
        let what = format!("unknown element `{}`", clip_text(&place.text));
        self.findings.report_with_hint(check, place, what, near_or_all(&place.text, known));
        nearest_within(clip_text(&place.text), known.iter().copied(), 1).map(str::to_owned)
    }

    pub(super) fn read_text(&mut self, node: JsonNode, at: &PlacedText) -> Option<String> {
        match node.value {
            JsonValue::Text(text) => Some(text),
            other => {
                self.report_wrong_type(at, &other, "a string");
                None
            }
        }
    }

    pub(super) fn read_texts(
        &mut self,
        node: JsonNode,
        at: &PlacedText,
        empty: &'static LintCheck,
    ) -> Vec<PlacedText> {
        let list = match node.value {
            JsonValue::List(list) if list.is_empty() => {
                self.findings.report_at(empty, at, format!("`{}` is an empty list", at.text));
                Vec::new()
            }
            JsonValue::List(list) => list,
            one => {
                let path = at.path.clone();
                let text = self.read_text(JsonNode { offset: node.offset, value: one }, at);
                return text
                    .map(|text| PlacedText { text, path, offset: node.offset })
                    .into_iter()
                    .collect();
            }
        };
        let mut texts = Vec::new();
        for (i, node) in list.into_iter().enumerate() {
            let place = new_leaf("", &format!("{}[{i}]", at.path), node.offset);
            if let Some(text) = self.read_text(node, &place) {
                texts.push(PlacedText { text, ..place });
            }
        }
        texts
    }

    pub(super) fn report_wrong_type(&mut self, at: &PlacedText, found: &JsonValue, wanted: &str) {
        let what = format!("{} instead of {wanted}", found.type_name());
        self.findings.report_at(&check::DATA_TYPE, at, what);
    }
}

pub(super) fn new_leaf(text: &str, path: &str, offset: usize) -> PlacedText {
    PlacedText { text: text.to_owned(), path: path.to_owned(), offset }
}

fn join_path(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
