//! The names that a finding's enums have in stores and messages.

use crate::event::{ErrorClass, EventCategory, Outcome, PrincipalKind};
use crate::open::NamedSet;

impl NamedSet for Outcome {
    const ALL: &'static [Self] = &[Self::Success, Self::Denied, Self::Failed];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl NamedSet for ErrorClass {
    const ALL: &'static [Self] = &[Self::Ok, Self::Denied, Self::Throttled, Self::Error];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl NamedSet for EventCategory {
    const ALL: &'static [Self] =
        &[Self::Management, Self::Data, Self::Insight, Self::NetworkActivity, Self::Aggregated];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

/// The kind of a finding's principal: of one event, or of several events that make one finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// An event's.
    Event(PrincipalKind),
    /// A correlation's.
    Correlation,
}

impl NamedSet for ActorKind {
    const ALL: &'static [Self] = &[
        Self::Event(PrincipalKind::Root),
        Self::Event(PrincipalKind::IamUser),
        Self::Event(PrincipalKind::AssumedRole),
        Self::Event(PrincipalKind::Role),
        Self::Event(PrincipalKind::FederatedUser),
        Self::Event(PrincipalKind::Directory),
        Self::Event(PrincipalKind::AwsAccount),
        Self::Event(PrincipalKind::AwsService),
        Self::Event(PrincipalKind::IdentityCenterUser),
        Self::Event(PrincipalKind::SamlUser),
        Self::Event(PrincipalKind::WebIdentityUser),
        Self::Event(PrincipalKind::Instance),
        Self::Event(PrincipalKind::Endpoint),
        Self::Event(PrincipalKind::Address),
        Self::Event(PrincipalKind::Resource),
        Self::Event(PrincipalKind::ServiceAccount),
        Self::Event(PrincipalKind::KubernetesUser),
        Self::Event(PrincipalKind::ApplicationUser),
        Self::Event(PrincipalKind::Unknown),
        Self::Correlation,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Event(kind) => kind.as_str(),
            Self::Correlation => "Correlation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_principal_has_its_name() {
        for kind in PrincipalKind::ALL {
            assert_eq!(ActorKind::named(kind.as_str()), Some(ActorKind::Event(kind)));
        }
        for kind in [
            PrincipalKind::Instance,
            PrincipalKind::Endpoint,
            PrincipalKind::Address,
            PrincipalKind::Resource,
            PrincipalKind::ServiceAccount,
            PrincipalKind::KubernetesUser,
            PrincipalKind::ApplicationUser,
        ] {
            assert_eq!(ActorKind::named(kind.as_str()), Some(ActorKind::Event(kind)));
        }
        assert_eq!(ActorKind::ALL.len(), PrincipalKind::ALL.len() + 8);
    }
}
