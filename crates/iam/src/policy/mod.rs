//! IAM policies: parsed, matched, evaluated in three values, compared, minimised, and rendered.
//!
//! Source: IAM user guide, "Grammar of the IAM JSON policy language".

mod arn;
mod condition;
mod date;
mod document;
mod evaluate;
mod glob;
mod grant;
mod holds;
mod matching;
mod minimise;
mod parse;
mod principals;
mod render;
mod request;
mod size;
mod statement;
mod subset;
mod truth;
mod wording;

pub use arn::is_resource_pattern;
pub use condition::{ConditionOperator, ConditionQuantifier, ConditionTest, PolicyCondition};
pub(crate) use date::is_date;
pub use evaluate::{
    DecidingStatement, EvaluationLayer, NamedPolicy, PolicyDecision, PolicyGrounds,
    RequestPolicies, RequestVerdict, evaluate_request,
};
pub use glob::Glob;
pub use grant::NotAGrant;
pub use matching::allowed_then;
pub use minimise::{AccessKind, minimise_statements};
pub use parse::{MAX_POLICIES_BYTES, MAX_POLICY_BYTES, PolicyProblem};
pub use render::{PolicyFormat, RenderProblem, render_policies};
pub use request::{KnownValue, PolicyRequest, RequestCaller, RequestContext};
pub use size::{MAX_POLICIES_PER_ROLE, SizeLimit, TooLarge, fit_policies, policy_size};
pub use statement::{
    LanguageVersion, PatternClause, Policy, PrincipalClause, Statement, StatementEffect,
};
pub(crate) use subset::{ActionPattern, resources_meet};
pub use subset::{
    BoundStatement, ExistingStanding, ExistingVerdict, action_within, find_standing, is_granted,
    resource_within,
};
pub use truth::Truth;
pub(crate) use wording::{bucket_hint, clip_text, json_hint, near_or_all};
