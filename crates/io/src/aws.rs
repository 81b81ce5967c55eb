//! The AWS SDK's configuration, loaded on first use, and what its errors mean. Every client has
//! timeouts.

mod failure;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_sts::config::SharedCredentialsProvider;
use tokio::sync::OnceCell;

pub use failure::describe_error;

/// Timeout for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout for one answer. A long poll of SQS takes up to twenty seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(40);
/// Timeout for a call with all its attempts.
const CALL_TIMEOUT: Duration = Duration::from_secs(150);
/// Timeout for one answer in a function, which has a minute in all and never polls.
const FUNCTION_READ_TIMEOUT: Duration = Duration::from_secs(12);
/// See [`CALL_TIMEOUT`].
const FUNCTION_CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The base of every configuration: the AWS command line's files and variables, with timeouts.
/// Without timeouts the SDK waits for an answer as long as the connection is open.
pub fn config_loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(call_timeouts(READ_TIMEOUT, CALL_TIMEOUT))
}

/// Timeouts for uploads. An upload of several megabytes may take longer than [`READ_TIMEOUT`]; the
/// SDK's stalled-stream protection ends one that makes no progress.
pub fn upload_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).build()
}

fn call_timeouts(answer: Duration, call: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(answer)
        .operation_attempt_timeout(answer)
        .operation_timeout(call)
        .build()
}

/// Loads a configuration.
type ConfigLoad = fn(ProfileChoice) -> Pin<Box<dyn Future<Output = SdkConfig> + Send>>;

/// Profile and region from the command line; the environment and the AWS configuration supply the
/// rest.
#[derive(Clone, Debug, Default)]
struct ProfileChoice {
    profile: Option<String>,
    region: Option<String>,
}

/// Credentials, region and endpoint, found the way the AWS command line finds them or the way
/// Lambda provides them.
#[derive(Debug)]
pub struct AwsSession {
    config: OnceCell<SdkConfig>,
    choice: ProfileChoice,
    /// A function pointer, so that a program that never loads the shared files does not link that
    /// code.
    load: ConfigLoad,
}

/// No region is configured anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no AWS region: set AWS_REGION or --aws-region, or `region` in the profile (hint: the region of the trail, such as eu-west-1)"
)]
pub struct NoRegion;

impl Default for AwsSession {
    fn default() -> Self {
        Self::with_profile(None, None)
    }
}

impl AwsSession {
    /// Uses the environment and the shared AWS files, with this profile and region if they are
    /// given.
    pub fn with_profile(profile: Option<String>, region: Option<String>) -> Self {
        let load: ConfigLoad = |choice| Box::pin(load_shared_config(choice));
        Self { config: OnceCell::new(), choice: ProfileChoice { profile, region }, load }
    }

    /// Uses an existing configuration.
    pub fn with_config(config: SdkConfig) -> Self {
        let load: ConfigLoad = |_| Box::pin(async { function_config() });
        Self { config: OnceCell::new_with(Some(config)), choice: ProfileChoice::default(), load }
    }

    /// Uses what Lambda provides: credentials and region in variables. Nothing else is searched,
    /// which saves a function time and size.
    pub fn for_function() -> Self {
        Self::with_config(function_config())
    }

    /// The configuration.
    pub async fn sdk_config(&self) -> &SdkConfig {
        self.config.get_or_init(|| (self.load)(self.choice.clone())).await
    }

    /// The configuration of calls that need a region.
    ///
    /// # Errors
    /// [`NoRegion`] if no region is configured.
    pub async fn regional_config(&self) -> Result<&SdkConfig, NoRegion> {
        let config = self.sdk_config().await;
        let region = config.region().filter(|region| !region.as_ref().is_empty());
        region.map(|_| config).ok_or(NoRegion)
    }
}

async fn load_shared_config(choice: ProfileChoice) -> SdkConfig {
    let mut loader = config_loader();
    if let Some(profile) = choice.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = choice.region {
        loader = loader.region(Region::new(region));
    }
    loader.load().await
}

fn function_config() -> SdkConfig {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .timeout_config(call_timeouts(FUNCTION_READ_TIMEOUT, FUNCTION_CALL_TIMEOUT))
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
        let variables =
            config_loader().region(Region::new("eu-west-1")).no_credentials().load().await;
        for (config, answer) in
            [(variables, READ_TIMEOUT), (function_config(), FUNCTION_READ_TIMEOUT)]
        {
            let timeouts = config.timeout_config().unwrap();
            assert_eq!(timeouts.connect_timeout(), Some(CONNECT_TIMEOUT));
            assert_eq!(timeouts.operation_attempt_timeout(), Some(answer));
            assert!(timeouts.operation_timeout() > Some(answer));
        }
        let poll = Duration::from_secs(20);
        assert!(READ_TIMEOUT > poll, "a long poll is no failure");
    }
}
