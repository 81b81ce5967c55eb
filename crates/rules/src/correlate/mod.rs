//! Correlation: windows of findings by event time, independent of the order of delivery.
//!
//! [`compile_correlations`] turns [`Correlation`]s as written into a [`CorrelationPlan`], and
//! reports for each invalid one why it is refused; a [`CorrelationEngine`] runs the plan over
//! [`RuleMatch`]es and returns [`Firing`]s. See `group.rs` for when a correlation fires, and why.

mod compile;
mod engine;
mod group;
mod hit;
mod model;
mod plan;
mod point;
mod prune;
mod settings;
mod state;
mod window;

pub use compile::{CompiledCorrelations, NamedRule, compile_correlations};
pub use engine::{CorrelationEngine, ReloadOutcome, RestoreOutcome, SavedGroup};
pub use hit::{EventRef, Firing, MAX_VALUE, MAX_VALUES, RuleMatch, extract_values};
pub use model::{BoundOperator, Correlation, CorrelationCondition, CorrelationKind};
pub use plan::CorrelationPlan;
pub use settings::{CorrelationCounts, CorrelationSettings};
pub use state::StateError;
