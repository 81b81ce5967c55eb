//! How much is logged, and how a line is written, for the whole process.

use std::sync::atomic::{AtomicU8, Ordering};

static VERBOSITY: AtomicU8 = AtomicU8::new(1);
static FORMAT: AtomicU8 = AtomicU8::new(0);

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet = 0,
    /// Errors, warnings and what starts and stops.
    Normal = 1,
    /// Every step.
    Verbose = 2,
}

impl Verbosity {
    pub(super) fn current() -> Self {
        match VERBOSITY.load(Ordering::Relaxed) {
            0 => Self::Quiet,
            1 => Self::Normal,
            _ => Self::Verbose,
        }
    }
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text = 0,
    /// One JSON object per line.
    Json = 1,
}

impl Format {
    pub(super) fn current() -> Self {
        if FORMAT.load(Ordering::Relaxed) == Self::Json as u8 { Self::Json } else { Self::Text }
    }
}

/// Sets both.
pub(super) fn set(verbosity: Verbosity, format: Format) {
    VERBOSITY.store(verbosity as u8, Ordering::Relaxed);
    FORMAT.store(format as u8, Ordering::Relaxed);
}
