//! How a report looks.

use aware_io::screen::Screen;

use crate::args::Format;

/// How a report looks. All but the format concerns text alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RenderOptions {
    pub(crate) format: Format,
    pub(crate) screen: Screen,
    /// Whether the sums are left out.
    pub(crate) quiet: bool,
}
