//! `aware config`: check, schema, show.

use std::io::{self, Write};

use aware_io::rules::{Wanted, load};
use aware_io::{config, log};

use crate::args::{ConfigArgs, ConfigCommand};
use crate::exit::{Exit, Failure};

/// Runs the command.
pub(crate) fn main(args: &ConfigArgs) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    match &args.command {
        ConfigCommand::Check(file) => {
            let config = config::read(&file.config)?;
            let loaded = load(&Wanted::of(&config, &file.config.display().to_string()));
            if !loaded.problems.is_empty() {
                let problems: Vec<String> =
                    loaded.problems.iter().map(ToString::to_string).collect();
                return Err(Failure::Usage(problems.join("\n")));
            }
            let (inputs, destinations) = (config.input.len(), config.destination.len());
            let rules = loaded.rules.events().len();
            log::info(
                &format!(
                    "{}: {inputs} inputs, {destinations} destinations, {rules} rules, all understood",
                    file.config.display()
                ),
                &[],
            );
        }
        ConfigCommand::Schema => writeln!(out, "{}", schema())?,
        ConfigCommand::Show(file) => writeln!(out, "{:#?}", config::read(&file.config)?)?,
    }
    Ok(Exit::Done)
}

/// The schema, pretty-printed.
pub(crate) fn schema() -> String {
    format!("{:#}", config::schema().as_value())
}
