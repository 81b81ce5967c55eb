//! The tests of a rule: a page next to it that people read and that is executed.
//!
//! A page is Markdown. It begins with a title and says what the rule detects and why. Each section
//! `## Hit: …` or `## Near miss: …` is a test: one fenced `json` block with a record or a list of
//! records, and for a hit one fenced `text` block with the message that it produces. Everything
//! else is for the reader.

mod case;
mod correlated;
mod gaps;
mod judge;
mod message;
mod page;
mod rewrite;

pub use case::{Case, Kind, Page};
pub use gaps::gaps;
pub use judge::{Failure, Outcome, run, run_correlation};
pub use page::parse;
pub use rewrite::rewrite;

pub use aware_rules::shipped::page_of;
