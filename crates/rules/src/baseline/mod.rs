//! What is usual: rules that match only what is new, rare or more than usual.
//!
//! A rule with a [`BaselineTest`] matches an event, and is a finding only if the event is unusual for
//! its key: the values of some of its fields, such as a principal. What is usual is remembered in a
//! [`BaselineRow`] for each rule and key: which values were seen, first and last on which day. Days
//! are those of the events: those of a day decide alike in any order, and an earlier day that comes
//! late reports nothing that a later one has reported.

mod book;
mod row;
mod sighting;
mod test;

pub use book::BaselineBook;
pub use row::{BaselineRow, MAX_VALUES, RowError};
pub use sighting::{BaselineSighting, Day, RowKey, date_of_day, day_of, row_key, value_hash};
pub use test::{BaselineKind, BaselineTest};
