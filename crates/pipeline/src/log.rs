//! The program's own log: lines on stderr, as text for people or JSON for machines.
//!
//! Nothing from a record reaches it except through `aware_core::text`, and no secret ever does.

use std::io::Write;
use std::sync::atomic::{AtomicU8, Ordering};

use aware_core::text;
use jiff::Timestamp;

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

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text = 0,
    /// One JSON object a line.
    Json = 1,
}

static VERBOSITY: AtomicU8 = AtomicU8::new(1);
static FORMAT: AtomicU8 = AtomicU8::new(0);

/// Sets what is logged and how, for the whole process.
pub fn init(verbosity: Verbosity, format: Format) {
    VERBOSITY.store(verbosity as u8, Ordering::Relaxed);
    FORMAT.store(format as u8, Ordering::Relaxed);
}

/// Something went wrong that somebody must mend.
pub fn error(message: &str, details: &[(&str, &str)]) {
    line("error", Verbosity::Quiet, message, details);
}

/// Something went wrong that the program mends by itself.
pub fn warn(message: &str, details: &[(&str, &str)]) {
    line("warning", Verbosity::Normal, message, details);
}

/// Something worth knowing.
pub fn info(message: &str, details: &[(&str, &str)]) {
    line("info", Verbosity::Normal, message, details);
}

/// Something worth knowing when looking for a fault.
pub fn debug(message: &str, details: &[(&str, &str)]) {
    line("debug", Verbosity::Verbose, message, details);
}

fn line(level: &str, needs: Verbosity, message: &str, details: &[(&str, &str)]) {
    if VERBOSITY.load(Ordering::Relaxed) < needs as u8 {
        return;
    }
    let line = if FORMAT.load(Ordering::Relaxed) == Format::Json as u8 {
        json(level, message, details, Timestamp::now())
    } else {
        plain(level, message, details)
    };
    // A log that cannot be written is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn plain(level: &str, message: &str, details: &[(&str, &str)]) -> String {
    let mut line = format!("{level}: {}", text::clean(message));
    for (key, value) in details {
        line.push_str(&format!(" {key}={}", text::clean(value)));
    }
    line
}

fn json(level: &str, message: &str, details: &[(&str, &str)], now: Timestamp) -> String {
    let now = now.to_string();
    let mut pairs = vec![("timestamp", now.as_str()), ("level", level), ("message", message)];
    pairs.extend(details);
    text::log::json_line(&pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_cannot_be_forged() {
        let forged = "a\nerror: b\u{1b}[2J";
        assert!(!plain("info", forged, &[("k", forged)]).contains(['\n', '\u{1b}']));
        assert!(
            !json("info", forged, &[("k", forged)], Timestamp::UNIX_EPOCH)
                .contains(['\n', '\u{1b}'])
        );
    }
}
