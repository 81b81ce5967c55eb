//! Why an operation of an adapter failed.

/// Why an input did not deliver a body.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// One body could not be read; the input continues after it. Counted as a reject.
    #[error("{origin}: {problem}")]
    Unreadable {
        /// Which body.
        origin: String,
        /// Why.
        problem: String,
    },
    /// It does not exist, or no longer exists.
    #[error("{0} does not exist")]
    Gone(String),
    /// A later attempt may succeed.
    #[error("{0}")]
    Later(String),
}

/// Why a rejected body could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct NotKept {
    /// Where it was to be kept.
    pub place: String,
    /// Why it is not there.
    #[source]
    pub problem: std::io::Error,
}

/// Why a topic did not accept a message.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// There is no receiver any more.
    #[error("the topic is closed")]
    Closed,
    /// It does not answer, or it refuses.
    #[error("topic: {0}")]
    Later(String),
}

/// Why an operation of a store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or the operation failed.
    #[error("store: {0}")]
    Down(String),
    /// Another process changed what a commit builds on: nothing was written, and the step must be
    /// repeated with what is stored now.
    #[error("store: another process was faster")]
    Conflict,
    /// It was written by a newer version of this program.
    #[error(
        "store: its schema has version {found}, and this program knows {known} (hint: install the version that wrote it, or use another folder for the state)"
    )]
    Newer {
        /// The version of its schema.
        found: i64,
        /// The newest version that is known.
        known: i64,
    },
}
