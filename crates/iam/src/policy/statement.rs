//! What a policy is: its version, its statements, and what each of them is about.

use std::collections::BTreeMap;

use super::condition::Condition;

/// A policy: what it allows and denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The policy's version of the policy language.
    pub version: Version,
    /// `Id`, which some services require in resource-based policies.
    pub id: Option<String>,
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

/// The version of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `2008-10-17`, which a policy without `Version` also has: no policy variables.
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

/// Whether a statement allows or denies.
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

/// A list of patterns, or everything except a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clause {
    /// `Action`, `Resource`: any of these.
    Is(Vec<String>),
    /// `NotAction`, `NotResource`: anything except these.
    Not(Vec<String>),
}

impl Clause {
    /// The patterns, whether they are included or excluded.
    pub fn patterns(&self) -> &[String] {
        match self {
            Self::Is(patterns) | Self::Not(patterns) => patterns,
        }
    }
}

/// The principals of a statement in a resource-based policy.
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
    /// `Principal` or `NotPrincipal`; `None` in identity-based policies.
    pub principals: Option<Principals>,
    /// `Action` or `NotAction`.
    pub actions: Clause,
    /// `Resource` or `NotResource`; `None` in trust policies.
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
    /// A statement that allows actions on resources, without conditions.
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
