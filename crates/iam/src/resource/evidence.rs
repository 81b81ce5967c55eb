//! The evidence for a resource.

use aware_core::event::TargetResource;
use serde_json::Value;

use super::place::CallPlace;

/// The evidence from which a resource is identified.
#[derive(Clone, Copy, Debug)]
pub struct ResourceEvidence<'e> {
    /// Where the call was made.
    pub place: CallPlace<'e>,
    /// The operation, `GetTable`.
    pub operation: &'e str,
    /// What AWS's message names.
    pub named: Option<&'e str>,
    /// The record's resources.
    pub resources: &'e [TargetResource],
    /// `requestParameters`.
    pub request: Option<&'e Value>,
}
