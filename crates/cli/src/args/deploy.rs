//! Options of the commands for the deployment on AWS.

use std::path::PathBuf;

use clap::Parser;
use jiff::Timestamp;

use super::AwsOptions;

/// Which deployment to use.
#[derive(Debug, Parser)]
pub(crate) struct DeploymentOptions {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// Name of the stack
    #[arg(long, value_name = "NAME", default_value = "aware")]
    pub(crate) stack: String,
}

/// Options of `aware deploy`.
#[derive(Debug, Parser)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) place: DeploymentOptions,
    /// CloudWatch Logs group that the trail writes to; '' for none
    #[arg(long, value_name = "NAME")]
    pub(crate) log_group: Option<String>,
    /// Bucket that the trail writes to
    #[arg(long, value_name = "NAME")]
    pub(crate) trail_bucket: Option<String>,
    /// Where to read Slack's webhook from: `env:NAME`, `file:/path`
    #[arg(long, value_name = "PLACE")]
    pub(crate) slack_webhook: Option<String>,
    /// Address that alarms about the chain are mailed to; '' for nobody
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) alarm_email: Option<String>,
    /// Any other parameter of the template, see docs/deploying.md; can be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// Folder with the functions' zips
    #[arg(long, value_name = "FOLDER", default_value = "dist")]
    pub(crate) zips: PathBuf,
    /// Bucket of this account for the functions' code [default: a bucket that is created]
    #[arg(long, value_name = "NAME")]
    pub(crate) code_bucket: Option<String>,
    /// Role for CloudFormation to use instead of your own permissions
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// Tag for the stack and its resources; can be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// Show the changes without making them
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Options of `aware status`.
#[derive(Debug, Parser)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) place: DeploymentOptions,
}

/// Options of `aware redrive`.
#[derive(Debug, Parser)]
pub(crate) struct RedriveArgs {
    /// Which dead letters: `slack`, `source`, or `failures` (failed invocations of the source);
    /// with `--local` the destination whose refused messages to resend [default: all]
    #[arg(required_unless_present = "local")]
    pub(crate) name: Option<String>,
    /// Resend what the daemon's destinations refused; a running daemon takes it within seconds,
    /// otherwise the next one when it starts
    #[arg(long)]
    pub(crate) local: bool,
    /// Config file of the daemon, with `--local`
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) place: DeploymentOptions,
}

/// Options of `aware backfill`.
#[derive(Debug, Parser)]
pub(crate) struct BackfillArgs {
    /// What to read: `s3://bucket/prefix`
    pub(crate) url: String,
    /// Only objects written at or after this time: a date, a time, or `30d`
    #[arg(long, value_name = "TIME", value_parser = super::time::parse_since)]
    pub(crate) since: Option<Timestamp>,
    /// Continue after this key, where an earlier run ended
    #[arg(long, value_name = "KEY")]
    pub(crate) after: Option<String>,
    #[command(flatten)]
    pub(crate) place: DeploymentOptions,
}

/// Options of `aware destroy`.
#[derive(Debug, Parser)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    pub(crate) place: DeploymentOptions,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}
