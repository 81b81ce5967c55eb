//! Correlation: windows of findings by event time, whatever the order of delivery.

mod model;

pub use model::{Bound, Condition, Correlation, Kind};
