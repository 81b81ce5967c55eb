//! `aware run`: the daemon.

mod daemon;
mod delivery;
mod inputs;
mod reload;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aware_io::compose;
use aware_io::config::{self, Config};
use aware_io::rules::reload::{POLL_INTERVAL, tell_left_out};
use aware_io::rules::{RuleRequest, load_rules};
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::RunArgs;
use crate::exit::{CommandExit, CommandFailure};
use daemon::{Daemon, DaemonOutput, INPUT_GRACE};
use delivery::RunningDelivery;
use inputs::RunningInputs;
use reload::DaemonReload;

/// Interval between checks for due updates.
const TICK_INTERVAL: Duration = Duration::from_secs(1);
/// Interval between removals of old event ids.
const FORGET_INTERVAL: Duration = Duration::from_secs(3600);
/// How long deliveries may take after the inputs have ended or a signal has come.
const DELIVERY_GRACE: Duration = Duration::from_secs(10);

/// Runs the command.
pub(crate) fn run_command(args: &RunArgs) -> Result<CommandExit, CommandFailure> {
    let config = config::read_config(&args.config)?;
    let talk =
        DaemonOutput { verbosity: args.talk.to_verbosity(), screen: args.talk.output_screen() };
    talk.init_log(&config.log);
    tokio::runtime::Runtime::new()?.block_on(run_daemon(args, config, talk))
}

async fn run_daemon(
    args: &RunArgs,
    config: Config,
    talk: DaemonOutput,
) -> Result<CommandExit, CommandFailure> {
    let (path, aws) = (args.config.as_path(), args.aws.aws_session());
    let parts = compose::compose_parts(&config, &aws, talk.screen).await?;
    let store = Arc::new(FallbackStore::new(compose::open_store(&config.state)?));
    let topic = compose::local_topic();
    let wanted = RuleRequest::from_config(&config, &path.display().to_string());
    let loaded = load_rules(&wanted);
    loaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let source = compose::daemon_source(&config, loaded.rules, &store, Arc::clone(&topic))?;
    let source = Arc::new(source);
    let inputs = RunningInputs::new(&source, &store);
    log_start(&source, &config).await;
    let delivery = RunningDelivery::start_half(
        &store,
        &topic,
        parts.destinations,
        config::routes_from(&config),
    );
    source.restore_windows().await;
    tell_left_out(&source, &loaded.problems, true).await;
    let mut daemon = Daemon { aws, talk, source, topic, delivery, inputs };
    let reload = DaemonReload::new(path, config, wanted, &loaded.problems);
    daemon.inputs.start_inputs(parts.inputs).await;
    let interrupted = daemon.watch_until_stopped(reload).await?;
    Ok(daemon.finish_run(interrupted).await)
}

async fn log_start(source: &SourceHalf, config: &Config) {
    tracing::info!(
        inputs = config.input.len(),
        destinations = config.destination.len(),
        rules = source.current_rules().await.event_rules().len(),
        "watching"
    );
}

impl Daemon {
    /// Runs until all inputs have ended, or a stop signal comes; true for the latter. `SIGHUP`, or
    /// a changed file, reloads the config.
    async fn watch_until_stopped(
        &mut self,
        mut reload: DaemonReload,
    ) -> Result<bool, CommandFailure> {
        let mut tick = tokio::time::interval(TICK_INTERVAL);
        let mut forget = tokio::time::interval(FORGET_INTERVAL);
        let mut poll = tokio::time::interval(POLL_INTERVAL);
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                one_ended = self.inputs.wait_for_one() => if !one_ended { return Ok(false) },
                _ = tick.tick() => {
                    self.source.run_tick().await;
                    self.source.report_rejects().await;
                }
                _ = forget.tick() => self.source.forget_old().await,
                _ = poll.tick() => reload.reload_if_changed(self).await,
                _ = hang_up.recv() => reload.reload_now(self).await,
                _ = terminate.recv() => return Ok(true),
                _ = tokio::signal::ctrl_c() => return Ok(true),
            }
        }
    }

    /// Finishes what is in progress, delivers what is due, and returns how the run ended.
    async fn finish_run(mut self, interrupted: bool) -> CommandExit {
        self.inputs.stop_all(INPUT_GRACE).await;
        self.source.run_tick().await;
        self.source.report_rejects_now().await;
        self.topic.close();
        let settled = self.delivery.finish_within(DELIVERY_GRACE).await;
        self.log_end();
        if !settled {
            tracing::warn!("some messages are not delivered yet; the next run delivers them");
        }
        match (settled && self.delivery.refused_count() == 0, interrupted) {
            (true, _) | (_, true) => CommandExit::Done,
            (false, false) => CommandExit::Delivery,
        }
    }

    fn log_end(&self) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let from = &self.source.counts;
        tracing::info!(
            records = read(&from.records),
            events = read(&from.events),
            rejects = read(&from.rejects),
            skipped = read(&from.skipped),
            duplicates = read(&from.duplicates),
            findings = read(&from.findings),
            messages = read(&from.published),
            delivered = self.delivery.delivered_count(),
            refused = self.delivery.refused_count(),
            muted = self.delivery.muted_count(),
            "stopped"
        );
    }
}
