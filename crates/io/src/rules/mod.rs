//! Where rules come from: those that ship with the program, the owner's files, and config entries.

mod choice;
mod config;
mod files;
mod load;
mod page;
pub mod reload;
mod select;
mod skipped;
mod suppress;
mod watch;

pub use config::{FILTER_PATTERN, KnownConfig, RulesConfig, SuppressionConfig, WatchConfig};
pub use load::{LoadedRules, RuleRequest, load_rules};
pub use page::enrichment_of;
pub use select::{RuleSelector, SelectorError, has_tag};
pub use skipped::SkippedContent;
