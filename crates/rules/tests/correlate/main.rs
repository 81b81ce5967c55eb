//! Correlation from the outside: what fires, in any order of delivery, and what is refused.

mod compiling;
mod kinds;
mod kit;
mod limits;
mod order;
mod speed;
mod state;
