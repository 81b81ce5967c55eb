//! Why a text is no policy, and how long one may be.

/// The longest text read, in bytes. AWS's largest policies are 20 KB without white space.
pub const MAX_POLICY_BYTES: usize = 256 * 1024;
/// The longest text of several policies, in bytes: a principal has at most some thirty.
pub const MAX_POLICIES_BYTES: usize = 1024 * 1024;

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// Longer than [`MAX_POLICY_BYTES`].
    #[error(
        "policy of {0} bytes is over the limit of {MAX_POLICY_BYTES} (hint: AWS takes 6144 characters, 20480 in a bucket policy)"
    )]
    TooLong(usize),
    /// Not JSON.
    #[error("policy is not JSON: {problem} (hint: {hint})")]
    Json {
        /// What the JSON reader says, with line and column.
        problem: String,
        /// How to mend it.
        hint: &'static str,
    },
    /// JSON that is no policy.
    #[error("{what} at {place} (hint: {hint})")]
    Element {
        /// What is wrong.
        what: String,
        /// Where: `Statement[2].Action`.
        place: String,
        /// How to mend it.
        hint: String,
    },
}

pub(super) fn element(place: &str, what: String, hint: impl Into<String>) -> PolicyProblem {
    PolicyProblem::Element { what, place: place.to_owned(), hint: hint.into() }
}
