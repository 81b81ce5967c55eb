//! Where rules come from: those that ship with the program, the owner's files, and config entries.

mod choice;
mod config;
mod files;
mod left_out;
mod load;
pub mod reload;
mod select;
mod suppress;
mod watch;

pub use config::{FILTER_PATTERN, RulesConfig, SuppressionConfig, WatchConfig};
pub use left_out::LeftOut;
pub use load::{Loaded, Wanted, load};
pub use select::{Selector, SelectorError, has_tag};
