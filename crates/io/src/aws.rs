//! The AWS SDK's configuration, made when it is first needed.

use std::future::Future;
use std::pin::Pin;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::SharedCredentialsProvider;
use tokio::sync::OnceCell;

/// How a configuration is made.
type Load = fn() -> Pin<Box<dyn Future<Output = SdkConfig> + Send>>;

/// Credentials, region and endpoint as the AWS command line finds them, or as Lambda gives them.
#[derive(Debug)]
pub struct Aws {
    config: OnceCell<SdkConfig>,
    /// A pointer, so that a program that never looks everywhere has nothing of it linked in.
    load: Load,
}

impl Default for Aws {
    fn default() -> Self {
        let load: Load = || Box::pin(aws_config::defaults(BehaviorVersion::latest()).load());
        Self { config: OnceCell::new(), load }
    }
}

impl Aws {
    /// A configuration that was made elsewhere.
    pub fn of(config: SdkConfig) -> Self {
        let load: Load = || Box::pin(async { function() });
        Self { config: OnceCell::new_with(Some(config)), load }
    }

    /// What Lambda gives a function: credentials and region by variables, and nothing else is
    /// looked for, which saves a function time and size.
    pub fn of_function() -> Self {
        Self::of(function())
    }

    /// The configuration.
    pub async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(self.load).await
    }
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
