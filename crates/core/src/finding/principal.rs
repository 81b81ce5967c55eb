//! Who acted, as a finding keeps it.

use serde::{Deserialize, Serialize};

use super::ActorKind;
use crate::event::{Event, PrincipalKind};
use crate::open::OpenEnum;

/// The principal, as a finding keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingPrincipal {
    /// Stable key, part of the fingerprint.
    pub key: String,
    /// The display name: `user/alice`.
    pub name: String,
    /// AWS's kind, `IAMUser`; or a correlation's.
    pub kind: OpenEnum<ActorKind>,
    /// The user's or role's ARN.
    pub arn: Option<String>,
    /// `userIdentity.arn` as the log has it: a session's for roles.
    pub session_arn: Option<String>,
    /// `userIdentity.userName`.
    pub user_name: Option<String>,
    /// The role session.
    pub session: Option<String>,
    /// The account of the principal.
    pub account: Option<String>,
    /// The access key id.
    pub access_key: Option<String>,
    /// The service that made the call on its behalf.
    pub invoked_by: Option<String>,
    /// Whether it is an AWS service acting on its own behalf.
    pub is_service: bool,
    /// See [`Principal::issuer`](crate::event::Principal::issuer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

impl FindingPrincipal {
    /// The principals of a correlation; `group` distinguishes one set of them from another.
    pub(super) fn for_correlation(principals: &[String], group: &str) -> Self {
        let name = match principals {
            [one] => one.clone(),
            [] => "unknown principals".to_owned(),
            many => format!("{} principals", many.len()),
        };
        Self {
            key: format!("correlation {group}"),
            name,
            kind: ActorKind::Correlation.into(),
            arn: None,
            session_arn: None,
            user_name: None,
            session: None,
            account: None,
            access_key: None,
            invoked_by: None,
            is_service: false,
            issuer: None,
        }
    }

    /// AWS's kind, if this is the principal of one event.
    pub fn event_kind(&self) -> Option<PrincipalKind> {
        match self.kind.known() {
            Some(ActorKind::Event(kind)) => Some(kind),
            Some(ActorKind::Correlation) | None => None,
        }
    }

    /// The principal of an event.
    pub fn from_event(event: &Event) -> Self {
        let principal = &event.principal;
        Self {
            key: principal.key.clone(),
            name: principal.name.clone(),
            kind: ActorKind::Event(principal.kind).into(),
            arn: principal.arn.clone(),
            session_arn: principal.session_arn.clone(),
            user_name: principal.user_name.clone(),
            session: principal.session.clone(),
            account: principal.account.clone(),
            access_key: principal.access_key.clone(),
            invoked_by: principal.invoked_by.clone(),
            is_service: principal.is_aws_service(),
            issuer: principal.issuer.clone(),
        }
    }
}
