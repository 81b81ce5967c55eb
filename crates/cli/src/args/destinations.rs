//! Options of `aware destinations`.

use clap::{Parser, Subcommand};

use super::{TextOrJson, help};

/// Options of `aware destinations`.
#[derive(Debug, Parser)]
pub(crate) struct DestinationsArgs {
    #[command(subcommand)]
    pub(crate) command: DestinationsCommand,
}

/// What to do with the templates that ship.
#[derive(Debug, Subcommand)]
pub(crate) enum DestinationsCommand {
    /// List the presets of templated destinations
    #[command(after_help = help::DESTINATIONS_LIST)]
    List(DestinationsListArgs),
    /// Print a preset: its URL, parameters, secrets, limits and template
    #[command(after_help = help::DESTINATIONS_SHOW)]
    Show(DestinationsShowArgs),
}

/// Options of `aware destinations list`.
#[derive(Debug, Parser)]
pub(crate) struct DestinationsListArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
}

/// Options of `aware destinations show`.
#[derive(Debug, Parser)]
pub(crate) struct DestinationsShowArgs {
    /// The preset, as `aware destinations list` names it
    pub(crate) preset: String,
}
