//! How a report looks.

use aware_io::screen::Screen;

use crate::args::Format;

/// How a report looks. Everything but the format concerns only text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RenderOptions {
    pub(crate) format: Format,
    pub(crate) screen: Screen,
    /// Whether to leave out the totals.
    pub(crate) quiet: bool,
}
