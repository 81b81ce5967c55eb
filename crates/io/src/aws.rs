//! The AWS SDK's configuration, loaded on first use, and what its errors mean. Every client has
//! timeouts.

mod failure;

use std::future::Future;
use std::pin::Pin;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_sts::config::SharedCredentialsProvider;
use std::time::Duration;
use tokio::sync::OnceCell;

pub use failure::describe;

/// Timeout for opening a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Timeout for one answer. A long poll of SQS takes up to twenty seconds.
const ANSWER: Duration = Duration::from_secs(40);
/// Timeout for a call with all its attempts.
const CALL: Duration = Duration::from_secs(150);
/// Timeout for one answer in a function, which has a minute in all and never polls.
const ANSWER_IN_FUNCTION: Duration = Duration::from_secs(12);
/// See [`CALL`].
const CALL_IN_FUNCTION: Duration = Duration::from_secs(30);

/// The base of every configuration: the AWS command line's files and variables, with timeouts.
/// Without timeouts the SDK waits for an answer as long as the connection is open.
pub fn loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts(ANSWER, CALL))
}

/// Timeouts for uploads. An upload of several megabytes may take longer than [`ANSWER`]; the SDK's
/// stalled-stream protection ends one that makes no progress.
pub fn patient() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).build()
}

fn timeouts(answer: Duration, call: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(answer)
        .operation_attempt_timeout(answer)
        .operation_timeout(call)
        .build()
}

/// Loads a configuration.
type Load = fn(Choice) -> Pin<Box<dyn Future<Output = SdkConfig> + Send>>;

/// Profile and region from the command line; the environment and the AWS configuration supply the
/// rest.
#[derive(Clone, Debug, Default)]
struct Choice {
    profile: Option<String>,
    region: Option<String>,
}

/// Credentials, region and endpoint, found the way the AWS command line finds them or the way
/// Lambda provides them.
#[derive(Debug)]
pub struct Aws {
    config: OnceCell<SdkConfig>,
    choice: Choice,
    /// A function pointer, so that a program that never loads the shared files does not link that
    /// code.
    load: Load,
}

/// No region is configured anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no AWS region: set AWS_REGION or --aws-region, or `region` in the profile (hint: the region of the trail, such as eu-west-1)"
)]
pub struct NoRegion;

impl Default for Aws {
    fn default() -> Self {
        Self::chosen(None, None)
    }
}

impl Aws {
    /// Uses the environment and the shared AWS files, with this profile and region if they are
    /// given.
    pub fn chosen(profile: Option<String>, region: Option<String>) -> Self {
        let load: Load = |choice| Box::pin(everywhere(choice));
        Self { config: OnceCell::new(), choice: Choice { profile, region }, load }
    }

    /// Uses an existing configuration.
    pub fn of(config: SdkConfig) -> Self {
        let load: Load = |_| Box::pin(async { function() });
        Self { config: OnceCell::new_with(Some(config)), choice: Choice::default(), load }
    }

    /// Uses what Lambda provides: credentials and region in variables. Nothing else is searched,
    /// which saves a function time and size.
    pub fn of_function() -> Self {
        Self::of(function())
    }

    /// The configuration.
    pub async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(|| (self.load)(self.choice.clone())).await
    }

    /// The configuration of calls that need a region.
    ///
    /// # Errors
    /// [`NoRegion`] if no region is configured.
    pub async fn regional(&self) -> Result<&SdkConfig, NoRegion> {
        let config = self.config().await;
        let region = config.region().filter(|region| !region.as_ref().is_empty());
        region.map(|_| config).ok_or(NoRegion)
    }
}

async fn everywhere(choice: Choice) -> SdkConfig {
    let mut loader = loader();
    if let Some(profile) = choice.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = choice.region {
        loader = loader.region(Region::new(region));
    }
    loader.load().await
}

fn function() -> SdkConfig {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .timeout_config(timeouts(ANSWER_IN_FUNCTION, CALL_IN_FUNCTION))
        .region(variable("AWS_REGION").map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    if let Some(url) = variable("AWS_ENDPOINT_URL") {
        config = config.endpoint_url(url);
    }
    config.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_configuration_has_timeouts() {
        let variables = loader().region(Region::new("eu-west-1")).no_credentials().load().await;
        for (config, answer) in [(variables, ANSWER), (function(), ANSWER_IN_FUNCTION)] {
            let timeouts = config.timeout_config().unwrap();
            assert_eq!(timeouts.connect_timeout(), Some(CONNECT));
            assert_eq!(timeouts.operation_attempt_timeout(), Some(answer));
            assert!(timeouts.operation_timeout() > Some(answer));
        }
        let poll = Duration::from_secs(20);
        assert!(ANSWER > poll, "a long poll is no failure");
    }
}
