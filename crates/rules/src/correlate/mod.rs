//! Correlation: windows of findings by event time, independent of the order of delivery.
//!
//! [`compile`] turns [`Correlation`]s as written into a [`Plan`], and reports for each invalid one
//! why it is refused; an [`Engine`] runs the plan over [`Hit`]s and returns [`Firing`]s. See
//! `group.rs` for when a correlation fires, and why.

mod compile;
mod engine;
mod group;
mod hit;
mod model;
mod plan;
mod point;
mod settings;
mod state;
mod window;

pub use compile::{Compiled, Named, compile};
pub use engine::{Engine, Reloaded, Restored, Saved};
pub use hit::{EventRef, Firing, Hit, MAX_VALUE, MAX_VALUES, extract};
pub use model::{Bound, Condition, Correlation, Kind};
pub use plan::Plan;
pub use settings::{Counts, Settings};
pub use state::StateError;
