//! Destinations: where messages go.

pub mod alertmanager;
pub mod card;
mod case_card;
pub mod email;
mod endpoint;
mod http;
mod inert;
pub mod jsm;
mod page_card;
pub mod pagerduty;
mod paging;
pub mod slack;
pub mod teams;
pub mod template;
pub mod terminal;
pub mod webhook;

#[cfg(test)]
#[path = "card/tests.rs"]
mod card_tests;
#[cfg(test)]
mod conformance;
#[cfg(test)]
#[path = "../../../cases/tests/sample_cases/mod.rs"]
mod sample_cases;
