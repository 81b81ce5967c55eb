//! Options of `aware learn` and `aware baseline`.

use clap::{Parser, Subcommand};

use super::{AwsOptions, CaseStoreOptions, TextOrJson, TimePeriod, filter, help};

/// Options of `aware learn`.
#[derive(Debug, Parser)]
pub(crate) struct LearnArgs {
    /// Files and folders of logs, `s3://BUCKET/PREFIX`, or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    #[command(flatten)]
    pub(crate) period: TimePeriod,
    /// The config of the daemon that is to know it; its rules say what is learned
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: std::path::PathBuf,
    /// Teach the deployment with this stack instead of the daemon
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// Number of threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Print no progress and no summary
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Options of `aware baseline`.
#[derive(Debug, Parser)]
pub(crate) struct BaselineArgs {
    #[command(subcommand)]
    pub(crate) command: BaselineCommand,
}

/// What to do with baselines.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Show what is usual for a principal, rule by rule
    #[command(after_help = help::BASELINE_SHOW)]
    Show(BaselineShowArgs),
}

/// Options of `aware baseline show`.
#[derive(Debug, Parser)]
pub(crate) struct BaselineShowArgs {
    /// The principal, as messages name it: `role/app`, `user/alice`
    pub(crate) principal: String,
    /// The account that it works in
    #[arg(long, value_name = "ID", value_parser = filter::parse_account)]
    pub(crate) account: String,
    /// Output format
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
    #[command(flatten)]
    pub(crate) place: CaseStoreOptions,
}
