//! The syntax tree of a filter pattern, and how it is written.

use std::fmt;

use crate::ir;

/// A filter pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Terms to find in the text; an empty list matches every text.
    Terms(Vec<Term>),
    /// A regular expression on its own.
    Regex(Regex),
    /// `{ … }`: conditions on the fields of a JSON event.
    Json(Tree<Condition>),
    /// `[ … ]`: the fields of a space-delimited line.
    Fields(Vec<Field>),
}

/// A term of a text pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Whether the text must contain it.
    pub need: Need,
    /// The term, without quotes.
    pub text: String,
}

/// Whether a text must contain a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must contain it.
    Required,
    /// `-`: it must not contain it.
    Excluded,
    /// `?`: it must contain one of these, if the pattern has no other terms.
    Optional,
}

/// Leaves joined by `&&` and `||`; lists have at least two members.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree<T> {
    /// A single leaf.
    Leaf(T),
    /// Joined by `&&`.
    All(Vec<Tree<T>>),
    /// Joined by `||`.
    Any(Vec<Tree<T>>),
}

/// A condition on a field of a JSON event.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The field: steps from the root.
    pub selector: Vec<ir::Step>,
    /// The test of the field.
    pub ask: Ask,
}

/// The test of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// `=`, `<` and similar.
    Compare(Operator, Value),
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
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, as written.
    Number(String),
    /// A text without quotes; `*` matches any text.
    Bare(String),
    /// The content of a quoted text; `*` matches any text.
    Quoted(String),
    /// A regular expression.
    Regex(Regex),
}

/// A regular expression of the pattern, with its compiled form.
#[derive(Clone, Debug, PartialEq)]
pub struct Regex {
    /// As written, without the `%`.
    pub text: String,
    /// Compiled.
    pub compiled: ir::Regex,
}

/// A field of a space-delimited line.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// `...`: any number of fields.
    Rest,
    /// One field without a condition; the name is optional.
    Plain(Option<String>),
    /// One field with conditions.
    Tested {
        /// Its name.
        name: String,
        /// The conditions.
        test: Tree<(Operator, Value)>,
    },
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terms(terms) => joined(f, terms, " ", |f, term| write!(f, "{term}")),
            Self::Regex(regex) => write!(f, "{regex}"),
            Self::Json(tree) => {
                f.write_str("{ ")?;
                write_tree(f, tree, &|f, condition| write!(f, "{condition}"))?;
                f.write_str(" }")
            }
            Self::Fields(fields) => {
                f.write_str("[")?;
                joined(f, fields, ", ", |f, field| write!(f, "{field}"))?;
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.need {
            Need::Required => "",
            Need::Excluded => "-",
            Need::Optional => "?",
        })?;
        quoted(f, &self.text)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.selector {
            match step {
                ir::Step::Key(name) if name.chars().all(plain) => write!(f, ".{name}")?,
                ir::Step::Key(name) => write!(f, ".['{name}']")?,
                ir::Step::Index(at) => write!(f, "[{at}]")?,
                ir::Step::EachItem => f.write_str("[*]")?,
                ir::Step::EachMember => f.write_str(".*")?,
            }
        }
        match &self.ask {
            Ask::Compare(operator, value) => write!(f, " {operator} {value}"),
            Ask::Null => f.write_str(" IS NULL"),
            Ask::Bool(true) => f.write_str(" IS TRUE"),
            Ask::Bool(false) => f.write_str(" IS FALSE"),
            Ask::NotExists => f.write_str(" NOT EXISTS"),
        }
    }
}

impl fmt::Display for Operator {
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

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(text) | Self::Bare(text) => f.write_str(text),
            Self::Quoted(text) => quoted(f, text),
            Self::Regex(regex) => write!(f, "{regex}"),
        }
    }
}

impl fmt::Display for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}%", self.text)
    }
}

impl fmt::Display for Field {
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
pub(super) fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

type Write<'w, T> = &'w dyn Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result;

fn write_tree<T>(f: &mut fmt::Formatter<'_>, tree: &Tree<T>, leaf: Write<'_, T>) -> fmt::Result {
    match tree {
        Tree::Leaf(inner) => leaf(f, inner),
        Tree::All(inner) => joined(f, inner, " && ", |f, tree| match tree {
            Tree::Leaf(inner) => leaf(f, inner),
            other => in_parentheses(f, other, leaf),
        }),
        Tree::Any(inner) => joined(f, inner, " || ", |f, tree| match tree {
            Tree::Any(_) => in_parentheses(f, tree, leaf),
            other => write_tree(f, other, leaf),
        }),
    }
}

fn in_parentheses<T>(
    f: &mut fmt::Formatter<'_>,
    tree: &Tree<T>,
    leaf: Write<'_, T>,
) -> fmt::Result {
    f.write_str("(")?;
    write_tree(f, tree, leaf)?;
    f.write_str(")")
}

fn joined<T>(
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
