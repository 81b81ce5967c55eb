//! The parts of the daemon while it runs, and how it talks.

use std::sync::Arc;
use std::time::Duration;

use aware_io::aws::AwsSession;
use aware_io::config::{LogConfig, LogFormat};
use aware_io::log;
use aware_io::screen::OutputScreen;
use aware_pipeline::port::Topic;
use aware_pipeline::source::SourceHalf;

use super::delivery::RunningDelivery;
use super::inputs::RunningInputs;

/// How long inputs may take to finish their current bodies when they are stopped.
pub(super) const INPUT_GRACE: Duration = Duration::from_secs(10);

/// How the daemon prints, according to its command line.
#[derive(Clone, Copy)]
pub(super) struct DaemonOutput {
    pub(super) verbosity: log::Verbosity,
    pub(super) screen: OutputScreen,
}

impl DaemonOutput {
    pub(super) fn init_log(self, config: &LogConfig) {
        let format = match config.format {
            LogFormat::Text => log::Format::Text,
            LogFormat::Json => log::Format::Json,
        };
        log::init(self.verbosity, format);
    }
}

/// The parts of the daemon.
pub(super) struct Daemon {
    pub(super) aws: AwsSession,
    pub(super) talk: DaemonOutput,
    pub(super) source: Arc<SourceHalf>,
    pub(super) topic: Arc<dyn Topic>,
    pub(super) delivery: RunningDelivery,
    pub(super) inputs: RunningInputs,
}
