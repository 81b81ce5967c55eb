//! What a grant is built from, and why none is made.

use super::caller::CallerNames;
use super::place::OtherPlace;
use crate::catalogue::ActionEntry;
use crate::resource::{FoundResource, ResourceEvidence};

/// What a grant is built from.
#[derive(Clone, Copy, Debug)]
pub struct GrantNeed<'e> {
    /// The actions, as AWS spells them.
    pub actions: &'e [String],
    /// The catalogue's entry for the first action, if any.
    pub entry: Option<&'e ActionEntry>,
    /// The resource.
    pub found: Option<&'e FoundResource>,
    /// The evidence that it was found from.
    pub evidence: &'e ResourceEvidence<'e>,
    /// The caller's names, after which a place of their own may be named.
    pub caller: &'e CallerNames<'e>,
    /// The called service, `lambda` of `lambda.amazonaws.com`; may be empty.
    pub service: &'e str,
    /// The AWS service that made the call on the caller's behalf, `s3.amazonaws.com`.
    pub invoked_by: Option<&'e str>,
}

/// Why no grant is made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoGrant {
    /// The resource is unknown.
    #[error("the resource is unknown (hint: look at the client's own log)")]
    NoResource,
    /// Account or Region are unknown.
    #[error("the text does not show the account and region (hint: explain the event itself)")]
    NoPlace,
    /// Account, Region or name were masked, as `***`, which a policy would read as any, or were cut
    /// off.
    #[error(
        "account, region or name is masked or cut off in the text (hint: explain the event itself)"
    )]
    Masked,
    /// The resource is a place that belongs to another.
    #[error("it is {}: {}", .0.label, .0.name)]
    OthersPlace(OtherPlace),
}
