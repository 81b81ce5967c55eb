//! The program's own log: the events of `tracing` as lines on stderr, in text for people or JSON
//! for machines.
//!
//! Nothing from a record reaches it except through `aware_core::text`, and no secret ever does. Of
//! other crates, only the AWS SDK may log below the level of a warning, and only its bare messages:
//! its fields hold requests and answers.

mod layer;
mod line;
mod manner;

use std::io::Write;
use std::sync::Once;

use tracing_subscriber::layer::SubscriberExt;

use layer::LineLayer;

pub use manner::{Format, Verbosity};

static INSTALLED: Once = Once::new();

/// Sets what is logged and how, for the whole process. Can be called again, to change it.
pub fn init(verbosity: Verbosity, format: Format) {
    manner::set(verbosity, format);
    INSTALLED.call_once(|| {
        let lines = LineLayer::new(Verbosity::current, Format::current, |line| {
            // A failure to write the log must not stop the program.
            let _ = writeln!(std::io::stderr(), "{line}");
        });
        // A program that has set another subscriber keeps it.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines));
    });
    tracing::callsite::rebuild_interest_cache();
}

#[cfg(test)]
mod tests;
