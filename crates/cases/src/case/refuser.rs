//! What refused something, as far as cases must tell refusals apart.

use aware_core::explanation::DenialLayer;
use serde::{Deserialize, Serialize};

use super::CaseEvent;

/// What refused something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refuser {
    /// IAM: a call of an API was denied.
    Iam,
    /// Kubernetes, because no role allows it.
    KubernetesRole,
    /// A webhook, a policy or a quota of a Kubernetes cluster, whatever the roles allow.
    KubernetesAdmission,
    /// A security group or a network ACL.
    NetworkRule,
    /// A network ACL, which refuses the replies to connections that were let in.
    NetworkAcl,
    /// Anything else, such as a bucket, a firewall or a web server.
    Other,
}

impl Refuser {
    /// What denied an event.
    pub(super) fn of_event(event: &CaseEvent) -> Self {
        let layer = event.denial.as_ref().and_then(|why| why.layer.known());
        match layer {
            Some(DenialLayer::KubernetesRbac) => Self::KubernetesRole,
            Some(DenialLayer::KubernetesAdmission) => Self::KubernetesAdmission,
            Some(DenialLayer::NetworkRule) => Self::NetworkRule,
            Some(DenialLayer::NetworkAcl) => Self::NetworkAcl,
            _ if event.is_call => Self::Iam,
            _ => Self::Other,
        }
    }

    /// Whether permissions decide, of which somebody who looks around lacks many.
    pub fn is_permission(self) -> bool {
        match self {
            Self::Iam | Self::KubernetesRole => true,
            Self::KubernetesAdmission | Self::NetworkRule | Self::NetworkAcl | Self::Other => false,
        }
    }
}
