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
pub use condition::{Condition, Operator, Quantifier, Test};
pub(crate) use date::is_date;
pub use evaluate::{Deciding, Decision, Grounds, Layer, Layers, Named, Verdict, evaluate};
pub use glob::Glob;
pub use grant::NotAGrant;
pub use matching::allowed_then;
pub use minimise::{Access, minimise};
pub use parse::{MAX_POLICIES_BYTES, MAX_POLICY_BYTES, PolicyProblem};
pub use render::{Format, RenderProblem, render};
pub use request::{Caller, Context, Known, Request};
pub use size::{Limit, MAX_POLICIES_PER_ROLE, TooLarge, fit, size};
pub use statement::{Clause, Effect, Policy, Principals, Statement, Version};
pub(crate) use subset::{ActionPattern, resources_meet};
pub use subset::{Already, Bound, Standing, action_within, is_granted, resource_within, standing};
pub use truth::Truth;
pub(crate) use wording::{bucket_hint, json_hint, near_or_all, short};
