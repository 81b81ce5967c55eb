//! The program's own log: what `tracing` is told, as lines on stderr, as text for people or JSON for
//! machines.
//!
//! Nothing from a record reaches it except through `aware_core::text`, and no secret ever does. Of
//! other crates only the AWS SDK is heard below a warning, and of that the bare messages: its fields
//! hold requests and answers.

mod layer;
mod line;

use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicU8, Ordering};

use tracing_subscriber::layer::SubscriberExt;

use layer::LineLayer;

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
    fn current() -> Self {
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
    /// One JSON object a line.
    Json = 1,
}

impl Format {
    fn current() -> Self {
        if FORMAT.load(Ordering::Relaxed) == Self::Json as u8 { Self::Json } else { Self::Text }
    }
}

static VERBOSITY: AtomicU8 = AtomicU8::new(1);
static FORMAT: AtomicU8 = AtomicU8::new(0);
static INSTALLED: Once = Once::new();

/// Sets what is logged and how, for the whole process. Can be called again, to change it.
pub fn init(verbosity: Verbosity, format: Format) {
    VERBOSITY.store(verbosity as u8, Ordering::Relaxed);
    FORMAT.store(format as u8, Ordering::Relaxed);
    INSTALLED.call_once(|| {
        let lines = LineLayer::new(Verbosity::current, Format::current, |line| {
            // A log that cannot be written is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{line}");
        });
        // A program that has set another subscriber keeps it.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines));
    });
    tracing::callsite::rebuild_interest_cache();
}

#[cfg(test)]
mod tests;
