//! Applies a changed config while the daemon runs: all of it, or nothing.

use std::path::Path;

use aware_io::config::{self, Config, ConfigError};
use aware_io::rules::Wanted;
use aware_io::rules::reload::{ConfigReloader, NewConfig, ReloadError, tell_refusal};
use aware_io::wire;
use aware_rules::problem::Problem;

use super::daemon::{Daemon, LAST_BODIES};

/// The config in force, and the watcher of its files.
pub(super) struct Reload {
    reloader: ConfigReloader,
    in_force: Config,
}

impl Reload {
    /// Watches a config that is in force; `problems` of its rules were already reported.
    pub(super) fn new(path: &Path, config: Config, wanted: Wanted, problems: &[Problem]) -> Self {
        Self { reloader: ConfigReloader::new(path, wanted, problems), in_force: config }
    }

    /// Reloads once a changed file has settled.
    pub(super) async fn if_changed(&mut self, daemon: &mut Daemon) {
        if self.reloader.has_settled_change() {
            self.now(daemon).await;
        }
    }

    /// Reloads config, rules and secrets, whether or not they have changed.
    pub(super) async fn now(&mut self, daemon: &mut Daemon) {
        let reloaded = match self.reloader.read() {
            Ok(new) => self.put_in_force(new, daemon).await,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = reloaded {
            tell_refusal(&daemon.source, &problem).await;
        }
    }

    /// Everything that may fail comes first, so that nothing changes on failure.
    async fn put_in_force(
        &mut self,
        new: NewConfig,
        daemon: &mut Daemon,
    ) -> Result<(), ReloadError> {
        if new.config.state != self.in_force.state {
            return Err(ReloadError::State);
        }
        if new.config.input.is_empty() {
            return Err(ConfigError::Impossible(wire::NO_INPUT.to_owned()).into());
        }
        let destinations = wire::destinations(&new.config, &daemon.aws, daemon.talk.screen).await?;
        let change = daemon.inputs.change_to(&new.config.input, &daemon.aws).await?;

        self.reloader.accept(&new);
        daemon.talk.init(&new.config.log);
        wire::put_in_force(&daemon.source, &new.config, new.rules).await;
        daemon.delivery.replace(destinations, config::routes(&new.config.route)).await;
        daemon.inputs.apply(change, LAST_BODIES).await;
        tracing::info!(
            rules = daemon.source.rules().await.events().len(),
            destinations = new.config.destination.len(),
            "config reloaded"
        );
        self.in_force = new.config;
        Ok(())
    }
}
