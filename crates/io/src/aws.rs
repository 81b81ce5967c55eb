//! The AWS SDK's configuration, made when it is first needed, and what its errors mean. Every client has
//! its timeouts.

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

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take: a long poll of SQS is twenty seconds.
const ANSWER: Duration = Duration::from_secs(40);
/// How long a call may take with all its attempts.
const CALL: Duration = Duration::from_secs(150);
/// The same in a function, which has a minute in all, and asks nobody for long.
const ANSWER_IN_FUNCTION: Duration = Duration::from_secs(12);
/// See [`CALL`].
const CALL_IN_FUNCTION: Duration = Duration::from_secs(30);

/// What every configuration begins with: the AWS command line's files and variables, and timeouts.
/// Without them the SDK waits for an answer as long as the connection lives.
pub fn loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts(ANSWER, CALL))
}

/// An upload of some megabytes may take longer than an answer. One that stalls is given up by the
/// SDK's own protection.
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

/// How a configuration is made.
type Load = fn(Choice) -> Pin<Box<dyn Future<Output = SdkConfig> + Send>>;

/// What a user chose on the command line; the environment and the AWS configuration say the rest.
#[derive(Clone, Debug, Default)]
struct Choice {
    profile: Option<String>,
    region: Option<String>,
}

/// Credentials, region and endpoint as the AWS command line finds them, or as Lambda gives them.
#[derive(Debug)]
pub struct Aws {
    config: OnceCell<SdkConfig>,
    choice: Choice,
    /// A pointer, so that a program that never looks everywhere has nothing of it linked in.
    load: Load,
}

/// Where AWS is called is not said anywhere.
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
    /// The configuration that the environment and the shared AWS files give, with this profile and
    /// region where they are given.
    pub fn chosen(profile: Option<String>, region: Option<String>) -> Self {
        let load: Load = |choice| Box::pin(everywhere(choice));
        Self { config: OnceCell::new(), choice: Choice { profile, region }, load }
    }

    /// A configuration that was made elsewhere.
    pub fn of(config: SdkConfig) -> Self {
        let load: Load = |_| Box::pin(async { function() });
        Self { config: OnceCell::new_with(Some(config)), choice: Choice::default(), load }
    }

    /// What Lambda gives a function: credentials and region by variables, and nothing else is
    /// looked for, which saves a function time and size.
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
    /// [`NoRegion`] when none is said anywhere.
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
