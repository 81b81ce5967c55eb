//! Why a text is not a policy, and how long one may be.

/// The longest text to read, in bytes. AWS's largest policies have 20 KB without white space.
pub const MAX_POLICY_BYTES: usize = 256 * 1024;
/// The longest text of several policies, in bytes: a principal has at most about thirty.
pub const MAX_POLICIES_BYTES: usize = 1024 * 1024;

/// Why a text is not a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// Longer than [`MAX_POLICY_BYTES`].
    #[error(
        "policy of {0} bytes is over the limit of {MAX_POLICY_BYTES} (hint: AWS accepts 6144 characters, 20480 in a bucket policy)"
    )]
    TooLong(usize),
    /// Not JSON.
    #[error("policy is not JSON: {problem} (hint: {hint})")]
    Json {
        /// The JSON parser's message, with line and column.
        problem: String,
        /// How to fix it.
        hint: &'static str,
    },
    /// JSON, but not a policy.
    #[error("{what} at {place} (hint: {hint})")]
    Element {
        /// What is wrong.
        what: String,
        /// Where: `Statement[2].Action`.
        place: String,
        /// How to fix it.
        hint: String,
    },
}

pub(super) fn element_problem(place: &str, what: String, hint: impl Into<String>) -> PolicyProblem {
    PolicyProblem::Element { what, place: place.to_owned(), hint: hint.into() }
}
