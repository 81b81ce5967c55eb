//! The only way a string from a log reaches a person.
//!
//! Assume that an attacker wrote everything in a log: user agents, names, tags, error texts. Each
//! medium has its own escaping; all of them begin with [`clean_line`], which leaves one line of
//! visible text and marks what it removed.

mod clean;
mod clip;
pub mod csv;
pub mod html;
pub mod json;
mod number;
pub mod slack;
pub mod terminal;
mod wildcard;

pub use clean::{clean_line, clean_multiline};
pub use clip::{clip_bytes, clip_text};
pub use number::{byte_size, with_commas};
pub use wildcard::wildcard_matches;

#[cfg(test)]
mod tests;
