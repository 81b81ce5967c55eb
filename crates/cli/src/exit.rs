//! Exit codes as documented constants, and the failures that lead to them.

use std::io;
use std::process::ExitCode;

/// How the command ended. Documented in `docs/reference/exit-codes.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done.
    Done,
    /// 1: findings at or above `--fail-on`; nothing to grant for `policy`.
    Findings,
    /// 2: wrong usage or config.
    Usage,
    /// 3: some input could not be read.
    Input,
    /// 4: a message could not be delivered.
    Delivery,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Input => 3,
            Exit::Delivery => 4,
        })
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Something for the user to fix: an option, a config.
    #[error("{0}")]
    Usage(String),
    /// An invalid config.
    #[error("{0}")]
    Config(#[from] aware_io::config::ConfigError),
    /// Output that cannot be written. A closed pipe is not a failure: the reader has enough.
    #[error("output cannot be written: {0}")]
    Output(#[from] io::Error),
    /// A message that could not be delivered.
    #[error("{0}")]
    Delivery(String),
}

impl Failure {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::Config(_) => Exit::Usage,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Output(_) => Exit::Input,
            Self::Delivery(_) => Exit::Delivery,
        }
    }

    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
