//! Why an adapter did not do what it was asked.

/// Why an input gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// One body could not be read; the input goes on behind it. A counted reject.
    #[error("{origin}: {problem}")]
    Unreadable {
        /// Which body.
        origin: String,
        /// Why.
        problem: String,
    },
    /// It does not exist (any more).
    #[error("{0} does not exist")]
    Gone(String),
    /// It may go better later.
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

/// Why a topic did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// Nobody listens any more.
    #[error("the topic is closed")]
    Closed,
    /// It does not answer, or refuses.
    #[error("topic: {0}")]
    Later(String),
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or cannot.
    #[error("store: {0}")]
    Down(String),
    /// Another process changed what a commit builds on: nothing was written, and the step must be
    /// taken again from what is stored now.
    #[error("store: another process was faster")]
    Conflict,
    /// It was written by a newer version of this program.
    #[error(
        "store: its schema is version {found}, and this program knows {known} (hint: install the version that wrote it, or another folder for the state)"
    )]
    Newer {
        /// The version of its schema.
        found: i64,
        /// The newest version that is known.
        known: i64,
    },
}
