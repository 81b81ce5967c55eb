//! Correlation: windows of findings by event time, whatever the order of delivery.
//!
//! [`compile`] turns [`Correlation`]s as written into a [`Plan`], or says of each alone why it
//! cannot; an [`Engine`] runs it over [`Hit`]s and tells [`Firing`]s. See `group.rs` for when a
//! correlation fires, and why so.

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
