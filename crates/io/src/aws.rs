//! The AWS SDK's configuration, made when it is first needed.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::SharedCredentialsProvider;
use tokio::sync::OnceCell;

/// Credentials, region and endpoint as the AWS command line finds them.
#[derive(Debug, Default)]
pub struct Aws {
    config: OnceCell<SdkConfig>,
}

impl Aws {
    /// A configuration that was made elsewhere.
    pub fn of(config: SdkConfig) -> Self {
        Self { config: OnceCell::new_with(Some(config)) }
    }

    /// What Lambda gives a function: credentials and region by variables, and nothing else is
    /// looked for, which saves a function time and size.
    pub fn of_function() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        let credentials = EnvironmentVariableCredentialsProvider::new();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(variable("AWS_REGION").map(Region::new))
            .credentials_provider(SharedCredentialsProvider::new(credentials));
        if let Some(url) = variable("AWS_ENDPOINT_URL") {
            config = config.endpoint_url(url);
        }
        Self::of(config.build())
    }

    /// The configuration.
    pub async fn config(&self) -> &SdkConfig {
        let load = || aws_config::defaults(BehaviorVersion::latest()).load();
        self.config.get_or_init(load).await
    }
}
