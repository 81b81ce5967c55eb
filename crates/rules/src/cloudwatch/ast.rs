//! The syntax tree of a filter pattern, and how it is written.

use std::fmt;

use crate::ir;

/// A filter pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum FilterPattern {
    /// Terms to find in the text; an empty list matches every text.
    Terms(Vec<TextTerm>),
    /// A regular expression on its own.
    Regex(FilterRegex),
    /// `{ … }`: conditions on the fields of a JSON event.
    Json(LogicTree<SelectorCondition>),
    /// `[ … ]`: the fields of a space-delimited line.
    Fields(Vec<LineField>),
}

/// A term of a text pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct TextTerm {
    /// Whether the text must contain it.
    pub need: TermNeed,
    /// The term, without quotes.
    pub text: String,
}

/// Whether a text must contain a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermNeed {
    /// It must contain it.
    Required,
    /// `-`: it must not contain it.
    Excluded,
    /// `?`: it must contain one of these, if the pattern has no other terms.
    Optional,
}

/// Leaves joined by `&&` and `||`; lists have at least two members.
#[derive(Clone, Debug, PartialEq)]
pub enum LogicTree<T> {
    /// A single leaf.
    Leaf(T),
    /// Joined by `&&`.
    All(Vec<LogicTree<T>>),
    /// Joined by `||`.
    Any(Vec<LogicTree<T>>),
}

/// A condition on a field of a JSON event.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectorCondition {
    /// The field: steps from the root.
    pub selector: Vec<ir::PathStep>,
    /// The test of the field.
    pub ask: SelectorTest,
}

/// The test of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectorTest {
    /// `=`, `<` and similar.
    Compare(FilterOperator, FilterValue),
    /// `IS NULL`.
    Null,
    /// `IS TRUE` and `IS FALSE`.
    Bool(bool),
    /// `NOT EXISTS`.
    NotExists,
}

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FilterOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum FilterValue {
    /// A number, as written.
    Number(String),
    /// A text without quotes; `*` matches any text.
    Bare(String),
    /// The content of a quoted text; `*` matches any text.
    Quoted(String),
    /// A regular expression.
    Regex(FilterRegex),
}

/// A regular expression of the pattern, with its compiled form.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterRegex {
    /// As written, without the `%`.
    pub text: String,
    /// Compiled.
    pub compiled: ir::LinearRegex,
}

/// A field of a space-delimited line.
#[derive(Clone, Debug, PartialEq)]
pub enum LineField {
    /// `...`: any number of fields.
    Rest,
    /// One field without a condition; the name is optional.
    Plain(Option<String>),
    /// One field with conditions.
    Tested {
        /// Its name.
        name: String,
        /// The conditions.
        test: LogicTree<(FilterOperator, FilterValue)>,
    },
}

impl fmt::Display for FilterPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terms(terms) => write_joined(f, terms, " ", |f, term| write!(f, "{term}")),
            Self::Regex(regex) => write!(f, "{regex}"),
            Self::Json(tree) => {
                f.write_str("{ ")?;
                write_tree(f, tree, &|f, condition| write!(f, "{condition}"))?;
                f.write_str(" }")
            }
            Self::Fields(fields) => {
                f.write_str("[")?;
                write_joined(f, fields, ", ", |f, field| write!(f, "{field}"))?;
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for TextTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.need {
            TermNeed::Required => "",
            TermNeed::Excluded => "-",
            TermNeed::Optional => "?",
        })?;
        write_quoted(f, &self.text)
    }
}

impl fmt::Display for SelectorCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.selector {
            match step {
                ir::PathStep::Key(name) if name.chars().all(is_plain_name_char) => {
                    write!(f, ".{name}")?
                }
                ir::PathStep::Key(name) => write!(f, ".['{name}']")?,
                ir::PathStep::Index(at) => write!(f, "[{at}]")?,
                ir::PathStep::EachItem => f.write_str("[*]")?,
                ir::PathStep::EachMember => f.write_str(".*")?,
            }
        }
        match &self.ask {
            SelectorTest::Compare(operator, value) => write!(f, " {operator} {value}"),
            SelectorTest::Null => f.write_str(" IS NULL"),
            SelectorTest::Bool(true) => f.write_str(" IS TRUE"),
            SelectorTest::Bool(false) => f.write_str(" IS FALSE"),
            SelectorTest::NotExists => f.write_str(" NOT EXISTS"),
        }
    }
}

impl fmt::Display for FilterOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for FilterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(text) | Self::Bare(text) => f.write_str(text),
            Self::Quoted(text) => write_quoted(f, text),
            Self::Regex(regex) => write!(f, "{regex}"),
        }
    }
}

impl fmt::Display for FilterRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}%", self.text)
    }
}

impl fmt::Display for LineField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest => f.write_str("..."),
            Self::Plain(name) => f.write_str(name.as_deref().unwrap_or_default()),
            Self::Tested { name, test } => {
                write_tree(f, test, &|f, (operator, value)| write!(f, "{name} {operator} {value}"))
            }
        }
    }
}

/// Characters that need no quotes in names.
pub(super) fn is_plain_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

type WriteLeaf<'w, T> = &'w dyn Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result;

fn write_tree<T>(
    f: &mut fmt::Formatter<'_>,
    tree: &LogicTree<T>,
    leaf: WriteLeaf<'_, T>,
) -> fmt::Result {
    match tree {
        LogicTree::Leaf(inner) => leaf(f, inner),
        LogicTree::All(inner) => write_joined(f, inner, " && ", |f, tree| match tree {
            LogicTree::Leaf(inner) => leaf(f, inner),
            other => write_in_parentheses(f, other, leaf),
        }),
        LogicTree::Any(inner) => write_joined(f, inner, " || ", |f, tree| match tree {
            LogicTree::Any(_) => write_in_parentheses(f, tree, leaf),
            other => write_tree(f, other, leaf),
        }),
    }
}

fn write_in_parentheses<T>(
    f: &mut fmt::Formatter<'_>,
    tree: &LogicTree<T>,
    leaf: WriteLeaf<'_, T>,
) -> fmt::Result {
    f.write_str("(")?;
    write_tree(f, tree, leaf)?;
    f.write_str(")")
}

fn write_joined<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    between: &str,
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        write(f, item)?;
    }
    Ok(())
}
