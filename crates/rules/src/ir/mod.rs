//! The single representation of all rule languages: conditions over the fields of one event.
//!
//! An event is JSON. A [`EventField`] reaches none, one or several *leaves* in it: strings,
//! numbers, booleans and nulls. A [`LeafMatch`] examines one leaf; a [`FieldTest`] holds when any
//! leaf that its field reaches matches. The languages differ in how a path is followed
//! ([`PathReach`]) and how a leaf is compared ([`LeafTypes`], [`LetterCase`]).

mod derived;
mod document;
mod field;
mod joint;
mod leaf;
mod line;
mod matching;
mod text;

pub use derived::{DerivedField, RecordSource};
pub use document::embedded_document;
pub use field::{EventField, PathReach, PathStep};
pub use joint::{JointChoice, ListTrail, can_stand_together};
pub use leaf::{LeafValue, SEPARATORS, parse_number};
pub use line::split_line;
pub use matching::{Cidr, LeafMatch, LeafTypes, NumberComparison, TimePart};
pub(crate) use text::fold_case;
pub use text::{LetterCase, LinearRegex, MAX_REGEX, PatternPiece, TextPattern};

/// A condition over one event.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleExpr {
    /// All of them; true if empty.
    All(Vec<RuleExpr>),
    /// At least one of them; false if empty.
    Any(Vec<RuleExpr>),
    /// The opposite.
    Not(Box<RuleExpr>),
    /// A test of one field.
    Test(FieldTest),
    /// All these fields, in this order, with leaves that can stand together: two leaves below
    /// different members of one list cannot. This is EventBridge's *array consistency*.
    Together(Vec<JointTest>),
    /// A condition on the members of a list: Sigma's `field[any]`.
    Each(MemberCondition),
    /// A test of the event's text, as logged.
    Line(LineTest),
}

/// One field of [`RuleExpr::Together`]: a value, absence, or either.
#[derive(Clone, Debug, PartialEq)]
pub struct JointTest {
    /// The field to examine.
    pub field: EventField,
    /// What one of its leaves must match, if a leaf is sufficient.
    pub value: Option<LeafMatch>,
    /// Whether it is sufficient that the field has no leaf that can stand together with those
    /// chosen for the parts before it.
    pub absent: bool,
}

/// A condition on the members of a list.
///
/// Source: Sigma Enhancement Proposal 212, "Array Matching in Sigma", accepted for Sigma 3.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberCondition {
    /// The position of the list. A value that is not a list counts as a list of one; null and an
    /// absent value count as an empty list. If the path leads to several lists, all of their
    /// members count.
    pub field: EventField,
    /// How many members must match.
    pub how: MemberQuantifier,
    /// The condition; the paths of its tests begin at the member.
    pub body: Box<RuleExpr>,
}

/// How many members of a list must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberQuantifier {
    /// At least one.
    Any,
    /// Every one, and there is at least one.
    All,
    /// Every one, if there are any.
    AllOrEmpty,
    /// None.
    None,
}

/// A test of one field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldTest {
    /// The field to examine.
    pub field: EventField,
    /// What to test.
    pub op: TestOperation,
}

/// The operation of a test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TestOperation {
    /// The path leads to a value of any kind, including an object, a list or null.
    Exists,
    /// The path leads nowhere, or to null.
    Null,
    /// Any leaf matches.
    Is(LeafMatch),
    /// The number of members of the list, counted as for [`MemberCondition`]; any of several lists.
    Length(NumberComparison, u64),
    /// Any leaf has this relation to any leaf of the other field: `fieldref`.
    Refers(FieldReference),
}

/// A comparison with another field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldReference {
    /// The other field.
    pub other: EventField,
    /// Whether its path begins at the event, even in a condition on a list's member.
    pub of_event: bool,
    /// The relation.
    pub how: TextRelation,
    /// Whether the comparison is case-sensitive.
    pub case: LetterCase,
    /// Whether the other's text must consist of whole segments, delimited by the ends of the text,
    /// `:` or `/`.
    pub segments: bool,
}

/// How a leaf's text relates to another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextRelation {
    /// The same.
    Equals,
    /// Begins with it.
    StartsWith,
    /// Ends with it.
    EndsWith,
    /// Contains it.
    Contains,
    /// It is the account of this ARN, or this account's id.
    AccountOf,
}

/// A test of a whole line of text: the record as logged.
#[derive(Clone, Debug, PartialEq)]
pub enum LineTest {
    /// Contains this text, case-sensitively.
    Contains(String),
    /// The regular expression matches anywhere.
    Regex(LinearRegex),
    /// Splits into fields by blanks, quotes and brackets, each of which must match: CloudWatch's
    /// space-delimited patterns. The required number of fields follows from the list.
    Words(Vec<WordPattern>),
}

/// One field of a [`LineTest::Words`].
#[derive(Clone, Debug, PartialEq)]
pub enum WordPattern {
    /// `...`: any number of fields, including none. At most once in a list.
    Rest,
    /// One field that matches; `None` accepts any field.
    One(Option<WordTest>),
    /// One or more fields up to the end of the line, as one text that matches; `None` accepts any
    /// text. Only at the end of a list without [`WordPattern::Rest`].
    Tail(Option<WordTest>),
}

/// Conditions on one space-delimited field.
#[derive(Clone, Debug, PartialEq)]
pub enum WordTest {
    /// All of them.
    All(Vec<WordTest>),
    /// At least one of them.
    Any(Vec<WordTest>),
    /// The opposite.
    Not(Box<WordTest>),
    /// The field's text, as a string leaf, or as a number leaf if it reads as a number.
    Is(LeafMatch),
}

impl RuleExpr {
    /// A test as a condition.
    pub fn from_test(field: EventField, op: TestOperation) -> Self {
        Self::Test(FieldTest { field, op })
    }

    /// The opposite of a condition.
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}
