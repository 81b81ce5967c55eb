//! Options of the commands about the deployment on AWS.

use std::path::PathBuf;

use clap::Parser;
use jiff::Timestamp;

use super::AwsOptions;

/// Which deployment.
#[derive(Debug, Parser)]
pub(crate) struct Place {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// The name of the stack
    #[arg(long, value_name = "NAME", default_value = "aware")]
    pub(crate) stack: String,
}

/// Options of `aware deploy`.
#[derive(Debug, Parser)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The CloudWatch Logs group that the trail writes to; '' for none
    #[arg(long, value_name = "NAME")]
    pub(crate) log_group: Option<String>,
    /// The bucket that the trail writes to
    #[arg(long, value_name = "NAME")]
    pub(crate) trail_bucket: Option<String>,
    /// Where Slack's webhook is: `env:NAME`, `file:/path`
    #[arg(long, value_name = "PLACE")]
    pub(crate) slack_webhook: Option<String>,
    /// Who is mailed when something is wrong with the chain itself; '' for nobody
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) alarm_email: Option<String>,
    /// Any other parameter of the template, as docs/deploying.md lists them; may be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// The folder with the functions' zips
    #[arg(long, value_name = "FOLDER", default_value = "dist")]
    pub(crate) zips: PathBuf,
    /// The bucket of this account for the functions' code; one is made if this is not given
    #[arg(long, value_name = "NAME")]
    pub(crate) code_bucket: Option<String>,
    /// The role that CloudFormation works with, instead of your own permissions
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// A tag of the stack and of what it makes; may be repeated
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Options of `aware status`.
#[derive(Debug, Parser)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Options of `aware redrive`.
#[derive(Debug, Parser)]
pub(crate) struct RedriveArgs {
    /// Whose dead letters: `slack`, `source`, or `failures`, what the source was invoked with in vain;
    /// with `--local` the destination whose refused messages are sent again [default: all of them]
    #[arg(required_unless_present = "local")]
    pub(crate) name: Option<String>,
    /// Send again what destinations of the daemon refused, instead: the daemon takes it within
    /// seconds, or when it starts
    #[arg(long)]
    pub(crate) local: bool,
    /// The daemon's config file, with `--local`
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Options of `aware backfill`.
#[derive(Debug, Parser)]
pub(crate) struct BackfillArgs {
    /// What is to be read: `s3://bucket/prefix`
    pub(crate) url: String,
    /// Only objects written at or after this time: a date, a time, or `30d`
    #[arg(long, value_name = "TIME", value_parser = super::time::since)]
    pub(crate) since: Option<Timestamp>,
    /// Go on behind this key, where an earlier run ended
    #[arg(long, value_name = "KEY")]
    pub(crate) after: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Options of `aware destroy`.
#[derive(Debug, Parser)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}
