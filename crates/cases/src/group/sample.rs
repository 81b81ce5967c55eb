//! A bounded set of values: enough to show, however many there were.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// How many values of one kind a group remembers.
pub const SAMPLE: usize = 20;
/// The longest value kept, in bytes.
const MAX_VALUE: usize = 2048;

/// The first [`SAMPLE`] values in byte order, whatever the order of arrival, and whether there were
/// more.
///
/// ```
/// use aware_cases::group::SampleSet;
///
/// let mut regions = SampleSet::default();
/// regions.add_value(Some("us-east-1"));
/// regions.add_value(Some("eu-west-1"));
/// assert!(regions.is_new_value("eu-north-1"));
/// assert_eq!(regions.iter().collect::<Vec<_>>(), ["eu-west-1", "us-east-1"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleSet {
    values: BTreeSet<String>,
    more: bool,
}

impl SampleSet {
    /// Adds a value; empty ones are ignored.
    pub fn add_value(&mut self, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return };
        let (value, _) = aware_core::text::clip_bytes(value, MAX_VALUE);
        let is_full = self.values.len() >= SAMPLE;
        if is_full && self.values.last().is_some_and(|last| last.as_str() < value) {
            self.more = true;
        } else if !self.values.contains(value) {
            self.values.insert(value.to_owned());
            self.trim_to_limit();
        }
    }

    /// Adds the values of another sample.
    pub fn merge_sample(&mut self, other: Self) {
        self.more |= other.more;
        self.values.extend(other.values);
        self.trim_to_limit();
    }

    fn trim_to_limit(&mut self) {
        while self.values.len() > SAMPLE {
            self.values.pop_last();
            self.more = true;
        }
    }

    /// Whether the value is new. A full sample cannot tell, and says no: otherwise whoever changes
    /// their address with every call could make every call a novelty.
    pub fn is_new_value(&self, value: &str) -> bool {
        let (value, _) = aware_core::text::clip_bytes(value, MAX_VALUE);
        !value.is_empty() && self.values.len() < SAMPLE && !self.values.contains(value)
    }

    /// The values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str)
    }

    /// The values, in order.
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Up to `limit` values separated by commas, with `…` when there were more.
    pub fn list_values(&self, limit: usize) -> String {
        let shown: Vec<&str> = self.iter().take(limit).collect();
        let more = self.more || self.values.len() > limit;
        if more { format!("{}, …", shown.join(", ")) } else { shown.join(", ") }
    }
}
