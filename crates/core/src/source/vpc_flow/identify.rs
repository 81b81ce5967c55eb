//! The names of both sources.

use crate::source::id::SourceId;

/// The id of single flows.
pub const FLOW: SourceId = SourceId::new("vpc_flow", "VPC Flow Logs");
/// The id of sums of flows.
pub const TRAFFIC: SourceId = SourceId::new("vpc_traffic", "VPC Flow Logs, summed up");
