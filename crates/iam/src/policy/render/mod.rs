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
/// ```
/// use aware_iam::policy::{Policy, PolicyFormat, Statement, render_policies};
///
/// let allow = Statement::new_allow(
///     vec!["logs:CreateLogGroup".to_owned()],
///     vec!["arn:aws:logs:eu-west-1:111122223333:log-group:/app/*".to_owned()],
/// );
/// let text = render_policies(&[Policy::new(vec![allow])], PolicyFormat::Hcl, "role/checkout-fn")?;
/// assert!(text.contains(r#"data "aws_iam_policy_document" "checkout_fn""#), "{text}");
/// # Ok::<(), aware_iam::policy::RenderProblem>(())
/// ```
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
