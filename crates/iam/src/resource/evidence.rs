//! What a resource is told from.

use aware_core::event::Resource;
use serde_json::Value;

use super::place::Place;

/// What there is to tell a resource from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'e> {
    /// Where.
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
