//! What a policy in a request allows, and whom it admits, read leniently: AWS has accepted it.

use aware_core::event::percent_decoded;
use serde_json::Value;

use super::admission::{Admission, AdmissionLimit};
use super::value::{list_names, show_name};
use crate::triage::parse_document;

/// How many statements, and how many texts of each clause, are read.
const MAX_STATEMENTS: usize = 200;
const MAX_TEXTS: usize = 200;
/// How deep a request is searched for a policy.
const MAX_DEPTH: usize = 8;

/// How far what a policy allows reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PolicyReach {
    /// It allows nothing.
    Nothing,
    /// It allows something.
    Something,
    /// It allows changing permissions or credentials on whatever resource.
    Escalating,
    /// It allows everything, or everything in IAM.
    Everything,
}

/// A policy.
pub(super) struct PolicyDocument {
    statements: Vec<PolicyStatement>,
}

struct PolicyStatement {
    is_allow: bool,
    actions: Vec<String>,
    is_except: bool,
    resources: Vec<String>,
    principals: Vec<(String, String)>,
    is_not_principal: bool,
    conditions: Vec<(String, String, Vec<String>)>,
}

/// Actions with which whoever has them can get all others.
const ESCALATING: [&str; 12] = [
    "iam:putuserpolicy",
    "iam:attachuserpolicy",
    "iam:putrolepolicy",
    "iam:attachrolepolicy",
    "iam:putgrouppolicy",
    "iam:attachgrouppolicy",
    "iam:createpolicyversion",
    "iam:addusertogroup",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:updateloginprofile",
    "iam:updateassumerolepolicy",
];

impl PolicyDocument {
    /// Reads a policy: an object, or its text, plain or percent-encoded.
    pub(super) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) if text.starts_with('%') => {
                Self::read(&parse_document(&percent_decoded(text))?)
            }
            Value::String(text) => Self::read(&parse_document(text)?),
            Value::Object(fields) => {
                let statements =
                    match fields.get("Statement").or_else(|| fields.get("statement"))? {
                        Value::Array(many) => many.iter().take(MAX_STATEMENTS).collect(),
                        one => vec![one],
                    };
                let statements = statements.into_iter().filter_map(PolicyStatement::read).collect();
                Some(Self { statements })
            }
            _ => None,
        }
    }

    /// The first policy anywhere in a request.
    pub(super) fn find_in(request: &Value) -> Option<Self> {
        search(request, 0)
    }

    /// What the policy allows.
    pub(super) fn reach(&self) -> PolicyReach {
        let reaches = self.allows().map(PolicyStatement::reach);
        reaches.max().unwrap_or(PolicyReach::Nothing)
    }

    fn allows(&self) -> impl Iterator<Item = &PolicyStatement> {
        self.statements.iter().filter(|one| one.is_allow)
    }

    /// The widest statement in words: `Allow * on *`.
    pub(super) fn summary(&self) -> String {
        let widest = self.allows().rev_max_by_reach();
        match widest.or(self.statements.first()) {
            Some(one) => one.summary(),
            None => "no statements".to_owned(),
        }
    }

    /// Who may use it besides the accounts that are `own`.
    pub(super) fn admits(&self, own: &dyn Fn(&str) -> bool) -> Admission {
        let mut sum = Admission::default();
        self.allows().for_each(|statement| statement.add_admission(own, &mut sum));
        sum
    }
}

trait WidestStatement<'p> {
    fn rev_max_by_reach(self) -> Option<&'p PolicyStatement>;
}

impl<'p, I: Iterator<Item = &'p PolicyStatement>> WidestStatement<'p> for I {
    /// The first of the widest statements.
    fn rev_max_by_reach(self) -> Option<&'p PolicyStatement> {
        self.fold(None, |best: Option<&PolicyStatement>, one| match best {
            Some(best) if best.reach() >= one.reach() => Some(best),
            _ => Some(one),
        })
    }
}

fn search(value: &Value, depth: usize) -> Option<PolicyDocument> {
    if depth > MAX_DEPTH {
        return None;
    }
    if let Some(found) = PolicyDocument::read(value) {
        return Some(found);
    }
    match value {
        Value::Array(many) => many.iter().find_map(|one| search(one, depth + 1)),
        Value::Object(fields) => fields.values().find_map(|one| search(one, depth + 1)),
        _ => None,
    }
}

impl PolicyStatement {
    fn read(value: &Value) -> Option<Self> {
        let fields = value.as_object()?;
        let is_except = !fields.contains_key("Action") && fields.contains_key("NotAction");
        let is_not_principal = fields.contains_key("NotPrincipal");
        Some(Self {
            is_allow: fields.get("Effect").and_then(Value::as_str) != Some("Deny"),
            actions: list(fields.get(if is_except { "NotAction" } else { "Action" })),
            is_except,
            resources: list(fields.get("Resource")),
            principals: principals(fields.get("Principal")),
            is_not_principal,
            conditions: conditions(fields.get("Condition")),
        })
    }

    fn reach(&self) -> PolicyReach {
        let is_wide = self
            .resources
            .iter()
            .any(|one| matches!(one.as_str(), "*" | "arn:aws:iam::*" | "arn:aws:iam::*:*"));
        let has = |all: &[&str]| {
            self.actions.iter().any(|one| all.contains(&one.to_ascii_lowercase().as_str()))
        };
        if is_wide && (self.is_except || has(&["*", "*:*", "iam:*"])) {
            return PolicyReach::Everything;
        }
        let escalates = |pattern: &String| ESCALATING.iter().any(|one| covers(pattern, one));
        match self.actions.iter().any(escalates) {
            true if is_wide => PolicyReach::Escalating,
            _ => PolicyReach::Something,
        }
    }

    fn summary(&self) -> String {
        let effect = if self.is_allow { "Allow" } else { "Deny" };
        let except = if self.is_except { "everything except " } else { "" };
        let actions = list_names(&clipped(&self.actions));
        let on = match self.resources.as_slice() {
            [] => String::new(),
            resources => format!(" on {}", list_names(&clipped(resources))),
        };
        let condition = if self.conditions.is_empty() { "" } else { " with a condition" };
        format!("{effect} {except}{actions}{on}{condition}")
    }

    fn add_admission(&self, own: &dyn Fn(&str) -> bool, sum: &mut Admission) {
        if self.is_not_principal {
            sum.everybody |= true;
        }
        let limit = self.limit();
        for (kind, name) in &self.principals {
            match (kind.as_str(), name.as_str()) {
                ("AWS" | "", "*") => sum.add_everybody(&limit, own),
                ("AWS" | "", name) => sum.add_account(name, own),
                ("CanonicalUser", _) => sum.canonical = true,
                ("Federated", name) => sum.add_provider(name, !self.conditions.is_empty(), own),
                _ => {}
            }
        }
    }

    /// What the conditions limit everybody to, as far as AWS's own keys tell.
    fn limit(&self) -> AdmissionLimit {
        let mut limit = AdmissionLimit::Nothing;
        for (operator, key, values) in &self.conditions {
            if operator.contains("not") || operator.ends_with("ifexists") || operator == "null" {
                continue;
            }
            match key.as_str() {
                "aws:principalaccount"
                | "aws:sourceaccount"
                | "kms:calleraccount"
                | "aws:sourceowner" => return AdmissionLimit::Accounts(values.clone()),
                "aws:principalarn" | "aws:sourcearn" | "aws:userid" => {
                    return AdmissionLimit::Accounts(values.clone());
                }
                "aws:principalorgid" | "aws:principalorgpaths" | "aws:sourceorgid" => {
                    limit = AdmissionLimit::Organization;
                }
                "aws:sourcevpc" | "aws:sourcevpce" => limit = AdmissionLimit::Network,
                _ => {}
            }
        }
        limit
    }
}

/// Whether a pattern of actions, in any case, covers an action in lower case.
fn covers(pattern: &str, action: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let glob = aware_iam::policy::Glob::new(&pattern);
    glob.matches_text(action) == aware_iam::policy::Truth::True
}

fn clipped(names: &[String]) -> Vec<String> {
    names.iter().map(|name| show_name(name)).collect()
}

fn list(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => {
            many.iter().filter_map(Value::as_str).map(str::to_owned).take(MAX_TEXTS).collect()
        }
        _ => Vec::new(),
    }
}

fn principals(value: Option<&Value>) -> Vec<(String, String)> {
    match value {
        Some(Value::Object(kinds)) => {
            let of_kind = |(kind, names): (&String, &Value)| {
                list(Some(names)).into_iter().map(|name| (kind.clone(), name)).collect::<Vec<_>>()
            };
            kinds.iter().flat_map(of_kind).take(MAX_TEXTS).collect()
        }
        names => list(names).into_iter().map(|name| (String::new(), name)).collect(),
    }
}

/// Operators and keys in lower case, with their values.
fn conditions(value: Option<&Value>) -> Vec<(String, String, Vec<String>)> {
    let Some(Value::Object(operators)) = value else { return Vec::new() };
    let mut all = Vec::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else { continue };
        for (key, values) in keys.iter().take(MAX_TEXTS) {
            let (operator, key) = (operator.to_ascii_lowercase(), key.to_ascii_lowercase());
            all.push((operator, key, list(Some(values))));
        }
    }
    all
}
