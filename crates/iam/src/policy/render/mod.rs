//! Policies written out: as JSON, and as what infrastructure code wants.
//!
//! Every format is ASCII: characters beyond it are escaped as the format has it, so that a name
//! chosen by an attacker cannot turn a terminal or a review around.

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

/// Writes policies for a principal (`role/checkout-fn`, `user/alice`, or any name), which gives
/// the names of what is written and whom it is attached to. Ends with a line break.
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
