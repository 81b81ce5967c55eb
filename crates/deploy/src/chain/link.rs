//! One link of the chain, and how it is.

/// The health of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// It works.
    Well,
    /// Its health cannot be determined.
    Unknown,
    /// Somebody must look at it.
    Ill,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is, for people.
    pub name: String,
    /// Its health.
    pub health: Health,
    /// Its health in words.
    pub says: String,
}

pub(super) fn link(name: &str, health: Health, says: impl Into<String>) -> Link {
    Link { name: name.to_owned(), health, says: says.into() }
}

/// A link that is healthy, or broken with its problems in words.
pub(super) fn judged(name: &str, well: impl Into<String>, problems: &[String]) -> Link {
    match problems {
        [] => link(name, Health::Well, well),
        problems => link(name, Health::Ill, problems.join("; ")),
    }
}
