//! Options of `aware outbox`.

use std::path::PathBuf;

use clap::Parser;

use super::TextOrJson;

/// Options of `aware outbox`.
#[derive(Debug, Parser)]
pub(crate) struct OutboxArgs {
    /// The config file
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
    /// How many messages of each kind to list per destination; all are counted
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
}
