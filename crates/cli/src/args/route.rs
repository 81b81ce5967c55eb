//! Options of `aware route`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use jiff::Timestamp;

use super::time::parse_since;
use super::{TextOrJson, help};

/// Options of `aware route`.
#[derive(Debug, Parser)]
pub(crate) struct RouteArgs {
    #[command(subcommand)]
    pub(crate) command: RouteCommand,
}

/// What to do with routes.
#[derive(Debug, Subcommand)]
pub(crate) enum RouteCommand {
    /// Show what each route of a config says to a message, and where the message goes
    #[command(after_help = help::ROUTE_TEST)]
    Test(RouteTestArgs),
}

/// Options of `aware route test`.
#[derive(Debug, Parser)]
pub(crate) struct RouteTestArgs {
    /// A file with messages as JSON, one after another, as they are published or as `aware scan
    /// --format jsonl` prints them; `-` for standard input
    pub(crate) message: String,
    /// The config file
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
    /// The time that counts for windows: `12h` (before now), `2026-11-24`, or
    /// `2026-11-24T03:54:00Z` [default: each message's own]
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    pub(crate) at: Option<Timestamp>,
    /// Output format
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
}
