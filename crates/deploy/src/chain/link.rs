//! One link of the chain, and how it is.

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Well,
    /// It cannot be told.
    Unknown,
    /// Somebody must look.
    Ill,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// The same in words.
    pub says: String,
}

pub(super) fn link(name: &str, health: Health, says: impl Into<String>) -> Link {
    Link { name: name.to_owned(), health, says: says.into() }
}

/// A link that is well, or ill with each problem in a sentence.
pub(super) fn judged(name: &str, well: impl Into<String>, problems: &[String]) -> Link {
    match problems {
        [] => link(name, Health::Well, well),
        problems => link(name, Health::Ill, problems.join("; ")),
    }
}
