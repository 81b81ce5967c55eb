//! The whole record, parsed when a rule needs what the projection does not extract: lists member by
//! member, documents within a text, and fields that the program derives from several others.

use aware_core::source::{SourceId, cloudtrail};
use serde_json::Value;

use crate::ir::{Derived, Each, Expr, Field, Op, Reach, Step};
use crate::oracle;

/// The parsed record of one event; parsed at most once.
#[derive(Debug, Default)]
pub(super) struct Whole(State);

#[derive(Debug, Default)]
enum State {
    #[default]
    Unread,
    Read(Value),
    Broken(Option<serde_json::Error>),
}

impl Whole {
    /// Forgets the last event.
    pub(super) fn clear(&mut self) {
        self.0 = State::Unread;
    }

    /// Keeps a record that is already parsed.
    pub(super) fn keep(&mut self, record: Value) {
        self.0 = State::Read(record);
    }

    /// Whether a condition holds; false for a record that cannot be parsed.
    pub(super) fn matches(&mut self, source: SourceId, expr: &Expr, record: &str) -> bool {
        if matches!(self.0, State::Unread) {
            self.0 = match serde_json::from_str(record) {
                Ok(value) => State::Read(value),
                Err(error) => State::Broken(Some(error)),
            };
        }
        match &self.0 {
            State::Read(value) => oracle::matches(expr, source, value, record),
            State::Unread | State::Broken(_) => false,
        }
    }

    /// Why the record could not be parsed, if that was attempted.
    pub(super) fn broken(&mut self) -> Option<serde_json::Error> {
        match &mut self.0 {
            State::Broken(error) => error.take(),
            State::Unread | State::Read(_) => None,
        }
    }
}

/// Whether a condition needs the parsed record of a source.
pub(super) fn needs_whole(expr: &Expr, source: SourceId) -> bool {
    let is_beyond = |field: &Field| is_beyond(field, source);
    match expr {
        Expr::Test(test) => {
            let other = match &test.op {
                Op::Length(..) => return true,
                Op::Refers(reference) => Some(&reference.other),
                Op::Exists | Op::Null | Op::Is(_) => None,
            };
            std::iter::once(&test.field).chain(other).any(is_beyond)
        }
        Expr::Together(parts) => parts.iter().any(|part| is_beyond(&part.field)),
        Expr::Each(Each { .. }) => true,
        Expr::All(_) | Expr::Any(_) | Expr::Not(_) | Expr::Line(_) => false,
    }
}

/// Whether the projection does not take a field out. The outcome of a CloudTrail record is made of
/// two fields that it does.
fn is_beyond(field: &Field, source: SourceId) -> bool {
    let is_projected = |derived: Derived| derived == Derived::OUTCOME && source == cloudtrail::ID;
    let is_derived = Derived::of(field).is_some_and(|derived| !is_projected(derived));
    let has_index = || field.path.iter().any(|step| matches!(step, Step::Index(_)));
    is_derived || field.before_document().is_some() || field.reach == Reach::Leaves && has_index()
}
