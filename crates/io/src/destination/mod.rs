//! Destinations: where messages go.

pub mod card;
mod case_card;
mod http;
pub mod slack;
pub mod terminal;
pub mod webhook;

#[cfg(test)]
#[path = "card/tests.rs"]
mod card_tests;
#[cfg(test)]
mod conformance;
