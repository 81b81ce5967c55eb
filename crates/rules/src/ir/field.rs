//! The part of an event that a test examines.

use std::fmt;

/// A path into an event, and how it is followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field {
    /// The steps, from the event's root; empty for the whole event.
    pub path: Vec<Step>,
    /// How they are followed.
    pub reach: Reach,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A member of an object, by its exact name.
    Key(String),
    /// A member of a list, counted from 0.
    Index(usize),
    /// Every member of a list: CloudWatch's `[*]`.
    EachItem,
    /// Every member of an object: CloudWatch's `.*`.
    EachMember,
}

/// How a path is followed, and what counts at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// Sigma: a list along the way or at the end stands for each of its members, at any depth; an
    /// object at the end stands for every leaf below it. A text along the way that contains a
    /// document ([`super::document()`]) stands for it, from two names below the event on. Only
    /// [`Step::Key`] and [`Step::Index`]; index 0 of a value that is not a list is the value.
    Leaves,
    /// EventBridge: a list along the way or at the end stands for each of its members, at any
    /// depth; an object at the end is not a leaf. A name with dots in the event is a path. Only
    /// [`Step::Key`].
    Members,
    /// CloudWatch: each step is followed as written; a list or an object at the end is not a leaf,
    /// though it exists.
    Exact,
}

/// Objects of a record whose members are defined by the service, and may be documents within a
/// text.
const OPEN: [&str; 4] =
    ["requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"];

impl Field {
    /// How many names precede the first value that may be a document within a text, in which the
    /// path continues; `None` when there is none along the way.
    pub fn before_document(&self) -> Option<usize> {
        let [Step::Key(first), Step::Key(_), _, ..] = self.path.as_slice() else { return None };
        let is_open = self.reach == Reach::Leaves && OPEN.contains(&first.as_str());
        is_open.then_some(2)
    }

    /// A path of names, split at dots.
    pub fn dotted(name: &str, reach: Reach) -> Self {
        Self { path: name.split('.').map(|part| Step::Key(part.to_owned())).collect(), reach }
    }

    /// The whole event: every leaf in it.
    pub fn everything() -> Self {
        Self { path: Vec::new(), reach: Reach::Leaves }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str("any value");
        }
        for (index, step) in self.path.iter().enumerate() {
            match step {
                Step::Key(name) if index == 0 => f.write_str(name)?,
                Step::Key(name) => write!(f, ".{name}")?,
                Step::Index(at) => write!(f, "[{at}]")?,
                Step::EachItem => f.write_str("[*]")?,
                Step::EachMember => f.write_str(".*")?,
            }
        }
        Ok(())
    }
}
