//! What a denied call was on, where it is more than one thing, or none that has a name yet.

use super::{Facts, companion};
use crate::catalogue::ActionEntry;
use crate::denial::Layer;
use crate::resource::{Found, Origin, Place};
use crate::suggest;

/// The action that creates a service-linked role.
pub(super) const LINKED: &str = "iam:CreateServiceLinkedRole";

/// The one resource of the first permission that the call needed. Of several it is the one that
/// brings the others with it, or the first where they are one thing in several Regions.
pub(super) fn needed(facts: &Facts<'_>, actions: &[String]) -> Option<Found> {
    let first = facts.permissions.iter().find(|one| Some(&one.action) == actions.first())?;
    let lead = first.resources.iter().find(|one| companion::leads(&first.action, &one.name));
    let mut names = first.resources.iter().map(|one| anywhere(&one.name));
    let one = names.next();
    let is_one = names.all(|other| Some(other) == one);
    let found = lead.or_else(|| first.resources.first().filter(|_| is_one));
    found.filter(|one| one.whole && one.name != "*").cloned()
}

/// The role of a service that AWS's words name; the role's own name is the service's business.
pub(super) fn linked_role(facts: &Facts<'_>, actions: &[String]) -> Option<Found> {
    let service =
        facts.denial.linked_service.filter(|_| actions.first().is_some_and(|it| it == LINKED))?;
    let Place { account, .. } = facts.evidence.place;
    let partition = facts.evidence.place.partition();
    let arn =
        format!("arn:{partition}:iam::{account}:role/aws-service-role/{service}.amazonaws.com/*");
    (!account.is_empty()).then(|| Found::pattern_of(&arn, "role"))
}

/// An ARN without its Region.
fn anywhere(arn: &str) -> Vec<&str> {
    arn.splitn(6, ':').enumerate().filter(|(at, _)| *at != 3).map(|(_, part)| part).collect()
}

/// The resource. What no policy was asked about has one only where the request tells it, and a
/// pattern for what nothing tells is none.
pub(super) fn asked_about(
    facts: &Facts<'_>,
    entry: Option<&ActionEntry>,
    found: Found,
) -> Option<Found> {
    let is_unknown = found.name == "*" && found.origin == Origin::NoType;
    if is_unknown && entry.is_some_and(suggest::names_resource) {
        return None;
    }
    match facts.denial.layer {
        Layer::Authentication | Layer::None => None,
        Layer::NotIam => Some(found).filter(|found| {
            found.whole
                && matches!(found.origin, Origin::Message | Origin::Record | Origin::Request)
        }),
        _ => Some(found).filter(|found| found.origin != Origin::Pattern),
    }
}
