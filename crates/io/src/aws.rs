//! The AWS SDK's configuration, made when it is first needed.

use aws_config::{BehaviorVersion, SdkConfig};
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

    /// The configuration.
    pub async fn config(&self) -> &SdkConfig {
        let load = || aws_config::defaults(BehaviorVersion::latest()).load();
        self.config.get_or_init(load).await
    }
}
