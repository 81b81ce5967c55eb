//! How a report looks.

use aware_io::screen::OutputScreen;

use crate::args::ScanFormat;

/// How a report looks. Screen and totals concern only text.
#[derive(Clone, Debug)]
pub(crate) struct RenderOptions {
    pub(crate) format: ScanFormat,
    /// Whether to show groups of findings rather than cases.
    pub(crate) groups: bool,
    pub(crate) screen: OutputScreen,
    /// Whether signs beyond ASCII can be shown.
    pub(crate) is_unicode: bool,
    /// The logs, as they are named in commands.
    pub(crate) logs: String,
    /// Whether to leave out the totals.
    pub(crate) quiet: bool,
}
