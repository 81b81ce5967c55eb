//! The whole record, parsed when a rule needs what the projection does not extract: lists member by
//! member, documents within a text, and fields that the program derives from several others.

use aware_core::source::{SourceId, cloudtrail};
use serde_json::Value;

use crate::ir::{
    DerivedField, EventField, MemberCondition, PathReach, PathStep, RecordSource, RuleExpr,
    TestOperation,
};
use crate::oracle;

/// The parsed record of one event; parsed at most once.
#[derive(Debug, Default)]
pub(super) struct ParsedRecord(ParseState);

#[derive(Debug, Default)]
enum ParseState {
    #[default]
    Unread,
    Read(Value),
    Broken(Option<serde_json::Error>),
}

impl ParsedRecord {
    /// Forgets the last event.
    pub(super) fn clear(&mut self) {
        self.0 = ParseState::Unread;
    }

    /// Keeps a record that is already parsed.
    pub(super) fn keep_parsed(&mut self, record: Value) {
        self.0 = ParseState::Read(record);
    }

    /// Whether a condition holds; false for a record that cannot be parsed.
    pub(super) fn matches_condition(
        &mut self,
        source: RecordSource<'_>,
        expr: &RuleExpr,
        record: &str,
    ) -> bool {
        if matches!(self.0, ParseState::Unread) {
            self.0 = match serde_json::from_str(record) {
                Ok(value) => ParseState::Read(value),
                Err(error) => ParseState::Broken(Some(error)),
            };
        }
        match &self.0 {
            ParseState::Read(value) => oracle::event_matches(expr, source, value, record),
            ParseState::Unread | ParseState::Broken(_) => false,
        }
    }

    /// Why the record could not be parsed, if that was attempted.
    pub(super) fn take_parse_error(&mut self) -> Option<serde_json::Error> {
        match &mut self.0 {
            ParseState::Broken(error) => error.take(),
            ParseState::Unread | ParseState::Read(_) => None,
        }
    }
}

/// Whether a condition needs the parsed record of a source.
pub(super) fn needs_whole(expr: &RuleExpr, source: SourceId) -> bool {
    let is_beyond = |field: &EventField| is_beyond_projection(field, source);
    match expr {
        RuleExpr::Test(test) => {
            let other = match &test.op {
                TestOperation::Length(..) => return true,
                TestOperation::Refers(reference) => Some(&reference.other),
                TestOperation::Exists | TestOperation::Null | TestOperation::Is(_) => None,
            };
            std::iter::once(&test.field).chain(other).any(is_beyond)
        }
        RuleExpr::Together(parts) => parts.iter().any(|part| is_beyond(&part.field)),
        RuleExpr::Each(MemberCondition { .. }) => true,
        RuleExpr::All(_) | RuleExpr::Any(_) | RuleExpr::Not(_) | RuleExpr::Line(_) => false,
    }
}

/// Whether the projection does not take a field out. The outcome of a CloudTrail record is made of
/// two fields that it does.
fn is_beyond_projection(field: &EventField, source: SourceId) -> bool {
    let is_projected =
        |derived: DerivedField| derived == DerivedField::OUTCOME && source == cloudtrail::ID;
    let is_derived = DerivedField::from_field(field).is_some_and(|derived| !is_projected(derived));
    let has_index = || field.path.iter().any(|step| matches!(step, PathStep::Index(_)));
    is_derived
        || field.names_before_document().is_some()
        || field.reach == PathReach::Leaves && has_index()
}
