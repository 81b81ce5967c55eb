//! The parts of the daemon while it runs, and how it talks.

use std::sync::Arc;
use std::time::Duration;

use aware_io::aws::Aws;
use aware_io::config::{LogConfig, LogFormat};
use aware_io::log;
use aware_io::screen::Screen;
use aware_pipeline::port::Topic;
use aware_pipeline::source::Source;

use super::delivery::Delivery;
use super::inputs::RunningInputs;

/// How long inputs may take to finish their current bodies when they are stopped.
pub(super) const LAST_BODIES: Duration = Duration::from_secs(10);

/// How the daemon prints, according to its command line.
#[derive(Clone, Copy)]
pub(super) struct Talking {
    pub(super) verbosity: log::Verbosity,
    pub(super) screen: Screen,
}

impl Talking {
    pub(super) fn init(self, config: &LogConfig) {
        let format = match config.format {
            LogFormat::Text => log::Format::Text,
            LogFormat::Json => log::Format::Json,
        };
        log::init(self.verbosity, format);
    }
}

/// The parts of the daemon.
pub(super) struct Daemon {
    pub(super) aws: Aws,
    pub(super) talk: Talking,
    pub(super) source: Arc<Source>,
    pub(super) topic: Arc<dyn Topic>,
    pub(super) delivery: Delivery,
    pub(super) inputs: RunningInputs,
}
