//! The tests of a rule: a page next to it that people read and that is executed.
//!
//! A page is Markdown. It begins with a title and says what the rule detects and why. Each section
//! `## Hit: …` or `## Near miss: …` is a test: one fenced `json` block with a record or a list of
//! records, and for a hit one fenced `text` block with the message that it produces. A fenced
//! block `toml config` says what is known of accounts, networks and principals in all tests of the
//! page. Everything else is for the reader.

mod case;
mod correlated;
mod gaps;
mod judge;
mod message;
mod page;
mod rewrite;

pub use case::{RuleTest, RuleTestPage, TestKind};
pub use gaps::missing_parts;
pub use judge::{RuleTestFailure, RuleTestResult, run_correlation_tests, run_rule_tests};
pub use page::parse_page;
pub use rewrite::rewrite_page;

pub use aware_rules::shipped::page_name_for;
