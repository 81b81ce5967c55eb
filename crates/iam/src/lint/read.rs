//! Reads a policy as far as possible; anything out of place becomes a finding.

use aware_core::near::nearest_within;

use super::check::LintCheck;
use super::checks::shape as check;
use super::findings::FindingCollector;
use super::policy_type::PolicyType;
use super::tree::{self, JsonFault, JsonKey, JsonNode, JsonValue};
use super::view::{DocumentView, ElementList, PlacedText, PrincipalView, StatementView};
use super::whole::{count_chars, type_by_content};
use crate::policy::{LanguageVersion, StatementEffect, clip_text, near_or_all};

const POLICY_KEYS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_KEYS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
const PRINCIPAL_KEYS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];
/// The keys that the AWS command line prints around a policy.
const WRAPPERS: [&str; 4] = ["PolicyDocument", "Policy", "PolicyVersion", "Document"];

type ObjectEntries = Vec<(JsonKey, JsonNode)>;

/// Reads every policy of a text.
pub(super) fn read_documents<'t>(
    text: &'t str,
    given: Option<PolicyType>,
    findings: &mut FindingCollector<'t>,
) -> Result<Vec<DocumentView>, JsonFault> {
    let mut all = Vec::new();
    for node in tree::read_nodes(text)? {
        match unwrap_policy(node) {
            JsonNode { value: JsonValue::List(list), .. } if !list.is_empty() => {
                all.extend(list.into_iter().map(unwrap_policy));
            }
            one => all.push(one),
        }
    }
    if all.is_empty() {
        return Err(JsonFault { line: 1, column: 1, what: "the text is empty".to_owned() });
    }
    let is_alone = all.len() == 1;
    let mut reader = PolicyReader { text, findings };
    let numbered = all.into_iter().enumerate();
    let path = |at: usize| if is_alone { String::new() } else { format!("[{at}].") };
    Ok(numbered.map(|(at, node)| reader.read_document(node, path(at), given)).collect())
}

fn unwrap_policy(node: JsonNode) -> JsonNode {
    let JsonNode { offset, value: JsonValue::Object(mut entries) } = node else { return node };
    let is_policy = entries.iter().any(|(key, _)| key.text == "Statement");
    let is_wrapper = |(key, inner): &(JsonKey, JsonNode)| {
        WRAPPERS.contains(&key.text.as_str()) && matches!(inner.value, JsonValue::Object(_))
    };
    match entries.iter().position(is_wrapper).filter(|_| !is_policy) {
        Some(at) => unwrap_policy(entries.swap_remove(at).1),
        None => JsonNode { offset, value: JsonValue::Object(entries) },
    }
}

pub(super) struct PolicyReader<'r, 't> {
    text: &'t str,
    pub(super) findings: &'r mut FindingCollector<'t>,
}

impl PolicyReader<'_, '_> {
    fn read_document(
        &mut self,
        node: JsonNode,
        path: String,
        given: Option<PolicyType>,
    ) -> DocumentView {
        let offset = node.offset;
        let size = count_chars(self.text.get(offset..).unwrap_or_default());
        let mut document = DocumentView {
            kind: PolicyType::Identity,
            path,
            offset,
            version: None,
            version_at: None,
            size,
            statements: Vec::new(),
        };
        let top = new_leaf("", document.path.trim_end_matches('.'), offset);
        let mut has_statement = false;
        for (key, node) in self.read_object(node, &top, &POLICY_KEYS) {
            let place = new_leaf(&key.text, &format!("{}{}", document.path, key.text), node.offset);
            match key.text.as_str() {
                "Version" => self.read_version(node, place, &mut document),
                "Id" => _ = self.read_text(node, &place),
                _ => {
                    has_statement = true;
                    document.statements = self.read_statements(node, &place);
                }
            }
        }
        if !has_statement {
            self.findings.report_at(&check::NO_STATEMENT, &top, "the policy has no `Statement`");
        }
        document.kind = given.unwrap_or_else(|| type_by_content(&document.statements));
        document
    }

    fn read_version(&mut self, node: JsonNode, place: PlacedText, document: &mut DocumentView) {
        let Some(text) = self.read_text(node, &place) else { return };
        document.version = match text.as_str() {
            "2012-10-17" => Some(LanguageVersion::V2012),
            "2008-10-17" => Some(LanguageVersion::V2008),
            other => {
                let what = format!("unknown version `{}`", clip_text(other));
                self.findings.report_at(&check::UNKNOWN_VERSION, &place, what);
                Some(LanguageVersion::V2012)
            }
        };
        document.version_at = Some(place);
    }

    fn read_statements(&mut self, node: JsonNode, place: &PlacedText) -> Vec<StatementView> {
        match node.value {
            JsonValue::List(list) if list.is_empty() => {
                self.findings.report_at(
                    &check::NO_STATEMENT,
                    place,
                    "the list of statements is empty",
                );
                Vec::new()
            }
            JsonValue::List(list) => {
                let numbered = list.into_iter().enumerate();
                let at = |i: usize| format!("{}[{i}]", place.path);
                numbered.map(|(i, node)| self.read_statement(node, &at(i))).collect()
            }
            _ => vec![self.read_statement(node, &place.path)],
        }
    }

    fn read_statement(&mut self, node: JsonNode, path: &str) -> StatementView {
        let is_object = matches!(node.value, JsonValue::Object(_));
        let place = new_leaf("", path, node.offset);
        let mut view = StatementView { place: place.clone(), ..StatementView::default() };
        let mut has_effect = false;
        for (key, node) in self.read_object(node, &place, &STATEMENT_KEYS) {
            let at = new_leaf(&key.text, &format!("{path}.{}", key.text), node.offset);
            let is_negated = key.text.starts_with("Not");
            match key.text.as_str() {
                "Sid" => self.read_sid(node, &at, &mut view),
                "Effect" => {
                    has_effect = true;
                    view.effect = self.read_effect(node, &at);
                }
                "Principal" | "NotPrincipal" => {
                    self.check_exclusive(&at, view.principal.as_ref().map(|one| &one.name));
                    let named = self.read_principal(node, &at);
                    view.principal = Some(PrincipalView { is_negated, name: at, named });
                }
                "Condition" => view.conditions = self.read_conditions(node, &at),
                name => {
                    let (slot, empty) = match name {
                        "Action" | "NotAction" => (&mut view.actions, &check::EMPTY_ACTION),
                        _ => (&mut view.resources, &check::EMPTY_RESOURCE),
                    };
                    let other = slot.as_ref().map(|list| list.name.clone());
                    self.check_exclusive(&at, other.as_ref());
                    let items = self.read_texts(node, &at, empty);
                    *slot = Some(ElementList { is_negated, name: at, items });
                }
            }
        }
        if is_object && !has_effect {
            self.findings.report_at(&check::NO_EFFECT, &place, "the statement has no `Effect`");
        }
        if is_object && view.actions.is_none() {
            self.findings.report_at(&check::NO_ACTION, &place, "the statement has no `Action`");
        }
        view
    }

    fn check_exclusive(&mut self, one: &PlacedText, other: Option<&PlacedText>) {
        if let Some(other) = other {
            let what = format!("`{}` and `{}` in one statement", other.text, one.text);
            self.findings.report_at(&check::BOTH_ELEMENTS, one, what);
        }
    }

    fn read_sid(&mut self, node: JsonNode, at: &PlacedText, view: &mut StatementView) {
        let Some(text) = self.read_text(node, at) else { return };
        if text.is_empty() {
            self.findings.report_at(&check::EMPTY_SID, at, "the Sid is empty");
            return;
        }
        view.sid = Some(PlacedText { text, ..at.clone() });
    }

    fn read_effect(&mut self, node: JsonNode, at: &PlacedText) -> Option<StatementEffect> {
        match self.read_text(node, at)?.as_str() {
            "Allow" => Some(StatementEffect::Allow),
            "Deny" => Some(StatementEffect::Deny),
            other => {
                let what = format!("unknown effect `{}`", clip_text(other));
                self.findings.report_at(&check::UNKNOWN_EFFECT, at, what);
                None
            }
        }
    }

    fn read_principal(&mut self, node: JsonNode, at: &PlacedText) -> Vec<(String, PlacedText)> {
        match node.value {
            JsonValue::Text(text) if text == "*" => {
                vec![("AWS".to_owned(), PlacedText { text, ..at.clone() })]
            }
            JsonValue::Text(text) => {
                let hint = format!("`{{\"AWS\": \"{}\"}}`", clip_text(&text));
                let what = format!("`{}` is not a principal", clip_text(&text));
                self.findings.report_with_hint(&check::PRINCIPAL_FORM, at, what, hint);
                Vec::new()
            }
            JsonValue::Object(ref entries) if entries.is_empty() => {
                self.findings.report_at(
                    &check::EMPTY_PRINCIPAL_OBJECT,
                    at,
                    "the principal is empty",
                );
                Vec::new()
            }
            JsonValue::Object(_) => {
                let mut named = Vec::new();
                for (kind, node) in self.read_object(node, at, &PRINCIPAL_KEYS) {
                    let place =
                        new_leaf(&kind.text, &format!("{}.{}", at.path, kind.text), node.offset);
                    let names = self.read_texts(node, &place, &check::EMPTY_PRINCIPAL);
                    named.extend(names.into_iter().map(|name| (kind.text.clone(), name)));
                }
                named
            }
            other => {
                self.report_wrong_type(at, &other, "`*` or an object");
                Vec::new()
            }
        }
    }

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

    fn read_text(&mut self, node: JsonNode, at: &PlacedText) -> Option<String> {
        match node.value {
            JsonValue::Text(text) => Some(text),
            other => {
                self.report_wrong_type(at, &other, "a string");
                None
            }
        }
    }

    fn read_texts(
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

    fn report_wrong_type(&mut self, at: &PlacedText, found: &JsonValue, wanted: &str) {
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
