//! Which rules a command loads, and what it reports about them.

use std::path::{Path, PathBuf};

use aware_io::config;
use aware_io::rules::{LoadedRules, RuleRequest, load_rules};

use crate::args::RuleOptions;
use crate::exit::CommandFailure;

/// Loads the rules that the options select. Each rule with an error is reported, and the others are
/// in force.
///
/// # Errors
/// If something requested is missing: a path, an id, a tag.
pub(crate) fn load_with_options(options: &RuleOptions) -> Result<LoadedRules, CommandFailure> {
    let mut wanted = request_from_config(options.config.as_deref())?;
    wanted.config_file = match wanted.config_file.as_str() {
        "" => "command line".to_owned(),
        file => format!("{file} and command line"),
    };
    wanted.rules.paths.extend(options.paths.iter().cloned());
    wanted.rules.enable.extend(options.enable.iter().cloned());
    wanted.rules.disable.extend(options.disable.iter().cloned());
    report_loaded(load_rules(&wanted))
}

/// Reports what is wrong with rules, even if quiet: whoever relies on the exit code must not
/// believe that they are in force.
pub(crate) fn report_loaded(loaded: LoadedRules) -> Result<LoadedRules, CommandFailure> {
    if !loaded.missing.is_empty() {
        let missing: Vec<String> = loaded.missing.iter().map(ToString::to_string).collect();
        return Err(CommandFailure::Usage(missing.join("\n")));
    }
    for problem in &loaded.problems {
        tracing::error!("{problem}");
    }
    for line in loaded.left_out.describe_lines() {
        tracing::info!("{line}");
    }
    loaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    Ok(loaded)
}

/// Defines the owner's own sources that a config describes.
pub(crate) fn define_sources(config: &Path) -> Result<(), CommandFailure> {
    let defined = aware_rules::mapped::define_maps(&request_from_config(Some(config))?.sources);
    defined.map_err(|mistakes| {
        let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        CommandFailure::Usage(mistakes.join("\n"))
    })
}

/// The part of a config that is about rules.
pub(crate) fn request_from_config(path: Option<&Path>) -> Result<RuleRequest, CommandFailure> {
    let Some(path) = path else { return Ok(RuleRequest::default()) };
    let config = config::read_config(path)?;
    Ok(RuleRequest::from_config(&config, &path.display().to_string()))
}

/// The rules of these paths and, with a config, everything that it requests.
pub(crate) fn request_for_paths(
    paths: &[PathBuf],
    config: Option<&Path>,
) -> Result<RuleRequest, CommandFailure> {
    let mut wanted = request_from_config(config)?;
    if config.is_none() {
        wanted.rules.shipped = Some(paths.is_empty());
    }
    wanted.rules.paths.extend(paths.iter().cloned());
    Ok(wanted)
}

/// Only the rules of these paths, with the placeholders of a config and what it says of accounts,
/// networks and principals.
pub(crate) fn request_for_only(
    paths: &[PathBuf],
    config: Option<&Path>,
) -> Result<RuleRequest, CommandFailure> {
    let given = request_from_config(config)?;
    let (enrichment, sources) = (given.enrichment, given.sources);
    let mut wanted =
        RuleRequest { every_pack: true, enrichment, sources, ..RuleRequest::default() };
    wanted.config_file = given.config_file;
    wanted.rules.placeholders = given.rules.placeholders;
    wanted.rules.shipped = Some(paths.is_empty());
    wanted.rules.paths = paths.to_vec();
    Ok(wanted)
}
