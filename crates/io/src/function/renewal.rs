//! Builds the function's destination, with the config and secrets as they are now.

use std::sync::Arc;

use aware_pipeline::port::Destination;

use super::problem::FunctionProblem;
use super::settings::FunctionSettings;
use crate::aws::AwsSession;
use crate::compose;
use crate::config::Config;
use crate::screen::OutputScreen;

/// Reads config and secrets again.
pub(super) async fn read_again(
    aws: &AwsSession,
    name: &str,
) -> Result<(Config, Arc<dyn Destination>), FunctionProblem> {
    let settings = FunctionSettings::from_environment(aws).await?;
    let destination = build_destination(&settings.config, name, aws).await?;
    Ok((settings.config, destination))
}

/// Builds the destination with its current secrets.
pub(super) async fn build_destination(
    config: &Config,
    name: &str,
    aws: &AwsSession,
) -> Result<Arc<dyn Destination>, FunctionProblem> {
    let mut config = config.clone();
    config.destination.retain(|other, _| other == name);
    let wrong = |problem: String| FunctionProblem::Environment("AWARE_CONFIG", problem);
    let made = compose::build_destinations(&config, aws, OutputScreen::default()).await;
    let made = made.map_err(|error| wrong(error.to_string()))?;
    made.into_iter().next().ok_or_else(|| wrong("the config has no destination".to_owned()))
}
