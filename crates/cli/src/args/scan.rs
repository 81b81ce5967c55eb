//! Options of `aware scan`.

use std::path::PathBuf;

use aware_core::event::Level;
use clap::{ArgAction, Parser, ValueEnum};

use super::{AwsOptions, RuleOptions, TimePeriod, filter};

/// Options of `aware scan`.
#[derive(Debug, Parser)]
pub(crate) struct ScanArgs {
    /// Folders, files, globs, `-` for standard input, or `s3://bucket/prefix`
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = ScanFormat::Text)]
    pub(crate) format: ScanFormat,
    /// Report groups of findings instead of cases, one for each principal, action and rule
    #[arg(long, visible_alias = "findings")]
    pub(crate) groups: bool,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) period: TimePeriod,
    /// Only report cases, or with --groups groups, of this level and above: informational, low,
    /// medium, high, critical
    #[arg(long, value_name = "LEVEL")]
    pub(crate) min_level: Option<Level>,
    /// Only report findings of this rule: an id, `tag:NAME`, `pack:NAME` or `level:NAME`; can be given several
    /// times
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Vec<String>,
    /// Only report this account; can be given several times
    #[arg(long, value_name = "ID", value_parser = filter::parse_account)]
    pub(crate) account: Vec<String>,
    /// Only report principals whose name or ARN contains this; can be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: Vec<String>,
    /// Only report this region; can be given several times
    #[arg(long, value_name = "REGION", value_parser = filter::parse_region)]
    pub(crate) region: Vec<String>,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    /// Know what is usual from the state of this config's daemon; nothing is written there
    #[arg(long = "baseline-from", value_name = "CONFIG")]
    pub(crate) baseline_from: Option<PathBuf>,
    /// Exit with 1 if a case, or with --groups a group, is at this level or above
    #[arg(long, value_name = "LEVEL")]
    pub(crate) fail_on: Option<Level>,
    /// Use the limits on file sizes in this config's `[limits]`
    #[arg(long, value_name = "CONFIG")]
    pub(crate) limits_from: Option<PathBuf>,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    #[command(flatten)]
    pub(crate) talk: VerbosityOptions,
}

/// How much is printed to stderr.
#[derive(Clone, Copy, Debug, Parser)]
pub(crate) struct VerbosityOptions {
    /// Print only errors, without a summary
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Name every reject
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
    /// Disable colours, like the environment variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// The output formats of `aware scan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// Text for people: a block per case
    Text,
    /// One JSON object: the summary, every case and every group's message
    Json,
    /// One JSON case per line; with --groups, one message
    Jsonl,
    /// One CSV row per case; with --groups, per group
    Csv,
    /// One OCSF Detection Finding per line: of a case; with --groups, of a group
    Ocsf,
}
