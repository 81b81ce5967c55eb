//! Which account and region of AWS is called. `--region` and `--account` are filters on events.

use aware_io::aws::Aws;
use clap::Args;

/// Options of every command that calls AWS.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct AwsOptions {
    /// Profile of the AWS configuration to call AWS with [default: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,
    /// Region to call AWS in [default: AWS_REGION, or the profile's]
    #[arg(long, value_name = "REGION", value_parser = super::filter::region)]
    pub(crate) aws_region: Option<String>,
}

impl AwsOptions {
    /// The configuration that calls are made with.
    pub(crate) fn aws(&self) -> Aws {
        Aws::chosen(self.aws_profile.clone(), self.aws_region.clone())
    }
}
