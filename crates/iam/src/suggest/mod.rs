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
mod need;
pub mod place;
mod resources;
mod sensitive;

pub(crate) use aware_core::event::is_account_id;
pub use aware_core::explanation::{CureStatement, DenialSign, Grant};
pub use caller::CallerNames;
pub use companions::likely_next;
pub(crate) use foreign::{ForeignParty, RecordAccounts, is_of_aws};
pub use merge::{NAMES_OF_A_PREFIX, merge_grants};
pub use need::{GrantNeed, NoGrant};
pub(crate) use resources::names_resource;
pub use sensitive::shares_prefix;
pub use sensitive::{carries_data, is_deleting, is_reading, reads_alone, withhold_reasons};

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

#[cfg(test)]
mod tests;
