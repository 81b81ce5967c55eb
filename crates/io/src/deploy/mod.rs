//! The deployment on AWS: one CloudFormation stack made from `deploy/template.yaml`, and what is
//! done with it.

mod chain;
mod check;
mod cost;
mod feed;
mod follow;
mod named;
mod plan;
mod processed;
mod publishers;
mod stack;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata};

use crate::input::s3::buckets;

pub use chain::{Health, Link};
pub use cost::{Cost, METRICS};
pub use feed::Moved;
pub use follow::Progress;
pub use plan::{Plan, Policy, Statement};
pub use stack::{Change, Prepared, Wanted};

/// The template, as it stands in the repository.
pub const TEMPLATE: &str = include_str!("../../../../deploy/template.yaml");

/// The parameter that names the log group.
pub const LOG_GROUP: &str = "CloudTrailCloudWatchLogsGroupName";
/// Its default, where a trail of the console writes to.
pub const DEFAULT_LOG_GROUP: &str = "CloudTrail/DefaultLogGroup";
/// The parameter that names the bucket.
pub const BUCKET: &str = "TrailBucket";
/// The parameter that names the trail.
pub const TRAIL: &str = "TrailArn";
/// The parameter with Slack's webhook.
pub const WEBHOOK: &str = "SlackWebhookURL";

/// The parameter with a config's text.
pub const CONFIG: &str = "Config";
/// The parameter that names where a config is.
pub const CONFIG_PARAMETER: &str = "ConfigParameter";

/// What AWS refused or could not do, with a hint where one helps.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DeployError(pub String);

impl DeployError {
    fn of<E>(what: &str, error: &E) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata,
    {
        let said = match (error.code(), error.message()) {
            (Some(code), message) => format!("{code}: {}", message.unwrap_or_default()),
            (None, _) => DisplayErrorContext(error).to_string(),
        };
        Self(format!("{what}: {said}"))
    }
}

/// One deployment.
pub struct Deployment {
    aws: SdkConfig,
    stack: String,
}

impl Deployment {
    /// The deployment of this stack's name, in the account and region of the configuration.
    pub fn new(aws: SdkConfig, stack: &str) -> Self {
        Self { aws, stack: stack.to_owned() }
    }

    /// The stack's name.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// Account and region.
    ///
    /// # Errors
    /// Where credentials or region are missing.
    pub async fn place(&self) -> Result<(String, String), DeployError> {
        let region =
            self.aws.region().map(ToString::to_string).ok_or_else(|| {
                DeployError("no region (hint: --region, or AWS_REGION)".to_owned())
            })?;
        let client = aws_sdk_sts::Client::new(&self.aws);
        let sent = client.get_caller_identity().send().await;
        let caller = sent.map_err(|error| {
            DeployError::of(
                "no credentials that AWS takes (hint: --profile, or `aws sso login`)",
                &error,
            )
        })?;
        Ok((caller.account.unwrap_or_default(), region))
    }

    fn s3(&self) -> aws_sdk_s3::Client {
        buckets::client(&self.aws, false)
    }

    fn formation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.aws)
    }
}

/// The partition of a region.
fn partition(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        gov if gov.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
