//! Builds the smallest statement that would cure a denial.
//!
//! A grant never widens: not to another account, region or service, not to another's place, and to
//! `*` only where the action names no resource. Whether one is made at all is [`crate::explain`]'s
//! to decide; whether it is offered is for whoever knows what else the caller did.

mod caller;
mod companions;
mod conditions;
mod foreign;
mod merge;
pub mod place;
mod resources;
mod sensitive;

use serde_json::Value;

use crate::catalogue::ActionEntry;
use crate::resource::{FoundResource, ResourceEvidence};

pub(crate) use aware_core::event::is_account_id;
pub use aware_core::explanation::{CureStatement, DenialSign, Grant};
pub use caller::CallerNames;
pub use companions::likely_next;
pub(crate) use foreign::{ForeignParty, RecordAccounts, is_of_aws};
pub use merge::{NAMES_OF_A_PREFIX, merge_grants};
pub(crate) use resources::names_resource;
pub use sensitive::shares_prefix;
pub use sensitive::{carries_data, is_deleting, is_reading, reads_alone, withhold_reasons};

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
    OthersPlace(place::OtherPlace),
}

/// The smallest grant that covers a call, for the caller's own policy.
///
/// # Errors
/// [`NoGrant`] if every possible grant would be wider than what is known.
pub fn build_grant(need: &GrantNeed<'_>) -> Result<Grant, NoGrant> {
    let (resources, own) = resources::grant_patterns(need)?;
    let mut conditions = conditions::grant_conditions(need)?;
    place::add_conditions(&mut conditions, &own);
    let mut grant =
        Grant { actions: need.actions.to_vec(), resources, conditions, ..Grant::default() };
    grant.sort_and_dedup();
    Ok(grant)
}

/// The string under a key of the request.
fn request_text<'e>(request: Option<&'e Value>, key: &str) -> Option<&'e str> {
    request?.get(key)?.as_str().filter(|value| !value.is_empty() && value.len() <= 1_024)
}

#[cfg(test)]
mod tests;
