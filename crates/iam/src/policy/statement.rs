//! What a policy is: its version, its statements, and what each of them is about.

use std::collections::BTreeMap;

use super::condition::PolicyCondition;

/// A policy: what it allows and denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The policy's version of the policy language.
    pub version: LanguageVersion,
    /// `Id`, which some services require in resource-based policies.
    pub id: Option<String>,
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

/// The version of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LanguageVersion {
    /// `2008-10-17`, which a policy without `LanguageVersion` also has: no policy variables.
    V2008,
    /// `2012-10-17`.
    V2012,
}

impl LanguageVersion {
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
pub enum StatementEffect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

impl StatementEffect {
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
pub enum PatternClause {
    /// `Action`, `Resource`: any of these.
    Is(Vec<String>),
    /// `NotAction`, `NotResource`: anything except these.
    Not(Vec<String>),
}

impl PatternClause {
    /// The patterns, whether they are included or excluded.
    pub fn patterns(&self) -> &[String] {
        match self {
            Self::Is(patterns) | Self::Not(patterns) => patterns,
        }
    }
}

/// The principals of a statement in a resource-based policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalClause {
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
    pub effect: StatementEffect,
    /// `Principal` or `NotPrincipal`; `None` in identity-based policies.
    pub principals: Option<PrincipalClause>,
    /// `Action` or `NotAction`.
    pub actions: PatternClause,
    /// `Resource` or `NotResource`; `None` in trust policies.
    pub resources: Option<PatternClause>,
    /// `PolicyCondition`: all must hold.
    pub conditions: Vec<PolicyCondition>,
}

impl Policy {
    /// A policy of the current version.
    pub fn new(statements: Vec<Statement>) -> Self {
        Self { version: LanguageVersion::V2012, id: None, statements }
    }
}

impl Statement {
    /// A statement that allows actions on resources, without conditions.
    pub fn new_allow(actions: Vec<String>, resources: Vec<String>) -> Self {
        Self {
            sid: None,
            effect: StatementEffect::Allow,
            principals: None,
            actions: PatternClause::Is(actions),
            resources: Some(PatternClause::Is(resources)),
            conditions: Vec::new(),
        }
    }
}
