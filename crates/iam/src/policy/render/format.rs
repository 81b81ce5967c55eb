//! The formats, and what cannot be written in one.

use std::str::FromStr;

/// The format of a rendered policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFormat {
    /// JSON; a list if there are several policies.
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

impl PolicyFormat {
    /// Every format, by its name.
    pub const NAMES: [(&str, Self); 5] = [
        ("json", Self::Json),
        ("hcl", Self::Hcl),
        ("cloudformation", Self::CloudFormation),
        ("sam", Self::Sam),
        ("cdk", Self::Cdk),
    ];
}

impl FromStr for PolicyFormat {
    type Err = RenderProblem;

    fn from_str(text: &str) -> Result<Self, RenderProblem> {
        let known = Self::NAMES.iter().find(|(name, _)| *name == text);
        known.map(|(_, format)| *format).ok_or_else(|| RenderProblem::Format(text.to_owned()))
    }
}

/// Why a policy cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderProblem {
    /// No such format.
    #[error("unknown format `{0}` (hint: one of json, hcl, cloudformation, sam, cdk)")]
    Format(String),
    /// CloudFormation would replace the reference by a secret or parameter, and has no escape for
    /// it.
    #[error(
        "`{{{{resolve:` in a value of Statement[{0}] cannot be written for CloudFormation (hint: use --format json)"
    )]
    DynamicReference(usize),
}
