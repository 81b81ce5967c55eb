//! Stores: state that is kept between steps, and between runs.

pub mod dynamodb;
pub mod private;
mod problems;
pub mod progress;
pub mod rejected;
pub mod sqlite;
