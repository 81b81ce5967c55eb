//! What keeps a function from its work.

/// What keeps a function from its work.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A variable of the environment is missing or wrong.
    #[error("{0}: {1}")]
    Environment(&'static str, String),
    /// An invocation must be made again.
    #[error("{0}")]
    Again(String),
}
