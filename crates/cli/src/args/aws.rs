//! Which AWS account and region to call. `--region` and `--account`, in contrast, filter events.

use aware_io::aws::AwsSession;
use clap::Args;

/// Options of every command that calls AWS.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct AwsOptions {
    /// AWS profile for calls to AWS [default: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,
    /// AWS region for calls to AWS [default: AWS_REGION, or the profile's region]
    #[arg(long, value_name = "REGION", value_parser = super::filter::parse_region)]
    pub(crate) aws_region: Option<String>,
}

impl AwsOptions {
    /// The AWS session for calls.
    pub(crate) fn aws_session(&self) -> AwsSession {
        AwsSession::with_profile(self.aws_profile.clone(), self.aws_region.clone())
    }
}
