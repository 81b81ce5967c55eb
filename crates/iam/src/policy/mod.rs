//! IAM policies: read, matched, evaluated in three values, compared, made small, and written.
//!
//! Source: IAM user guide, "Grammar of the IAM JSON policy language".

mod arn;
mod condition;
mod document;
mod evaluate;
mod glob;
mod matching;
mod minimise;
mod parse;
mod principals;
mod render;
mod request;
mod size;
mod subset;
mod truth;
mod wording;

use std::collections::BTreeMap;

pub use arn::is_resource_pattern;
pub(crate) use condition::is_date;
pub use condition::{Condition, Operator, Quantifier, Test};
pub use evaluate::{Deciding, Decision, Grounds, Layer, Layers, Named, Verdict, evaluate};
pub use glob::Glob;
pub use matching::allowed_then;
pub use minimise::{Access, minimise};
pub use parse::{MAX_POLICIES_BYTES, MAX_POLICY_BYTES, PolicyProblem};
pub use render::{Format, RenderProblem, render};
pub use request::{Caller, Context, Known, Request};
pub use size::{Limit, MAX_POLICIES_PER_ROLE, TooLarge, fit, size};
pub(crate) use subset::{ActionPattern, resources_meet};
pub use subset::{Already, Bound, Standing, action_within, is_granted, resource_within, standing};
pub use truth::Truth;
pub(crate) use wording::{did_you_mean, json_hint, nearest_name, short};

use crate::suggest::Grant;

/// A policy: what it allows and denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which version of the policy language it is in.
    pub version: Version,
    /// `Id`, which some services want in resource-based policies.
    pub id: Option<String>,
    /// The statements, in their order.
    pub statements: Vec<Statement>,
}

/// The version of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `2008-10-17`, also what a policy without `Version` has: no policy variables.
    V2008,
    /// `2012-10-17`.
    V2012,
}

impl Version {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

impl Effect {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// A list of patterns, or everything but a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clause {
    /// `Action`, `Resource`: any of these.
    Is(Vec<String>),
    /// `NotAction`, `NotResource`: anything but these.
    Not(Vec<String>),
}

impl Clause {
    /// The patterns, whichever way they count.
    pub fn patterns(&self) -> &[String] {
        match self {
            Self::Is(patterns) | Self::Not(patterns) => patterns,
        }
    }
}

/// Whom a statement of a resource-based policy is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principals {
    /// `Principal`: kind (`AWS`, `Service`, `Federated`, `CanonicalUser`) to names. The bare
    /// `"*"` is `AWS` to `*`.
    Is(BTreeMap<String, Vec<String>>),
    /// `NotPrincipal`.
    Not(BTreeMap<String, Vec<String>>),
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `Sid`.
    pub sid: Option<String>,
    /// Allow or deny.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; identity-based policies have none.
    pub principals: Option<Principals>,
    /// `Action` or `NotAction`.
    pub actions: Clause,
    /// `Resource` or `NotResource`; trust policies have none.
    pub resources: Option<Clause>,
    /// `Condition`: all must hold.
    pub conditions: Vec<Condition>,
}

impl Policy {
    /// A policy of the current version.
    pub fn new(statements: Vec<Statement>) -> Self {
        Self { version: Version::V2012, id: None, statements }
    }
}

impl Statement {
    /// A statement that allows actions on resources, under no condition.
    pub fn allow(actions: Vec<String>, resources: Vec<String>) -> Self {
        Self {
            sid: None,
            effect: Effect::Allow,
            principals: None,
            actions: Clause::Is(actions),
            resources: Some(Clause::Is(resources)),
            conditions: Vec::new(),
        }
    }
}

impl From<&Grant> for Statement {
    /// Conditions whose operator nobody knows are kept, and are never true.
    fn from(grant: &Grant) -> Self {
        let conditions = grant.conditions.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| Condition {
                operator: Operator::parse(operator),
                key: key.clone(),
                values: values.clone(),
            })
        });
        let principals = Some(&grant.principals).filter(|keys| !keys.is_empty());
        let resources = Some(&grant.resources).filter(|resources| !resources.is_empty());
        Self {
            conditions: conditions.collect(),
            principals: principals.map(|keys| Principals::Is(keys.clone())),
            resources: resources.map(|resources| Clause::Is(resources.clone())),
            ..Self::allow(grant.actions.clone(), grant.resources.clone())
        }
    }
}

impl TryFrom<&Statement> for Grant {
    type Error = NotAGrant;

    fn try_from(statement: &Statement) -> Result<Self, NotAGrant> {
        let (Effect::Allow, None, Clause::Is(actions), Some(Clause::Is(resources))) =
            (statement.effect, &statement.principals, &statement.actions, &statement.resources)
        else {
            return Err(NotAGrant);
        };
        let mut grant =
            Self { actions: sorted(actions), resources: sorted(resources), ..Self::default() };
        for condition in &statement.conditions {
            let keys = grant.conditions.entry(condition.operator.to_string()).or_default();
            keys.entry(condition.key.clone()).or_insert_with(|| condition.values.clone());
        }
        Ok(grant)
    }
}

/// A statement that is no plain grant: it denies, has a principal, or says what it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("statement is no grant (hint: a grant has `Effect: Allow`, `Action` and `Resource`)")]
pub struct NotAGrant;

/// The values, sorted and without repeats.
pub(crate) fn sorted(values: &[String]) -> Vec<String> {
    let mut values = values.to_vec();
    values.sort();
    values.dedup();
    values
}
