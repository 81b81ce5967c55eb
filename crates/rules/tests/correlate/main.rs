//! Correlation from the outside: what fires, in any order of delivery, and what is refused.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod compiling;
mod kinds;
mod kit;
mod limits;
mod order;
mod speed;
mod state;
