//! What several events that make one finding have in common.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a correlation saw: several events that make one finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorrelatedEvents {
    /// Stable id of the firing; it takes the place of the event's id.
    pub id: String,
    /// The fields by which the events were grouped, and their values.
    pub group: Vec<(String, String)>,
    /// The value computed over the events: their number, the number of distinct values, their sum,
    /// ….
    pub value: f64,
    /// How many events took part.
    pub events: u64,
    /// When the first of them happened.
    pub since: Timestamp,
    /// Who acted, as far as known.
    pub principals: Vec<String>,
    /// What was done, as far as known.
    pub actions: Vec<String>,
}

impl Eq for CorrelatedEvents {}
