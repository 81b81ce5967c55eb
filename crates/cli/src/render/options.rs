//! How a report looks.

use aware_io::screen::OutputScreen;

use crate::args::ScanFormat;

/// How a report looks. Everything but the format concerns only text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RenderOptions {
    pub(crate) format: ScanFormat,
    pub(crate) screen: OutputScreen,
    /// Whether to leave out the totals.
    pub(crate) quiet: bool,
}
