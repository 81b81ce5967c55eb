//! Sources that the owner of the logs has defined: logs of their own applications.

use std::sync::OnceLock;

use super::contract::{JsonObject, LogSource};
use super::id::SourceId;

/// Sources that are defined by settings, with the text of the settings.
struct DefinedSources {
    settings: String,
    sources: Vec<Box<dyn LogSource + Send>>,
}

static DEFINED: OnceLock<DefinedSources> = OnceLock::new();

/// Other sources were defined before. They are part of every name and every event that was read
/// since, so they cannot change while the program runs.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("other sources are defined already")]
pub struct AlreadyDefined;

/// Defines sources, once for the whole process and before the first record is read. Defining the
/// same again, by the text of their settings, does nothing.
///
/// # Errors
/// [`AlreadyDefined`] if others were defined before.
pub fn define_sources(
    settings: &str,
    sources: Vec<Box<dyn LogSource + Send>>,
) -> Result<(), AlreadyDefined> {
    let given = DefinedSources { settings: settings.to_owned(), sources };
    let defined = DEFINED.get_or_init(|| given);
    if defined.settings == settings { Ok(()) } else { Err(AlreadyDefined) }
}

/// The text of the settings by which sources were defined, if any were.
pub fn defined_settings() -> Option<&'static str> {
    DEFINED.get().map(|defined| defined.settings.as_str())
}

/// What was defined.
pub(super) fn sources() -> impl Iterator<Item = &'static dyn LogSource> {
    let defined = DEFINED.get().into_iter().flat_map(|defined| &defined.sources);
    defined.map(|source| -> &'static dyn LogSource { source.as_ref() })
}

/// The defined source whose record a JSON object is.
pub fn identify(record: &[u8]) -> Option<SourceId> {
    sources().find(|source| source.identify(JsonObject(record))).map(LogSource::id)
}
