//! The types of policies: what each is attached to.

use serde::Serialize;

/// What a policy is attached to, which decides what it may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyType {
    /// A user, group or role; also a permissions boundary or session policy.
    Identity,
    /// A resource: a bucket, a queue, a key; also a VPC endpoint policy.
    Resource,
    /// A role's trust policy.
    Trust,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
}

impl PolicyType {
    /// Every type.
    pub const ALL: [Self; 5] = [Self::Identity, Self::Resource, Self::Trust, Self::Scp, Self::Rcp];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
        }
    }

    /// Its name with an article, for sentences.
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Identity => "an identity-based policy",
            Self::Resource => "a resource-based policy",
            Self::Trust => "a role trust policy",
            Self::Scp => "a service control policy",
            Self::Rcp => "a resource control policy",
        }
    }
}
