//! One link of the chain, and its health.

/// The health of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkHealth {
    /// It works.
    Healthy,
    /// Its health cannot be determined.
    Unknown,
    /// Somebody must look at it.
    Broken,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainLink {
    /// What it is, for people.
    pub name: String,
    /// Its health.
    pub health: LinkHealth,
    /// Its health in words.
    pub details: String,
}

pub(super) fn new_link(name: &str, health: LinkHealth, says: impl Into<String>) -> ChainLink {
    ChainLink { name: name.to_owned(), health, details: says.into() }
}

/// A link that is healthy, or broken with its problems in words.
pub(super) fn link_from_problems(
    name: &str,
    well: impl Into<String>,
    problems: &[String],
) -> ChainLink {
    match problems {
        [] => new_link(name, LinkHealth::Healthy, well),
        problems => new_link(name, LinkHealth::Broken, problems.join("; ")),
    }
}
