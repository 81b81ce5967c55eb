//! `aware run`: the daemon.

mod daemon;
mod delivery;
mod inputs;
mod reload;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aware_io::config::{self, Config};
use aware_io::rules::reload::{POLL, tell_left_out};
use aware_io::rules::{Wanted, load};
use aware_io::wire;
use aware_pipeline::source::Source;
use aware_pipeline::store::fallback::FallbackStore;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::RunArgs;
use crate::exit::{Exit, Failure};
use daemon::{Daemon, LAST_BODIES, Talking};
use delivery::Delivery;
use inputs::RunningInputs;
use reload::Reload;

/// Interval between checks for due updates.
const TICK: Duration = Duration::from_secs(1);
/// Interval between removals of old event ids.
const FORGET: Duration = Duration::from_secs(3600);
/// How long deliveries may take after the inputs have ended or a signal has come.
const LAST_DELIVERIES: Duration = Duration::from_secs(10);

/// Runs the command.
pub(crate) fn main(args: &RunArgs) -> Result<Exit, Failure> {
    let config = config::read(&args.config)?;
    let talk = Talking { verbosity: args.talk.verbosity(), screen: args.talk.screen() };
    talk.init(&config.log);
    tokio::runtime::Runtime::new()?.block_on(run(args, config, talk))
}

async fn run(args: &RunArgs, config: Config, talk: Talking) -> Result<Exit, Failure> {
    let (path, aws) = (args.config.as_path(), args.aws.aws());
    let parts = wire::parts(&config, &aws, talk.screen).await?;
    let store = Arc::new(FallbackStore::new(wire::store(&config.state)?));
    let topic = wire::local_topic();
    let wanted = Wanted::of(&config, &path.display().to_string());
    let loaded = load(&wanted);
    loaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let source = wire::daemon_source(&config, loaded.rules, &store, Arc::clone(&topic))?;
    let source = Arc::new(source);
    let inputs = RunningInputs::new(&source, &store);
    tell_start(&source, &config).await;
    let delivery =
        Delivery::start(&store, &topic, parts.destinations, config::routes(&config.route));
    source.restore().await;
    tell_left_out(&source, &loaded.problems, true).await;
    let mut daemon = Daemon { aws, talk, source, topic, delivery, inputs };
    let reload = Reload::new(path, config, wanted, &loaded.problems);
    daemon.inputs.begin(parts.inputs).await;
    let interrupted = daemon.watch(reload).await?;
    Ok(daemon.finish(interrupted).await)
}

async fn tell_start(source: &Source, config: &Config) {
    tracing::info!(
        inputs = config.input.len(),
        destinations = config.destination.len(),
        rules = source.rules().await.events().len(),
        "watching"
    );
}

impl Daemon {
    /// Runs until all inputs have ended, or a stop signal comes; true for the latter. `SIGHUP`, or
    /// a changed file, reloads the config.
    async fn watch(&mut self, mut reload: Reload) -> Result<bool, Failure> {
        let mut tick = tokio::time::interval(TICK);
        let mut forget = tokio::time::interval(FORGET);
        let mut poll = tokio::time::interval(POLL);
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                one_ended = self.inputs.one_ended() => if !one_ended { return Ok(false) },
                _ = tick.tick() => {
                    self.source.tick().await;
                    self.source.tell_rejects().await;
                }
                _ = forget.tick() => self.source.forget().await,
                _ = poll.tick() => reload.if_changed(self).await,
                _ = hang_up.recv() => reload.now(self).await,
                _ = terminate.recv() => return Ok(true),
                _ = tokio::signal::ctrl_c() => return Ok(true),
            }
        }
    }

    /// Finishes what is in progress, delivers what is due, and returns how the run ended.
    async fn finish(mut self, interrupted: bool) -> Exit {
        self.inputs.stop(LAST_BODIES).await;
        self.source.tick().await;
        self.source.tell_rejects_now().await;
        self.topic.close();
        let settled = self.delivery.end(LAST_DELIVERIES).await;
        self.tell_end();
        if !settled {
            tracing::warn!("some messages are not delivered yet; the next run delivers them");
        }
        match (settled && self.delivery.refused() == 0, interrupted) {
            (true, _) | (_, true) => Exit::Done,
            (false, false) => Exit::Delivery,
        }
    }

    fn tell_end(&self) {
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
            delivered = self.delivery.delivered(),
            refused = self.delivery.refused(),
            "stopped"
        );
    }
}
