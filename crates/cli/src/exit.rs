//! Exit codes as documented constants, and the failures that lead to them.

use std::io;
use std::process::ExitCode;

/// How the command ended. Documented in `docs/reference/command-line.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandExit {
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

impl From<CommandExit> for ExitCode {
    fn from(exit: CommandExit) -> Self {
        Self::from(match exit {
            CommandExit::Done => 0,
            CommandExit::Findings => 1,
            CommandExit::Usage => 2,
            CommandExit::Input => 3,
            CommandExit::Delivery => 4,
        })
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandFailure {
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

impl CommandFailure {
    pub(crate) fn exit_code(&self) -> CommandExit {
        match self {
            Self::Usage(_) | Self::Config(_) => CommandExit::Usage,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => CommandExit::Done,
            Self::Output(_) => CommandExit::Input,
            Self::Delivery(_) => CommandExit::Delivery,
        }
    }

    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
