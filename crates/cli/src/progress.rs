//! A progress bar on stderr during a scan, if stderr is a terminal.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// Files and bytes, the rate, and the time left.
pub(crate) struct ScanProgress {
    bar: ProgressBar,
}

impl ScanProgress {
    /// A bar over `bytes` bytes in `files` files; hidden if quiet or not on a terminal.
    pub(crate) fn new(files: u64, bytes: u64, quiet: bool) -> Self {
        let visible = !quiet && std::io::stderr().is_terminal();
        let bar = if visible { ProgressBar::new(bytes) } else { ProgressBar::hidden() };
        let template = "{bar:30} {bytes}/{total_bytes} of {msg} files  {bytes_per_sec}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(files.to_string());
        Self { bar }
    }

    /// Adds a finished file of this many bytes.
    pub(crate) fn add_bytes(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Removes the bar.
    pub(crate) fn clear_bar(&self) {
        self.bar.finish_and_clear();
    }
}
