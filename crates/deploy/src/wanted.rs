//! What is to be deployed.

use std::collections::BTreeMap;

/// What to deploy.
#[derive(Clone, Debug, Default)]
pub struct DeployRequest {
    /// The template's parameters; one that is left out keeps its last value, or the default.
    pub parameters: BTreeMap<String, String>,
    /// The folder with `source.zip` and `destination.zip`.
    pub zips: std::path::PathBuf,
    /// The bucket for the code, if not the default one.
    pub code_bucket: Option<String>,
    /// The ARN of the role that CloudFormation uses, if not the caller's permissions.
    pub role: Option<String>,
    /// Tags of the stack, which CloudFormation copies to its resources.
    pub tags: BTreeMap<String, String>,
}
