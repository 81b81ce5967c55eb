//! The nouns of Activity Aware, and everything about them that needs no outside world.
//!
//! Nothing here reads a file, a clock, the environment or the network; `now` is an argument.
//! A record's way through this crate: [`envelope`] opens what AWS wrapped it in, [`source`]
//! turns it into an [`event::Event`], [`finding`] says which rule it matched, [`message`] is what
//! is sent, [`route`] decides to whom, and [`text`] is the only way a string from a log reaches a
//! person.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types))]
#![cfg_attr(test, allow(clippy::string_slice))]

pub mod case;
pub mod enrichment;
pub mod envelope;
pub mod event;
pub mod explanation;
pub mod finding;
pub mod fingerprint;
pub mod message;
pub mod near;
pub mod open;
pub mod reject;
pub mod route;
pub mod silence;
pub mod source;
pub mod text;
