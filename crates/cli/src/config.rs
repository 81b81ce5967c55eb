//! `aware config`: check, schema, show.

use std::io::{self, Write};

use aware_io::rules::{Wanted, load};
use aware_io::screen::Screen;
use aware_io::{config, wire};

use tokio::runtime::Runtime;

use crate::args::{ConfigArgs, ConfigCheckArgs, ConfigCommand};
use crate::exit::{Exit, Failure};

/// Runs the command.
pub(crate) fn main(args: &ConfigArgs) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    match &args.command {
        ConfigCommand::Check(args) => {
            return check(args);
        }
        ConfigCommand::Schema => writeln!(out, "{}", schema())?,
        ConfigCommand::Show(file) => write!(out, "{}", shown(config::read(&file.config)?)?)?,
    }
    Ok(Exit::Done)
}

/// Reports everything that `aware run` would refuse.
fn check(args: &ConfigCheckArgs) -> Result<Exit, Failure> {
    let file = &args.file.config;
    let config = config::read(file)?;
    let loaded = load(&Wanted::of(&config, &file.display().to_string()));
    let aws = args.aws.aws();
    let parts = Runtime::new()?.block_on(wire::parts(&config, &aws, Screen::default()));
    let problems = loaded.problems.iter().map(ToString::to_string);
    let refused = parts.as_ref().err().map(ToString::to_string);
    let problems: Vec<String> = refused.into_iter().chain(problems).collect();
    if !problems.is_empty() {
        return Err(Failure::Usage(problems.join("\n")));
    }
    let inputs = count(config.input.len(), "input");
    let destinations = count(config.destination.len().max(1), "destination");
    let rules = count(loaded.rules.events().len(), "rule");
    tracing::info!("{}: {inputs}, {destinations} and {rules} can be used", file.display());
    Ok(Exit::Done)
}

/// `1 rule`, `2 rules`.
pub(crate) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn shown(config: config::Config) -> Result<String, Failure> {
    config.show().map_err(|error| Failure::Usage(error.to_string()))
}

/// The schema, pretty-printed.
pub(crate) fn schema() -> String {
    format!("{:#}", config::schema().as_value())
}
