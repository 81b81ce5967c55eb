//! Reads a policy as far as possible; anything out of place becomes a finding.

use super::checks::shape as check;
use super::findings::FindingCollector;
use super::policy_type::PolicyType;
use super::reader::{PRINCIPAL_KEYS, PolicyReader, new_leaf};
use super::tree::{self, JsonFault, JsonKey, JsonNode, JsonValue};
use super::view::{DocumentView, ElementList, PlacedText, PrincipalView, StatementView};
use super::whole::{count_chars, type_by_content};
use crate::policy::{LanguageVersion, StatementEffect, clip_text};

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
/// The keys that the AWS command line prints around a policy.
const WRAPPERS: [&str; 4] = ["PolicyDocument", "Policy", "PolicyVersion", "Document"];

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
}
