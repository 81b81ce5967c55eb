//! The tasks of this repository, one module each: `main.rs` calls them.

#![allow(clippy::print_stdout, clippy::print_stderr)]

pub mod bench;
pub mod catalogue;
pub mod corpus;
pub mod dist;
pub mod names;
pub mod run;
pub mod source_text;
pub mod test;
pub mod tidy;
