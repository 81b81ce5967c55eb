//! What a denied call was about, if it was several resources or one that has no name yet.

use super::companion;
use super::facts::DenialFacts;
use crate::catalogue::ActionEntry;
use crate::denial::DenialLayer;
use crate::resource::{CallPlace, FoundResource, ResourceOrigin};
use crate::suggest;

/// The action that creates a service-linked role.
pub(super) const CREATE_LINKED_ROLE: &str = "iam:CreateServiceLinkedRole";

/// The one resource of the first permission that the call needed. If there are several, the one
/// that leads its companions, or the first if they are the same resource in several Regions.
pub(super) fn needed_resource(
    facts: &DenialFacts<'_>,
    actions: &[String],
) -> Option<FoundResource> {
    let first = facts.permissions.iter().find(|one| Some(&one.action) == actions.first())?;
    let lead =
        first.resources.iter().find(|one| companion::leads_companions(&first.action, &one.name));
    let mut names = first.resources.iter().map(|one| without_region(&one.name));
    let one = names.next();
    let is_one = names.all(|other| Some(other) == one);
    let found = lead.or_else(|| first.resources.first().filter(|_| is_one));
    found.filter(|one| one.whole && one.name != "*").cloned()
}

/// The service-linked role that AWS's words name; only the service knows its exact name.
pub(super) fn linked_role(facts: &DenialFacts<'_>, actions: &[String]) -> Option<FoundResource> {
    let service = facts
        .denial
        .linked_service
        .filter(|_| actions.first().is_some_and(|it| it == CREATE_LINKED_ROLE))?;
    let CallPlace { account, .. } = facts.evidence.place;
    let partition = facts.evidence.place.partition();
    let arn =
        format!("arn:{partition}:iam::{account}:role/aws-service-role/{service}.amazonaws.com/*");
    (!account.is_empty()).then(|| FoundResource::from_pattern(&arn, "role"))
}

/// An ARN without its Region.
fn without_region(arn: &str) -> Vec<&str> {
    arn.splitn(6, ':').enumerate().filter(|(at, _)| *at != 3).map(|(_, part)| part).collect()
}

/// The resource. A refusal without a policy has one only if the request names it; a bare pattern
/// does not count.
pub(super) fn asked_about(
    facts: &DenialFacts<'_>,
    entry: Option<&ActionEntry>,
    found: FoundResource,
) -> Option<FoundResource> {
    let is_unknown = found.name == "*" && found.origin == ResourceOrigin::NoType;
    if is_unknown && entry.is_some_and(suggest::names_resource) {
        return None;
    }
    match facts.denial.layer {
        DenialLayer::Authentication | DenialLayer::None => None,
        DenialLayer::NotIam => Some(found).filter(|found| {
            found.whole
                && matches!(
                    found.origin,
                    ResourceOrigin::Message | ResourceOrigin::Record | ResourceOrigin::Request
                )
        }),
        _ => Some(found).filter(|found| found.origin != ResourceOrigin::Pattern),
    }
}
