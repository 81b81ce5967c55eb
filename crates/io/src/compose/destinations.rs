//! Builds the destinations of a config.

use std::sync::Arc;

use aware_pipeline::port::Destination;

use crate::aws::AwsSession;
use crate::config::{Config, ConfigError, DestinationConfig};
use crate::destination::alertmanager::AlertmanagerConfigError;
use crate::destination::email::EmailConfigError;
use crate::destination::jsm::JsmConfigError;
use crate::destination::pagerduty::PagerDutyConfigError;
use crate::destination::slack::SlackConfigError;
use crate::destination::teams::TeamsConfigError;
use crate::destination::template::TemplateConfigError;
use crate::destination::terminal::TerminalDestination;
use crate::destination::webhook::WebhookConfigError;
use crate::screen::OutputScreen;

/// The destinations of a config; the terminal if it names none.
///
/// # Errors
/// [`ConfigError::Impossible`], naming the destination that cannot be built.
pub async fn build_destinations(
    config: &Config,
    aws: &AwsSession,
    screen: OutputScreen,
) -> Result<Vec<Arc<dyn Destination>>, ConfigError> {
    let mut destinations: Vec<Arc<dyn Destination>> = Vec::new();
    for (name, config) in &config.destination {
        destinations.push(named_destination(name, config, aws, screen).await?);
    }
    if destinations.is_empty() {
        destinations.push(stdout_terminal("terminal", screen));
    }
    Ok(destinations)
}

pub(super) async fn named_destination(
    name: &str,
    config: &DestinationConfig,
    aws: &AwsSession,
    screen: OutputScreen,
) -> Result<Arc<dyn Destination>, ConfigError> {
    let built = build_destination(name, config.clone(), aws, screen).await;
    built.map_err(|problem| ConfigError::Impossible(format!("destination `{name}`: {problem}")))
}

/// Why a destination cannot be built.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum DestinationConfigError {
    Slack(#[from] SlackConfigError),
    Webhook(#[from] WebhookConfigError),
    PagerDuty(#[from] PagerDutyConfigError),
    Jsm(#[from] JsmConfigError),
    Teams(#[from] TeamsConfigError),
    Alertmanager(#[from] AlertmanagerConfigError),
    Template(#[from] TemplateConfigError),
    Email(#[from] EmailConfigError),
}

async fn build_destination(
    name: &str,
    config: DestinationConfig,
    aws: &AwsSession,
    screen: OutputScreen,
) -> Result<Arc<dyn Destination>, DestinationConfigError> {
    Ok(match config {
        DestinationConfig::Slack(config) => Arc::new(config.build(name.to_owned(), aws).await?),
        DestinationConfig::Webhook(config) => Arc::new(config.build(name.to_owned(), aws).await?),
        DestinationConfig::PagerDuty(config) => Arc::new(config.build(name.to_owned(), aws).await?),
        DestinationConfig::Jsm(config) => Arc::new(config.build(name.to_owned(), aws).await?),
        DestinationConfig::Teams(config) => Arc::new(config.build(name.to_owned(), aws).await?),
        DestinationConfig::Alertmanager(config) => {
            Arc::new(config.build(name.to_owned(), aws).await?)
        }
        DestinationConfig::Template(config) => Arc::new(config.build(name.to_owned(), aws).await?),
        DestinationConfig::Email(config) => Arc::new(config.build(name.to_owned(), aws).await?),
        DestinationConfig::Terminal(_) => stdout_terminal(name, screen),
    })
}

/// The terminal that the process runs in, as a destination.
pub fn stdout_terminal(name: &str, screen: OutputScreen) -> Arc<dyn Destination> {
    Arc::new(TerminalDestination::new(name.to_owned(), Box::new(std::io::stdout()), screen))
}
