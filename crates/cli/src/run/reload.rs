//! Applies a changed config while the daemon runs: all of it, or nothing.

use std::path::Path;

use aware_io::compose;
use aware_io::config::{self, Config, ConfigError};
use aware_io::rules::RuleRequest;
use aware_io::rules::reload::{ConfigReloader, NewConfig, ReloadError, report_refusal};
use aware_rules::problem::RuleMistake;

use super::daemon::{Daemon, INPUT_GRACE};

/// The config in force, and the watcher of its files.
pub(super) struct DaemonReload {
    reloader: ConfigReloader,
    in_force: Config,
}

impl DaemonReload {
    /// Watches a config that is in force; `problems` of its rules were already reported.
    pub(super) fn new(
        path: &Path,
        config: Config,
        wanted: RuleRequest,
        problems: &[RuleMistake],
    ) -> Self {
        Self { reloader: ConfigReloader::new(path, wanted, problems), in_force: config }
    }

    /// Reloads once a changed file has settled.
    pub(super) async fn reload_if_changed(&mut self, daemon: &mut Daemon) {
        if self.reloader.has_settled_change() {
            self.reload_now(daemon).await;
        }
    }

    /// Reloads config, rules and secrets, whether or not they have changed.
    pub(super) async fn reload_now(&mut self, daemon: &mut Daemon) {
        let reloaded = match self.reloader.read_changed() {
            Ok(new) => self.put_in_force(new, daemon).await,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = reloaded {
            report_refusal(&daemon.source, &problem).await;
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
            return Err(ConfigError::Impossible(compose::NO_INPUT.to_owned()).into());
        }
        let destinations =
            compose::build_destinations(&new.config, &daemon.aws, daemon.talk.screen).await?;
        let change = daemon.inputs.change_for(&new.config.input, &daemon.aws).await?;

        self.reloader.mark_in_force(&new);
        daemon.talk.init_log(&new.config.log);
        compose::put_in_force(&daemon.source, &new.config, new.rules).await;
        daemon.delivery.replace_half(destinations, config::routes_from(&new.config)).await;
        daemon.inputs.apply_change(change, INPUT_GRACE).await;
        tracing::info!(
            rules = daemon.source.current_rules().await.event_rules().len(),
            destinations = new.config.destination.len(),
            "config reloaded"
        );
        self.in_force = new.config;
        Ok(())
    }
}
