//! What is wrong with a policy, with the place of each thing.
//!
//! The checks are those of IAM Access Analyzer's policy validation that can be judged without
//! asking AWS, and some of our own; [`all_checks`] is the table of them.

mod actions;
mod arns;
mod budget;
mod check;
mod checks;
mod findings;
mod fit;
mod global;
mod keys;
mod limits;
mod operators;
mod principals;
mod public;
mod read;
mod read_condition;
mod redundant;
mod reference;
mod roles;
mod tree;
mod trust;
mod values;
mod variables;
mod view;
mod whole;

use std::fmt;

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::policy::{Clause, Effect, MAX_POLICIES_BYTES, Version};
pub use arns::{is_region as is_known_region, near_region as nearest_region};
use budget::{Budget, Found};
pub use check::{Check, whole_example};
pub use checks::all_checks;
use checks::shape::{JSON_SYNTAX, NOT_ALL_JUDGED, TOO_LONG};
use findings::Findings;
pub use reference::reference;
use tree::Fault;
use view::{Document, Leaf, List, View};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Could be better.
    Note,
    /// Does more, or less, than it seems to.
    Warning,
    /// Opens more than anybody should have unasked.
    Security,
    /// AWS refuses it, or it does not do what it says.
    Error,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 4] = [Self::Error, Self::Security, Self::Warning, Self::Note];

    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Security => "security",
            Self::Error => "error",
        }
    }
}

/// What a policy is attached to, which decides what may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyType {
    /// To a user, group or role; also a permissions boundary or session policy.
    Identity,
    /// To a resource: a bucket, a queue, a key; also a VPC endpoint policy.
    Resource,
    /// A role's trust policy.
    Trust,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
}

impl PolicyType {
    /// Every type.
    pub const ALL: [Self; 5] = [Self::Identity, Self::Resource, Self::Trust, Self::Scp, Self::Rcp];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
        }
    }

    /// What people call it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Identity => "an identity-based policy",
            Self::Resource => "a resource-based policy",
            Self::Trust => "a role trust policy",
            Self::Scp => "a service control policy",
            Self::Rcp => "a resource control policy",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name: `unknown-action`.
    pub code: &'static str,
    /// Where: `Statement[2].Action[0]`; with the policy's number before, where there are several.
    pub path: String,
    /// The line in the text, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub hint: String,
}

/// `warning[all-actions]: … at Statement[0].Action[0] (hint: …)`
impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, what, hint, .. } = self;
        write!(f, "{}[{code}]: {what}", self.severity.as_str())?;
        if !self.path.is_empty() {
            write!(f, " at {}", self.path)?;
        }
        write!(f, " (hint: {hint})")
    }
}

/// What was found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linted {
    /// The findings in the order of the text.
    pub lints: Vec<Lint>,
    /// How many policies the text holds; none where it cannot be read.
    pub policies: usize,
}

impl Linted {
    /// Whether the text could be read at all.
    pub fn is_readable(&self) -> bool {
        let is_unreadable = |lint: &Lint| [JSON_SYNTAX.id, TOO_LONG.id].contains(&lint.code);
        !self.lints.iter().any(is_unreadable)
    }
}

/// Looks the policies of a text through: one, a list, or several one after the other.
///
/// `given` is their type; without it each policy's own content tells whether it is identity-based,
/// resource-based or a trust policy. Control policies look like those two and must be given.
pub fn lint(catalogue: &Catalogue, text: &str, given: Option<PolicyType>) -> Linted {
    let text = text.trim_start_matches('\u{feff}');
    let mut findings = Findings::new(text);
    if text.len() > MAX_POLICIES_BYTES {
        let what = format!("a text of {} bytes is no policy", text.len());
        findings.add(&TOO_LONG, "", 0, what, None);
        return Linted { lints: findings.lints, policies: 0 };
    }
    let documents = match read::documents(text, given, &mut findings) {
        Ok(documents) => documents,
        Err(Fault { line, column, what }) => {
            findings.add(
                &JSON_SYNTAX,
                "",
                0,
                what,
                Some(crate::policy::json_hint(text).to_owned()),
            );
            if let Some(lint) = findings.lints.last_mut() {
                (lint.line, lint.column) = (line, column);
            }
            return Linted { lints: findings.lints, policies: 0 };
        }
    };
    let mut budget = Budget::new();
    for document in &documents {
        judge(catalogue, document, &mut budget, &mut findings);
    }
    Linted { lints: findings.finish(), policies: documents.len() }
}

fn judge(
    catalogue: &Catalogue,
    document: &Document,
    budget: &mut Budget,
    findings: &mut Findings<'_>,
) {
    limits::document(document, findings);
    variables::document(document, findings);
    redundant::statements(document, findings);
    for statement in &document.statements {
        let expanded = budget.expand(catalogue, statement);
        let mut look = Look { catalogue, document, statement, expanded, budget, findings };
        look.all();
    }
    if budget.is_spent() {
        let what = "the policy has more patterns than are looked up";
        findings.add(&NOT_ALL_JUDGED, &document.path, document.offset, what, None);
    }
}

/// One statement, with what its checks need.
struct Look<'a, 't> {
    catalogue: &'a Catalogue,
    document: &'a Document,
    statement: &'a View,
    /// What each pattern of the actions matches.
    expanded: Vec<Found>,
    budget: &'a mut Budget,
    findings: &'a mut Findings<'t>,
}

impl Look<'_, '_> {
    fn all(&mut self) {
        self.kind();
        let told = self.roles();
        self.actions(&told);
        self.arns();
        self.fit(&told);
        self.principals();
        self.trust();
        self.conditions();
        self.redundant();
    }

    fn is_allow(&self) -> bool {
        self.statement.effect == Some(Effect::Allow)
    }

    fn is_deny(&self) -> bool {
        self.statement.effect == Some(Effect::Deny)
    }

    fn is(&self, kind: PolicyType) -> bool {
        self.document.kind == kind
    }

    fn has_variables(&self) -> bool {
        self.document.version == Some(Version::V2012)
    }

    /// The actions that the statement names, where it does not say what it is not about.
    fn actions_named(&self) -> &[Leaf] {
        let list = self.statement.actions.as_ref().filter(|list| !list.is_negated);
        list.map(|list| list.items.as_slice()).unwrap_or_default()
    }

    fn resources_named(&self) -> &[Leaf] {
        let list = self.statement.resources.as_ref().filter(|list| !list.is_negated);
        list.map(|list| list.items.as_slice()).unwrap_or_default()
    }
}

/// `*`, `*:*`, and the like.
fn is_every_action(pattern: &str) -> bool {
    let mut parts = pattern.splitn(2, ':');
    !pattern.is_empty()
        && parts.all(|part| part.bytes().all(|byte| byte == b'*') && !part.is_empty())
}

/// The clause that a list is, for the comparisons of the evaluator.
fn clause(list: &List) -> Clause {
    let texts = list.items.iter().map(|leaf| leaf.text.clone()).collect();
    if list.is_negated { Clause::Not(texts) } else { Clause::Is(texts) }
}
