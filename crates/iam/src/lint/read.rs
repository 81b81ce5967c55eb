//! Reads a policy as far as possible; anything out of place becomes a finding.

use super::check::Check;
use super::checks::shape as check;
use super::findings::Findings;
use super::policy_type::PolicyType;
use super::tree::{self, Fault, Json, Key, Node};
use super::view::{Document, Leaf, List, Principal, View};
use super::whole::{size, told_by_content};
use crate::policy::{Effect, Version, near_or_all, short};
use aware_core::near::nearest_within;

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

type Entries = Vec<(Key, Node)>;

/// Reads every policy of a text.
pub(super) fn documents<'t>(
    text: &'t str,
    given: Option<PolicyType>,
    findings: &mut Findings<'t>,
) -> Result<Vec<Document>, Fault> {
    let mut all = Vec::new();
    for node in tree::read(text)? {
        match unwrapped(node) {
            Node { value: Json::List(list), .. } if !list.is_empty() => {
                all.extend(list.into_iter().map(unwrapped));
            }
            one => all.push(one),
        }
    }
    if all.is_empty() {
        return Err(Fault { line: 1, column: 1, what: "the text is empty".to_owned() });
    }
    let is_alone = all.len() == 1;
    let mut reader = Reader { text, findings };
    let numbered = all.into_iter().enumerate();
    let path = |at: usize| if is_alone { String::new() } else { format!("[{at}].") };
    Ok(numbered.map(|(at, node)| reader.document(node, path(at), given)).collect())
}

fn unwrapped(node: Node) -> Node {
    let Node { offset, value: Json::Object(mut entries) } = node else { return node };
    let is_policy = entries.iter().any(|(key, _)| key.text == "Statement");
    let is_wrapper = |(key, inner): &(Key, Node)| {
        WRAPPERS.contains(&key.text.as_str()) && matches!(inner.value, Json::Object(_))
    };
    match entries.iter().position(is_wrapper).filter(|_| !is_policy) {
        Some(at) => unwrapped(entries.swap_remove(at).1),
        None => Node { offset, value: Json::Object(entries) },
    }
}

pub(super) struct Reader<'r, 't> {
    text: &'t str,
    pub(super) findings: &'r mut Findings<'t>,
}

impl Reader<'_, '_> {
    fn document(&mut self, node: Node, path: String, given: Option<PolicyType>) -> Document {
        let offset = node.offset;
        let size = size(self.text.get(offset..).unwrap_or_default());
        let mut document = Document {
            kind: PolicyType::Identity,
            path,
            offset,
            version: None,
            version_at: None,
            size,
            statements: Vec::new(),
        };
        let top = leaf("", document.path.trim_end_matches('.'), offset);
        let mut has_statement = false;
        for (key, node) in self.object(node, &top, &POLICY_KEYS) {
            let place = leaf(&key.text, &format!("{}{}", document.path, key.text), node.offset);
            match key.text.as_str() {
                "Version" => self.version(node, place, &mut document),
                "Id" => _ = self.one_text(node, &place),
                _ => {
                    has_statement = true;
                    document.statements = self.statements(node, &place);
                }
            }
        }
        if !has_statement {
            self.findings.at(&check::NO_STATEMENT, &top, "the policy has no `Statement`");
        }
        document.kind = given.unwrap_or_else(|| told_by_content(&document.statements));
        document
    }

    fn version(&mut self, node: Node, place: Leaf, document: &mut Document) {
        let Some(text) = self.one_text(node, &place) else { return };
        document.version = match text.as_str() {
            "2012-10-17" => Some(Version::V2012),
            "2008-10-17" => Some(Version::V2008),
            other => {
                let what = format!("unknown version `{}`", short(other));
                self.findings.at(&check::UNKNOWN_VERSION, &place, what);
                Some(Version::V2012)
            }
        };
        document.version_at = Some(place);
    }

    fn statements(&mut self, node: Node, place: &Leaf) -> Vec<View> {
        match node.value {
            Json::List(list) if list.is_empty() => {
                self.findings.at(&check::NO_STATEMENT, place, "the list of statements is empty");
                Vec::new()
            }
            Json::List(list) => {
                let numbered = list.into_iter().enumerate();
                let at = |i: usize| format!("{}[{i}]", place.path);
                numbered.map(|(i, node)| self.statement(node, &at(i))).collect()
            }
            _ => vec![self.statement(node, &place.path)],
        }
    }

    fn statement(&mut self, node: Node, path: &str) -> View {
        let is_object = matches!(node.value, Json::Object(_));
        let place = leaf("", path, node.offset);
        let mut view = View { place: place.clone(), ..View::default() };
        let mut has_effect = false;
        for (key, node) in self.object(node, &place, &STATEMENT_KEYS) {
            let at = leaf(&key.text, &format!("{path}.{}", key.text), node.offset);
            let is_negated = key.text.starts_with("Not");
            match key.text.as_str() {
                "Sid" => self.sid(node, &at, &mut view),
                "Effect" => {
                    has_effect = true;
                    view.effect = self.effect(node, &at);
                }
                "Principal" | "NotPrincipal" => {
                    self.both(&at, view.principal.as_ref().map(|one| &one.name));
                    let named = self.principal(node, &at);
                    view.principal = Some(Principal { is_negated, name: at, named });
                }
                "Condition" => view.conditions = self.conditions(node, &at),
                name => {
                    let (slot, empty) = match name {
                        "Action" | "NotAction" => (&mut view.actions, &check::EMPTY_ACTION),
                        _ => (&mut view.resources, &check::EMPTY_RESOURCE),
                    };
                    let other = slot.as_ref().map(|list| list.name.clone());
                    self.both(&at, other.as_ref());
                    let items = self.texts(node, &at, empty);
                    *slot = Some(List { is_negated, name: at, items });
                }
            }
        }
        if is_object && !has_effect {
            self.findings.at(&check::NO_EFFECT, &place, "the statement has no `Effect`");
        }
        if is_object && view.actions.is_none() {
            self.findings.at(&check::NO_ACTION, &place, "the statement has no `Action`");
        }
        view
    }

    fn both(&mut self, one: &Leaf, other: Option<&Leaf>) {
        if let Some(other) = other {
            let what = format!("`{}` and `{}` in one statement", other.text, one.text);
            self.findings.at(&check::BOTH_ELEMENTS, one, what);
        }
    }

    fn sid(&mut self, node: Node, at: &Leaf, view: &mut View) {
        let Some(text) = self.one_text(node, at) else { return };
        if text.is_empty() {
            self.findings.at(&check::EMPTY_SID, at, "the Sid is empty");
            return;
        }
        view.sid = Some(Leaf { text, ..at.clone() });
    }

    fn effect(&mut self, node: Node, at: &Leaf) -> Option<Effect> {
        match self.one_text(node, at)?.as_str() {
            "Allow" => Some(Effect::Allow),
            "Deny" => Some(Effect::Deny),
            other => {
                let what = format!("unknown effect `{}`", short(other));
                self.findings.at(&check::UNKNOWN_EFFECT, at, what);
                None
            }
        }
    }

    fn principal(&mut self, node: Node, at: &Leaf) -> Vec<(String, Leaf)> {
        match node.value {
            Json::Text(text) if text == "*" => {
                vec![("AWS".to_owned(), Leaf { text, ..at.clone() })]
            }
            Json::Text(text) => {
                let hint = format!("`{{\"AWS\": \"{}\"}}`", short(&text));
                let what = format!("`{}` is not a principal", short(&text));
                self.findings.hinted(&check::PRINCIPAL_FORM, at, what, hint);
                Vec::new()
            }
            Json::Object(ref entries) if entries.is_empty() => {
                self.findings.at(&check::EMPTY_PRINCIPAL_OBJECT, at, "the principal is empty");
                Vec::new()
            }
            Json::Object(_) => {
                let mut named = Vec::new();
                for (kind, node) in self.object(node, at, &PRINCIPAL_KEYS) {
                    let place =
                        leaf(&kind.text, &format!("{}.{}", at.path, kind.text), node.offset);
                    let names = self.texts(node, &place, &check::EMPTY_PRINCIPAL);
                    named.extend(names.into_iter().map(|name| (kind.text.clone(), name)));
                }
                named
            }
            other => {
                self.wrong_type(at, &other, "`*` or an object");
                Vec::new()
            }
        }
    }

    /// The entries of an object, each name once; empty for anything else. If `known` is empty,
    /// every name is allowed.
    pub(super) fn object(&mut self, node: Node, at: &Leaf, known: &[&str]) -> Entries {
        let entries = match node.value {
            Json::Object(entries) => entries,
            other => {
                self.wrong_type(at, &other, "an object");
                return Entries::new();
            }
        };
        let mut kept = Entries::new();
        let mut seen = std::collections::BTreeMap::new();
        for (mut key, node) in entries {
            let place = leaf(&key.text, &inside(&at.path, short(&key.text)), key.offset);
            if !known.is_empty() && !known.contains(&key.text.as_str()) {
                let Some(meant) = self.unknown(&place, known) else { continue };
                key.text = meant;
            }
            if let Some(before) = seen.insert(key.text.to_lowercase(), key.text.clone()) {
                self.twice(&place, before == key.text);
                continue;
            }
            kept.push((key, node));
        }
        kept
    }

    fn twice(&mut self, place: &Leaf, is_equal: bool) {
        let name = short(&place.text);
        if is_equal {
            self.findings.at(&check::DUPLICATE_KEY, place, format!("`{name}` occurs twice"));
        } else {
            let what = format!("`{name}` occurs twice, in different case");
            self.findings.at(&check::DUPLICATE_KEY_CASE, place, what);
        }
    }

    /// Reports an unknown element, and returns the known one that it most likely means.
    fn unknown(&mut self, place: &Leaf, known: &[&str]) -> Option<String> {
        let is_principal = known == PRINCIPAL_KEYS;
        let check = if is_principal { &check::PRINCIPAL_KIND } else { &check::UNKNOWN_ELEMENT };
        let what = format!("unknown element `{}`", short(&place.text));
        self.findings.hinted(check, place, what, near_or_all(&place.text, known));
        nearest_within(short(&place.text), known.iter().copied(), 1).map(str::to_owned)
    }

    fn one_text(&mut self, node: Node, at: &Leaf) -> Option<String> {
        match node.value {
            Json::Text(text) => Some(text),
            other => {
                self.wrong_type(at, &other, "a string");
                None
            }
        }
    }

    fn texts(&mut self, node: Node, at: &Leaf, empty: &'static Check) -> Vec<Leaf> {
        let list = match node.value {
            Json::List(list) if list.is_empty() => {
                self.findings.at(empty, at, format!("`{}` is an empty list", at.text));
                Vec::new()
            }
            Json::List(list) => list,
            one => {
                let path = at.path.clone();
                let text = self.one_text(Node { offset: node.offset, value: one }, at);
                return text
                    .map(|text| Leaf { text, path, offset: node.offset })
                    .into_iter()
                    .collect();
            }
        };
        let mut texts = Vec::new();
        for (i, node) in list.into_iter().enumerate() {
            let place = leaf("", &format!("{}[{i}]", at.path), node.offset);
            if let Some(text) = self.one_text(node, &place) {
                texts.push(Leaf { text, ..place });
            }
        }
        texts
    }

    fn wrong_type(&mut self, at: &Leaf, found: &Json, wanted: &str) {
        let what = format!("{} instead of {wanted}", found.kind());
        self.findings.at(&check::DATA_TYPE, at, what);
    }
}

pub(super) fn leaf(text: &str, path: &str, offset: usize) -> Leaf {
    Leaf { text: text.to_owned(), path: path.to_owned(), offset }
}

fn inside(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
