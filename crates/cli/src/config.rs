//! `aware config`: check, schema, show.

mod accounts;

use std::io::{self, Write};

use aware_io::rules::{RuleRequest, load_rules};
use aware_io::screen::OutputScreen;
use aware_io::{compose, config};
use tokio::runtime::Runtime;

use crate::args::{ConfigArgs, ConfigCheckArgs, ConfigCommand};
use crate::exit::{CommandExit, CommandFailure};

/// Runs the command.
pub(crate) fn run_config(args: &ConfigArgs) -> Result<CommandExit, CommandFailure> {
    let mut out = io::stdout().lock();
    match &args.command {
        ConfigCommand::Check(args) => {
            return check_config(args);
        }
        ConfigCommand::Schema => writeln!(out, "{}", schema_json())?,
        ConfigCommand::Accounts(args) => write!(out, "{}", accounts::account_tables(args)?)?,
        ConfigCommand::Show(file) => {
            write!(out, "{}", show_config(config::read_config(&file.config)?)?)?
        }
    }
    Ok(CommandExit::Done)
}

/// Reports everything that `aware run` would refuse.
fn check_config(args: &ConfigCheckArgs) -> Result<CommandExit, CommandFailure> {
    let file = &args.file.config;
    let config = config::read_config(file)?;
    let loaded = load_rules(&RuleRequest::from_config(&config, &file.display().to_string()));
    let aws = args.aws.aws_session();
    let parts =
        Runtime::new()?.block_on(compose::compose_parts(&config, &aws, OutputScreen::default()));
    let problems = loaded.problems.iter().map(ToString::to_string);
    let refused = parts.as_ref().err().map(ToString::to_string);
    let problems: Vec<String> = refused.into_iter().chain(problems).collect();
    if !problems.is_empty() {
        return Err(CommandFailure::Usage(problems.join("\n")));
    }
    let inputs = count_of(config.input.len(), "input");
    let destinations = count_of(config.destination.len().max(1), "destination");
    let rules = count_of(loaded.rules.event_rules().len(), "rule");
    tracing::info!("{}: {inputs}, {destinations} and {rules} can be used", file.display());
    Ok(CommandExit::Done)
}

/// `1 rule`, `2 rules`.
pub(crate) fn count_of(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn show_config(config: config::Config) -> Result<String, CommandFailure> {
    config.to_toml().map_err(|error| CommandFailure::Usage(error.to_string()))
}

/// The schema, pretty-printed.
pub(crate) fn schema_json() -> String {
    format!("{:#}", config::config_schema().as_value())
}
