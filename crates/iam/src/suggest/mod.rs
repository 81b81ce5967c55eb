//! The smallest statement that would cure a denial.
//!
//! A grant never widens: not to another account, region or service, and to `*` only where the
//! action names no resource. Whether one is offered at all is [`crate::explain`]'s to decide.

mod companions;
mod conditions;
mod grant;
mod merge;
mod resources;

use serde_json::Value;

use crate::catalogue::ActionEntry;
use crate::resource::{Evidence, Found};

pub use companions::likely_next;
pub use grant::Grant;
pub use merge::merge;

/// What a grant is made from.
#[derive(Clone, Copy, Debug)]
pub struct Need<'e> {
    /// The actions, as AWS spells them.
    pub actions: &'e [String],
    /// What the catalogue knows of the first, if anything.
    pub entry: Option<&'e ActionEntry>,
    /// The resource that was found.
    pub found: Option<&'e Found>,
    /// What it was found from.
    pub evidence: &'e Evidence<'e>,
    /// The service that was called, `lambda` of `lambda.amazonaws.com`; may be empty.
    pub service: &'e str,
    /// The AWS service that made the call for the caller, `s3.amazonaws.com`.
    pub invoked_by: Option<&'e str>,
}

/// Why there is no grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoGrant {
    /// Nothing tells the resource.
    #[error("nothing tells which resource (hint: look at the client's own log)")]
    NoResource,
    /// Account or region are not known.
    #[error("the text does not tell the account and region (hint: explain the event itself)")]
    NoPlace,
}

/// The smallest grant that covers a call.
///
/// # Errors
/// [`NoGrant`] where every grant would be wider than what is known.
pub fn grant(need: &Need<'_>) -> Result<Grant, NoGrant> {
    let resources = resources::patterns(need)?;
    let mut grant =
        Grant { actions: need.actions.to_vec(), resources, conditions: conditions::of(need) };
    grant.normalise();
    Ok(grant)
}

/// A string of the request by its key.
fn asked<'e>(request: Option<&'e Value>, key: &str) -> Option<&'e str> {
    request?.get(key)?.as_str().filter(|value| !value.is_empty() && value.len() <= 1_024)
}

#[cfg(test)]
mod tests;
