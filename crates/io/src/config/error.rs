//! Why a config cannot be used.

use super::check::ConfigProblem;

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
    /// The file has syntax errors, unknown keys or wrong values.
    #[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong {
        /// Every problem in the file.
        problems: Vec<ConfigProblem>,
    },
    /// The config is valid, but it cannot be carried out.
    #[error("{0}")]
    Impossible(String),
    /// Several problems at once.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<ConfigError>),
}
