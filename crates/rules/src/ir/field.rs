//! The part of an event that a test examines.

use std::fmt;

/// A path into an event, and how it is followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventField {
    /// The steps, from the event's root; empty for the whole event.
    pub path: Vec<PathStep>,
    /// How they are followed.
    pub reach: PathReach,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathStep {
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
pub enum PathReach {
    /// Sigma: a list along the way or at the end stands for each of its members, at any depth; an
    /// object at the end stands for every leaf below it. A text along the way that contains a
    /// document ([`super::embedded_document()`]) stands for it, from two names below the event on.
    /// Only [`PathStep::Key`] and [`PathStep::Index`]; index 0 of a value that is not a list is the
    /// value.
    Leaves,
    /// EventBridge: a list along the way or at the end stands for each of its members, at any
    /// depth; an object at the end is not a leaf. A name with dots in the event is a path. Only
    /// [`PathStep::Key`].
    Members,
    /// CloudWatch: each step is followed as written; a list or an object at the end is not a leaf,
    /// though it exists.
    Exact,
}

/// Objects of a record whose members are defined by the service, and may be documents within a
/// text.
const OPEN: [&str; 4] =
    ["requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"];

impl EventField {
    /// How many names precede the first value that may be a document within a text, in which the
    /// path continues; `None` when there is none along the way.
    pub fn names_before_document(&self) -> Option<usize> {
        let [PathStep::Key(first), PathStep::Key(_), _, ..] = self.path.as_slice() else {
            return None;
        };
        let is_open = self.reach == PathReach::Leaves && OPEN.contains(&first.as_str());
        is_open.then_some(2)
    }

    /// A path of names, split at dots.
    pub fn dotted(name: &str, reach: PathReach) -> Self {
        Self { path: name.split('.').map(|part| PathStep::Key(part.to_owned())).collect(), reach }
    }

    /// The whole event: every leaf in it.
    pub fn whole_event() -> Self {
        Self { path: Vec::new(), reach: PathReach::Leaves }
    }
}

impl fmt::Display for EventField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str("any value");
        }
        for (index, step) in self.path.iter().enumerate() {
            match step {
                PathStep::Key(name) if index == 0 => f.write_str(name)?,
                PathStep::Key(name) => write!(f, ".{name}")?,
                PathStep::Index(at) => write!(f, "[{at}]")?,
                PathStep::EachItem => f.write_str("[*]")?,
                PathStep::EachMember => f.write_str(".*")?,
            }
        }
        Ok(())
    }
}
