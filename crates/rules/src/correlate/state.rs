//! A group as it is stored outside the process.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::group::CorrelationGroup;
use super::plan::{CorrelationSpec, Micros};
use super::point::{EventPoint, MAX_NUMBER, ValueTuple, exact_sum, id_tag, sorted_box};

/// The version of the format below.
const VERSION: u32 = 1;

/// Why stored state cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It is not JSON of the expected form.
    #[error("correlation state: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It was written by another version of the program.
    #[error("correlation state: version {0} is not known (hint: this program knows {VERSION})")]
    Version(u32),
}

/// The format: JSON, with numbers used in computations stored by their bits, since text need not
/// give back the same number.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GroupState {
    version: u32,
    /// The correlation's definition.
    pub(super) definition: String,
    /// The group's values.
    pub(super) group: ValueTuple,
    pub(super) settled: Micros,
    pub(super) fired: BTreeMap<i64, u32>,
    points: Vec<PointState>,
}

/// Time, id, rules, texts, numbers, carried values.
#[derive(Debug, Serialize, Deserialize)]
struct PointState(Micros, Box<str>, u64, Box<[Box<str>]>, Vec<u64>, Box<[ValueTuple]>);

impl GroupState {
    pub(super) fn from_group(
        spec: &CorrelationSpec,
        key: &ValueTuple,
        group: &CorrelationGroup,
    ) -> Self {
        let keep = |point: &EventPoint| {
            let EventPoint { time, id, rules, texts, numbers, carry, .. } = point.clone();
            let bits = numbers.iter().map(|number| number.to_bits()).collect();
            PointState(time, id, rules, texts, bits, carry)
        };
        Self {
            version: VERSION,
            definition: spec.definition.clone(),
            group: key.clone(),
            settled: group.settled,
            fired: group.fired.clone(),
            points: group.points.iter().map(keep).collect(),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Serialising it cannot fail: all keys are numbers or names.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        #[derive(Deserialize)]
        struct StateVersion {
            version: u32,
        }
        match serde_json::from_slice::<StateVersion>(bytes)?.version {
            VERSION => Ok(serde_json::from_slice(bytes)?),
            other => Err(StateError::Version(other)),
        }
    }

    /// The events, as far as they make sense to the correlation.
    pub(super) fn restored_points(&self, spec: &CorrelationSpec) -> Vec<EventPoint> {
        let known = if spec.rules >= 64 { u64::MAX } else { (1 << spec.rules) - 1 };
        let restore = |kept: &PointState| {
            let PointState(time, id, rules, texts, bits, carry) = kept;
            let numbers: Vec<f64> = bits.iter().copied().map(f64::from_bits).collect();
            let whole = rules & known != 0
                && numbers.iter().all(|number| number.abs() <= MAX_NUMBER)
                && carry.iter().all(|tuple| tuple.len() == spec.carry.len());
            whole.then(|| EventPoint {
                time: *time,
                id: id.clone(),
                tag: id_tag(id),
                rules: rules & known,
                texts: sorted_box(texts.to_vec(), Ord::cmp),
                sum: exact_sum(&numbers),
                numbers: sorted_box(numbers, f64::total_cmp),
                carry: sorted_box(carry.to_vec(), Ord::cmp),
            })
        };
        self.points.iter().filter_map(restore).collect()
    }
}
