//! The single representation of all rule languages: conditions over the fields of one event.
//!
//! An event is JSON. A [`Field`] reaches none, one or several *leaves* in it: strings, numbers,
//! booleans and nulls. A [`Match`] examines one leaf; a [`Test`] holds when any leaf that its field
//! reaches matches. The languages differ in how a path is followed ([`Reach`]) and how a leaf is
//! compared ([`Types`], [`Case`]).

mod derived;
mod document;
mod field;
mod leaf;
mod line;
mod matching;
mod text;
mod together;

pub use derived::Derived;
pub use document::document;
pub use field::{Field, Reach, Step};
pub use leaf::{Leaf, SEPARATORS, number};
pub use line::split;
pub use matching::{Cidr, Comparison, Match, TimePart, Types};
pub(crate) use text::fold;
pub use text::{Case, MAX_REGEX, Pattern, Piece, Regex};
pub use together::{Choice, Trail, can_stand_together};

/// A condition over one event.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All of them; true if empty.
    All(Vec<Expr>),
    /// At least one of them; false if empty.
    Any(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// A test of one field.
    Test(Test),
    /// All these fields, in this order, with leaves that can stand together: two leaves below
    /// different members of one list cannot. This is EventBridge's *array consistency*.
    Together(Vec<JointTest>),
    /// A condition on the members of a list: Sigma's `field[any]`.
    Each(Each),
    /// A test of the event's text, as logged.
    Line(Line),
}

/// One field of [`Expr::Together`]: a value, absence, or either.
#[derive(Clone, Debug, PartialEq)]
pub struct JointTest {
    /// The field to examine.
    pub field: Field,
    /// What one of its leaves must match, if a leaf is sufficient.
    pub value: Option<Match>,
    /// Whether it is sufficient that the field has no leaf that can stand together with those
    /// chosen for the parts before it.
    pub absent: bool,
}

/// A condition on the members of a list.
///
/// Source: Sigma Enhancement Proposal 212, "Array Matching in Sigma", accepted for Sigma 3.
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    /// The position of the list. A value that is not a list counts as a list of one; null and an
    /// absent value count as an empty list. If the path leads to several lists, all of their
    /// members count.
    pub field: Field,
    /// How many members must match.
    pub how: Quantifier,
    /// The condition; the paths of its tests begin at the member.
    pub body: Box<Expr>,
}

/// How many members of a list must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
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
pub struct Test {
    /// The field to examine.
    pub field: Field,
    /// What to test.
    pub op: Op,
}

/// The operation of a test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// The path leads to a value of any kind, including an object, a list or null.
    Exists,
    /// The path leads nowhere, or to null.
    Null,
    /// Any leaf matches.
    Is(Match),
    /// The number of members of the list, counted as for [`Each`]; any of several lists.
    Length(Comparison, u64),
    /// Any leaf has this relation to any leaf of the other field: `fieldref`.
    Refers(Reference),
}

/// A comparison with another field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The other field.
    pub other: Field,
    /// Whether its path begins at the event, even in a condition on a list's member.
    pub of_event: bool,
    /// The relation.
    pub how: Relation,
    /// Whether the comparison is case-sensitive.
    pub case: Case,
    /// Whether the other's text must consist of whole segments, delimited by the ends of the text,
    /// `:` or `/`.
    pub segments: bool,
}

/// How a leaf's text relates to another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The same.
    Equals,
    /// Begins with it.
    StartsWith,
    /// Ends with it.
    EndsWith,
    /// Contains it.
    Contains,
}

/// A test of a whole line of text: the record as logged.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// Contains this text, case-sensitively.
    Contains(String),
    /// The regular expression matches anywhere.
    Regex(Regex),
    /// Splits into fields by blanks, quotes and brackets, each of which must match: CloudWatch's
    /// space-delimited patterns. The required number of fields follows from the list.
    Words(Vec<Word>),
}

/// One field of a [`Line::Words`].
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// `...`: any number of fields, including none. At most once in a list.
    Rest,
    /// One field that matches; `None` accepts any field.
    One(Option<WordTest>),
    /// One or more fields up to the end of the line, as one text that matches; `None` accepts any
    /// text. Only at the end of a list without [`Word::Rest`].
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
    Is(Match),
}

impl Expr {
    /// A test as a condition.
    pub fn test(field: Field, op: Op) -> Self {
        Self::Test(Test { field, op })
    }

    /// The opposite of a condition.
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}
