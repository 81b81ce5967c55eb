//! Renders policies: as JSON, and in the formats of infrastructure code.
//!
//! Every format is ASCII and escapes other characters in its own way, so that a name chosen by an
//! attacker cannot reverse the text of a terminal or a review.

mod cdk;
mod format;
mod hcl;
mod json;
mod quote;
mod subject;
mod yaml;

use super::statement::Policy;
pub use format::{PolicyFormat, RenderProblem};
pub(super) use json::compact_json;
use subject::RenderSubject;

/// Renders policies for a principal (`role/checkout-fn`, `user/alice`, or any name), which provides
/// the names of the resources and what the policies are attached to. Ends with a line break.
///
/// # Errors
/// [`RenderProblem::DynamicReference`], for CloudFormation and SAM only.
pub fn render_policies(
    policies: &[Policy],
    format: PolicyFormat,
    principal: &str,
) -> Result<String, RenderProblem> {
    let subject = RenderSubject::new(principal);
    match format {
        PolicyFormat::Json => Ok(json::render_json(policies)),
        PolicyFormat::Hcl => Ok(hcl::render_hcl(policies, &subject)),
        PolicyFormat::CloudFormation => yaml::render_cloudformation(policies, &subject),
        PolicyFormat::Sam => yaml::render_sam(policies),
        PolicyFormat::Cdk => Ok(cdk::render_cdk(policies, &subject)),
    }
}
