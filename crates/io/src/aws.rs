//! The AWS SDK's configuration, made when it is first needed, and what its errors mean.

mod failure;

use std::future::Future;
use std::pin::Pin;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::SharedCredentialsProvider;
use tokio::sync::OnceCell;

pub use failure::describe;

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
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
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
        .region(variable("AWS_REGION").map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    if let Some(url) = variable("AWS_ENDPOINT_URL") {
        config = config.endpoint_url(url);
    }
    config.build()
}
