//! Options of `aware cases` and `aware case`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::{AwsOptions, TextOrJson};

/// Whose cases.
#[derive(Debug, Parser)]
pub(crate) struct CaseStoreOptions {
    /// The config file of the daemon
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
    /// Ask the deployment with this stack instead of the daemon
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

/// Options of `aware cases`.
#[derive(Debug, Parser)]
pub(crate) struct CasesArgs {
    #[command(flatten)]
    pub(crate) place: CaseStoreOptions,
    /// List closed cases, too
    #[arg(long)]
    pub(crate) all: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
}

/// Options of `aware case`.
#[derive(Debug, Parser)]
pub(crate) struct CaseArgs {
    #[command(subcommand)]
    pub(crate) command: CaseCommand,
}

/// What to do with a case.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// Show a case
    Show(CaseShowArgs),
    /// Close a case: it stays closed while it looks the same
    Close(CaseCloseArgs),
    /// Open a case again
    Reopen(CaseReopenArgs),
}

/// Options of `aware case show`.
#[derive(Debug, Parser)]
pub(crate) struct CaseShowArgs {
    /// The case's id, or the beginning of it
    pub(crate) id: String,
    /// Output format
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
    #[command(flatten)]
    pub(crate) place: CaseStoreOptions,
}

/// Options of `aware case close`.
#[derive(Debug, Parser)]
pub(crate) struct CaseCloseArgs {
    /// The case's id, or the beginning of it
    pub(crate) id: String,
    /// Why: an exercise, known, fixed, wrong
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who closes it
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) place: CaseStoreOptions,
}

/// Options of `aware case reopen`.
#[derive(Debug, Parser)]
pub(crate) struct CaseReopenArgs {
    /// The case's id, or the beginning of it
    pub(crate) id: String,
    /// Why: the exercise is over, the cure did not help
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who opens it
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) place: CaseStoreOptions,
}
