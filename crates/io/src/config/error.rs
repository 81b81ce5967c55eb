//! Why a config cannot be used.

use super::check::Problem;

/// A config that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {problem}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        problem: String,
    },
    /// The file says something that is not understood.
    #[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong {
        /// Every problem found.
        problems: Vec<Problem>,
    },
    /// It is understood, but cannot be done.
    #[error("{0}")]
    Impossible(String),
    /// Several things cannot be done.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<ConfigError>),
}
