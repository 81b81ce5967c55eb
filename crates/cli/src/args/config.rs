//! Options of `aware config`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::{AwsOptions, help};

/// Options of `aware config`.
#[derive(Debug, Parser)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// Subcommands of `aware config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check a config as `aware run` would, without connecting to anything
    #[command(after_help = help::CONFIG_CHECK)]
    Check(ConfigCheckArgs),
    /// Print the JSON Schema, for editors
    Schema,
    /// Print a config as TOML with all defaults; secrets are named, not read
    #[command(after_help = help::CONFIG_SHOW)]
    Show(ConfigFile),
    /// Write the accounts of an organization as tables `[account.NAME]`, from what
    /// `aws organizations list-accounts` prints
    #[command(after_help = help::CONFIG_ACCOUNTS)]
    Accounts(ConfigAccountsArgs),
}

/// Options of `aware config accounts`.
#[derive(Debug, Parser)]
pub(crate) struct ConfigAccountsArgs {
    /// A file with the JSON, or `-` for standard input
    #[arg(default_value = "-", value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// A config file.
#[derive(Debug, Parser)]
pub(crate) struct ConfigFile {
    /// The config file
    #[arg(default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
}

/// Options of `aware config check`.
#[derive(Debug, Parser)]
pub(crate) struct ConfigCheckArgs {
    #[command(flatten)]
    pub(crate) file: ConfigFile,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}
