//! What is to be deployed.

use std::collections::BTreeMap;

/// What is to be deployed.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The template's parameters; those left out keep their last value, or the default.
    pub parameters: BTreeMap<String, String>,
    /// The folder with `source.zip` and `destination.zip`.
    pub zips: std::path::PathBuf,
    /// The bucket for the code, if not the usual one.
    pub code_bucket: Option<String>,
    /// The ARN of the role with which CloudFormation works, if not with the caller's permissions.
    pub role: Option<String>,
    /// Tags of the stack, which CloudFormation gives to what it makes.
    pub tags: BTreeMap<String, String>,
}
