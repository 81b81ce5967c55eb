//! Why a function cannot work.

/// What prevents a function from working.
#[derive(Debug, thiserror::Error)]
pub enum FunctionProblem {
    /// An environment variable is missing or wrong.
    #[error("{0}: {1}")]
    Environment(&'static str, String),
    /// The invocation must be repeated.
    #[error("{0}")]
    RetryInvocation(String),
}
