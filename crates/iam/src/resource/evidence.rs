//! What a resource is told from.

use aware_core::event::Resource;
use serde_json::Value;

use super::place::Place;

/// The evidence from which a resource is identified.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'e> {
    /// Where the call was made.
    pub place: Place<'e>,
    /// The operation, `GetTable`.
    pub operation: &'e str,
    /// What AWS's message names.
    pub named: Option<&'e str>,
    /// The record's resources.
    pub resources: &'e [Resource],
    /// `requestParameters`.
    pub request: Option<&'e Value>,
}
