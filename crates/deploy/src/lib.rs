//! The deployment on AWS: one CloudFormation stack made from `deploy/template.yaml`, and the
//! operations on it.

mod backfill;
mod bootstrap;
mod chain;
mod check;
mod code;
mod cost;
mod elf;
mod follow;
mod named;
mod plan;
mod processed;
mod publishers;
mod redrive;
mod stack;
mod template;
#[cfg(test)]
mod test_aws;
mod wanted;

use aware_io::aws::{NoRegion, describe_error};
use aware_io::input::s3::buckets;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

pub use backfill::BackfillRange;
pub use chain::{ChainLink, LinkHealth};
pub use code::code_bucket_name;
pub use cost::{CostLine, METRICS};
pub use follow::ResourceProgress;
pub use plan::{DeployPlan, PlannedPolicy, PlannedStatement};
pub use redrive::MoveCounts;
pub use stack::{PlannedChange, PreparedChangeSet};
pub use wanted::DeployRequest;

/// The template, as it is in the repository.
pub const TEMPLATE: &str = include_str!("../../../deploy/template.yaml");

/// The parameter that names the log group.
pub const LOG_GROUP: &str = "CloudTrailCloudWatchLogsGroupName";
/// The default log group, which a trail made in the console writes to.
pub const DEFAULT_LOG_GROUP: &str = "CloudTrail/DefaultLogGroup";
/// The parameter that names the bucket.
pub const BUCKET: &str = "TrailBucket";
/// The parameter that names the trail.
pub const TRAIL: &str = "TrailArn";
/// The parameter that holds Slack's webhook.
pub const WEBHOOK: &str = "SlackWebhookURL";

/// The parameter with the address that alarms about the chain are mailed to.
pub const ALARM_EMAIL: &str = "AlarmEmail";
/// The functions' zips.
const ZIPS: [&str; 2] = ["source.zip", "destination.zip"];

/// The parameter that holds a config's text.
pub const CONFIG: &str = "Config";
/// The parameter that names the location of a config.
pub const CONFIG_PARAMETER: &str = "ConfigParameter";

/// What AWS refused or could not do, with a hint if one helps.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DeployError(pub String);

impl DeployError {
    fn call_failed<E>(what: &str, error: &SdkError<E>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        Self(format!("{what}: {}", describe_error(error, "")))
    }
}

/// One deployment.
pub struct Deployment {
    aws: SdkConfig,
    stack: String,
}

impl Deployment {
    /// The deployment with this stack name, in the configuration's account and region.
    pub fn new(aws: SdkConfig, stack: &str) -> Self {
        Self { aws, stack: stack.to_owned() }
    }

    /// The stack's name.
    pub fn stack_name(&self) -> &str {
        &self.stack
    }

    /// Account and region.
    ///
    /// # Errors
    /// If credentials or region are missing.
    pub async fn account_and_region(&self) -> Result<(String, String), DeployError> {
        let region = self
            .aws
            .region()
            .map(ToString::to_string)
            .ok_or_else(|| DeployError(NoRegion.to_string()))?;
        let client = aws_sdk_sts::Client::new(&self.aws);
        let sent = client.get_caller_identity().send().await;
        let caller = sent
            .map_err(|error| DeployError::call_failed("AWS did not identify the caller", &error))?;
        Ok((caller.account.unwrap_or_default(), region))
    }

    fn s3_client(&self) -> aws_sdk_s3::Client {
        buckets::s3_client(&self.aws, false)
    }

    fn cloudformation_client(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.aws)
    }
}

/// Partitions: the prefix of their regions, their name, and the suffix of their hosts.
///
/// Source: AWS General Reference, "Partitions", as in botocore's `partitions.json`.
const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
];

fn find_partition(region: &str) -> (&'static str, &'static str) {
    let found = PARTITIONS.iter().find(|(regions, ..)| region.starts_with(regions));
    found.map_or(("aws", "amazonaws.com"), |(_, name, suffix)| (*name, *suffix))
}

/// The partition of a region.
fn partition_name(region: &str) -> &'static str {
    find_partition(region).0
}

/// The suffix of a region's hosts.
fn url_suffix(region: &str) -> &'static str {
    find_partition(region).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_have_their_own_hosts() {
        for (region, name, hosts) in [
            ("eu-west-1", "aws", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
        ] {
            assert_eq!((partition_name(region), url_suffix(region)), (name, hosts), "{region}");
        }
    }
}
