//! What several events that are one finding have in common.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a correlation saw: several events that are one finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correlated {
    /// Stable id of the firing; it stands for the event's id.
    pub id: String,
    /// The fields by which events were grouped, and their values.
    pub group: Vec<(String, String)>,
    /// What was asked of the events: how many, how many different values, their sum, ….
    pub value: f64,
    /// How many events took part.
    pub events: u64,
    /// When the first of them happened.
    pub since: Timestamp,
    /// Who acted, as far as is known.
    pub principals: Vec<String>,
    /// What was done, as far as is known.
    pub actions: Vec<String>,
}

impl Eq for Correlated {}
