//! What decided: whether a policy said no or none said yes, and the kind of the policy.

use serde::Serialize;

/// Whether a policy said no, or none said yes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// No policy allows it.
    Implicit,
    /// A policy denies it.
    Explicit,
    /// One of the two, and nothing says which.
    #[serde(rename = "explicit_or_implicit")]
    Either,
    /// No policy was asked, as when a password was wrong.
    None,
    /// Not said.
    #[default]
    Unknown,
}

/// The kind of policy that decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// A policy of the user or role.
    Identity,
    /// A policy of the resource: bucket, queue, key, ….
    Resource,
    /// KMS's words: the key's policy refuses, or there is no such key.
    ResourceOrMissing,
    /// A service control policy of the organization.
    Scp,
    /// A resource control policy of the organization.
    Rcp,
    /// A permissions boundary.
    Boundary,
    /// A policy given along when the session was made.
    Session,
    /// A VPC endpoint's policy.
    #[serde(rename = "vpce")]
    VpcEndpoint,
    /// A role's trust policy.
    Trust,
    /// A setting or a service's own rule, no IAM policy.
    NotIam,
    /// Who the caller is was not proved.
    #[serde(rename = "authn")]
    Authentication,
    /// Nothing was denied.
    None,
    /// Not said.
    #[default]
    Unknown,
}

impl Layer {
    /// What people call the policy: `identity-based policy`.
    pub fn policy(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource | Self::ResourceOrMissing => "resource-based policy",
            Self::Scp => "service control policy",
            Self::Rcp => "resource control policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::VpcEndpoint => "VPC endpoint policy",
            Self::Trust => "role trust policy",
            Self::NotIam | Self::Authentication | Self::None | Self::Unknown => "policy",
        }
    }
}
