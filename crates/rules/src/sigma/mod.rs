//! Sigma rules, filters and correlations: specification 2.1, and the settled parts of 2.2.
//!
//! [`load_rules`] takes files and returns rules for the engine, correlations as written, filters,
//! and the problems with the rest. Matching follows CloudTrail's data: a list stands for each of
//! its members, an object for every leaf below it, numbers and booleans compare as people write
//! them, and `exists` is true for a present null.
//!
//! Source: <https://github.com/SigmaHQ/sigma-specification>, version 2.1.0.

mod aliased;
mod baseline;
mod bounds;
mod collection;
mod condition;
mod context;
mod correlation;
mod detection;
mod document;
mod encode;
mod field;
mod filter;
mod header;
mod link;
mod loaded;
mod logsource;
mod meaning;
mod modifier;
mod placeholder;
mod reference;
mod special;
mod value;
mod wildcard;
mod yaml;

pub use collection::load_rules;
pub use filter::{FilterTargets, SigmaFilter};
pub use loaded::{LoadedSigma, RuleNote, SkippedDocument};
pub use placeholder::PlaceholderValues;
#[cfg(test)]
pub(crate) use yaml::read_yaml;
