//! What a denial's explanation says in one word each.

use crate::open::named_set;

/// Whether a policy denied the call, or none allowed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DenialEffect {
    /// No policy allows it.
    Implicit,
    /// A policy denies it.
    Explicit,
    /// Either of the two; the text does not say which.
    Either,
    /// No policy was involved, as with a wrong password.
    None,
    /// Not stated.
    #[default]
    Unknown,
}

named_set!(DenialEffect {
    Implicit => "implicit",
    Explicit => "explicit",
    Either => "explicit_or_implicit",
    None => "none",
    Unknown => "unknown",
});

/// The kind of policy that decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DenialLayer {
    /// A policy of the user or role.
    Identity,
    /// A policy of the resource: bucket, queue, key, ….
    Resource,
    /// KMS's wording: the key's policy refuses, or the key does not exist.
    ResourceOrMissing,
    /// A service control policy of the organization.
    Scp,
    /// A resource control policy of the organization.
    Rcp,
    /// A permissions boundary.
    Boundary,
    /// A policy passed when the session was created.
    Session,
    /// A VPC endpoint's policy.
    VpcEndpoint,
    /// A role's trust policy.
    Trust,
    /// Kubernetes' roles and their bindings.
    KubernetesRbac,
    /// An admission webhook or policy of a Kubernetes cluster.
    KubernetesAdmission,
    /// A security group or a network ACL.
    NetworkRule,
    /// A network ACL, which keeps no track of connections: it refused the replies to one.
    NetworkAcl,
    /// A setting or a service's own rule, not an IAM policy.
    NotIam,
    /// The caller did not prove their identity.
    Authentication,
    /// Nothing was denied.
    None,
    /// Not stated.
    #[default]
    Unknown,
}

named_set!(DenialLayer {
    Identity => "identity",
    Resource => "resource",
    ResourceOrMissing => "resource_or_missing",
    Scp => "scp",
    Rcp => "rcp",
    Boundary => "boundary",
    Session => "session",
    VpcEndpoint => "vpce",
    Trust => "trust",
    KubernetesRbac => "kubernetes_rbac",
    KubernetesAdmission => "kubernetes_admission",
    NetworkRule => "network_rule",
    NetworkAcl => "network_acl",
    NotIam => "not_iam",
    Authentication => "authn",
    None => "none",
    Unknown => "unknown",
});

impl DenialLayer {
    /// The policy's common name: `identity-based policy`.
    pub fn policy_name(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource | Self::ResourceOrMissing => "resource-based policy",
            Self::Scp => "service control policy",
            Self::Rcp => "resource control policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::VpcEndpoint => "VPC endpoint policy",
            Self::Trust => "role trust policy",
            Self::KubernetesRbac => "Kubernetes role",
            Self::KubernetesAdmission => "admission policy",
            Self::NetworkRule => "security group or network ACL",
            Self::NetworkAcl => "network ACL",
            Self::NotIam | Self::Authentication | Self::None | Self::Unknown => "policy",
        }
    }
}

/// Where an explanation's action comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionConfidence {
    /// AWS's own message.
    Message,
    /// The call's name and its request.
    Request,
    /// The call's name alone, or one of several actions that it may need.
    #[default]
    Guess,
}

named_set!(ActionConfidence {
    Message => "message",
    Request => "request",
    Guess => "guess",
});
