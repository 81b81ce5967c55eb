//! The config file: one TOML document, read strictly.
//!
//! Unknown keys, wrong types and missing keys are errors that say where they are and what was
//! probably meant. Each adapter owns its part: the structures of inputs and destinations live
//! beside them.

mod check;
pub(crate) mod choice;
mod duration;
mod error;
mod model;
mod mute;
mod names;
mod settings;
mod show;
mod size;
mod source_map;

use std::path::Path;

use schemars::{Schema, schema_for};

pub use check::{ConfigProblem, check_document};
pub use choice::{
    CaseKindName, CaseReadingName, LevelName, LogFormat, LooksLikeName, SubjectStyleName,
};
pub use duration::TimeSpan;
pub use error::ConfigError;
pub use model::{
    Config, DestinationConfig, GroupingConfig, InputConfig, LimitsConfig, LogConfig,
    MessagesConfig, RouteConfig, StateConfig, TerminalConfig,
};
pub use mute::{ClockText, DayName, MuteConfig, ZoneName};
pub(crate) use settings::{REJECTED_MIB, kept_refused, state_folder};
pub use settings::{case_limits_from, intervals_from, limits_from, routes_from};
pub use size::ByteSize;
pub(crate) use source_map::source_maps;
pub use source_map::{PlacesConfig, SourceConfig};

/// The config's JSON Schema, for editors and for the check.
pub fn config_schema() -> Schema {
    schema_for!(Config)
}

/// Reads a config file.
///
/// # Errors
/// [`ConfigError`] with every problem, each with line and column.
pub fn read_config(path: &Path) -> Result<Config, ConfigError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: name.clone(),
        problem: error.to_string(),
    })?;
    parse_config(&text, &name)
}

/// Parses a config; its problems call the file `name`.
///
/// ```
/// use aware_io::config::parse_config;
///
/// let config = parse_config(
///     r#"
///     [input.folder]
///     type = "file"
///     paths = ["./AWSLogs"]
///     "#,
///     "aware.toml",
/// )?;
/// assert!(config.input.contains_key("folder"));
///
/// let problem = parse_config("[limits]\nbdy = \"64MiB\"", "aware.toml").unwrap_err();
/// assert_eq!(
///     problem.to_string(),
///     "unknown key `bdy` at aware.toml:2:1 (hint: did you mean `body`?)"
/// );
/// # Ok::<(), aware_io::config::ConfigError>(())
/// ```
///
/// # Errors
/// [`ConfigError::Wrong`] with every problem.
pub fn parse_config(text: &str, name: &str) -> Result<Config, ConfigError> {
    let problems = check_document(text, name, config_schema().as_value());
    if !problems.is_empty() {
        return Err(ConfigError::Wrong { problems });
    }
    let config: Config = toml::from_str(text).map_err(|error| ConfigError::Wrong {
        problems: vec![ConfigProblem::of_toml(&error, text, name)],
    })?;
    let mut problems = names::unknown_names(&config, text, name);
    problems.extend(mute::window_problems(&config.mute, text, name));
    problems.extend(source_map::map_problems(&config.source, text, name));
    if problems.is_empty() { Ok(config) } else { Err(ConfigError::Wrong { problems }) }
}

#[cfg(test)]
mod tests;
