//! The formats, and what cannot be written in one.

use std::str::FromStr;

/// In what a policy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON; a list of policies where there are several.
    Json,
    /// Terraform: `aws_iam_policy_document`, a managed policy, and its attachment.
    Hcl,
    /// CloudFormation, YAML: `AWS::IAM::ManagedPolicy`.
    CloudFormation,
    /// SAM, YAML: the `Policies` of an `AWS::Serverless::Function`.
    Sam,
    /// CDK, TypeScript: a list of `iam.PolicyStatement`.
    Cdk,
}

impl Format {
    /// Every format, by its name.
    pub const NAMES: [(&str, Self); 5] = [
        ("json", Self::Json),
        ("hcl", Self::Hcl),
        ("cloudformation", Self::CloudFormation),
        ("sam", Self::Sam),
        ("cdk", Self::Cdk),
    ];
}

impl FromStr for Format {
    type Err = RenderProblem;

    fn from_str(text: &str) -> Result<Self, RenderProblem> {
        let known = Self::NAMES.iter().find(|(name, _)| *name == text);
        known.map(|(_, format)| *format).ok_or_else(|| RenderProblem::Format(text.to_owned()))
    }
}

/// What cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderProblem {
    /// No such format.
    #[error("unknown format `{0}` (hint: one of json, hcl, cloudformation, sam, cdk)")]
    Format(String),
    /// CloudFormation would replace it by a secret or parameter, and has no escape for it.
    #[error(
        "`{{{{resolve:` in a value of Statement[{0}] cannot be written for CloudFormation (hint: use --format json)"
    )]
    DynamicReference(usize),
}
