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
pub use format::{Format, RenderProblem};
pub(super) use json::compact;
use subject::Subject;

/// Renders policies for a principal (`role/checkout-fn`, `user/alice`, or any name), which provides
/// the names of the resources and what the policies are attached to. Ends with a line break.
///
/// # Errors
/// [`RenderProblem::DynamicReference`], for CloudFormation and SAM only.
pub fn render(
    policies: &[Policy],
    format: Format,
    principal: &str,
) -> Result<String, RenderProblem> {
    let subject = Subject::new(principal);
    match format {
        Format::Json => Ok(json::render(policies)),
        Format::Hcl => Ok(hcl::render(policies, &subject)),
        Format::CloudFormation => yaml::cloudformation(policies, &subject),
        Format::Sam => yaml::sam(policies),
        Format::Cdk => Ok(cdk::render(policies, &subject)),
    }
}
