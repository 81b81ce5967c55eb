//! Logs of the owner's own: sources that settings describe, without code.
//!
//! A [`SourceMap`] says which records belong to a log, where their fields are, and how they ended.
//! Places and conditions are written as in CloudWatch Logs filter patterns, so that the text that
//! selects the records here can select them in a subscription filter.

mod build;
mod decode;
mod default_rules;
mod line;
mod map;
mod place;
mod source;
#[cfg(test)]
mod tests;

use aware_core::source::contract::LogSource;
use aware_core::source::defined;

use build::CheckedMap;
pub use build::MapMistake;
pub use default_rules::default_rules;
pub use map::SourceMap;

/// Defines the sources that maps describe, for the whole process. Without any, there are only those
/// that are built in.
///
/// # Errors
/// Every [`MapMistake`], or one if other sources are defined already. Nothing is defined then.
pub fn define_maps(maps: &[SourceMap]) -> Result<(), Vec<MapMistake>> {
    let settings = format!("{maps:?}");
    match defined::defined_settings() {
        Some(known) if known == settings => return Ok(()),
        Some(_) => return Err(changed()),
        None if maps.is_empty() => return Ok(()),
        None => {}
    }
    let (mut checked, mut mistakes) = (Vec::new(), Vec::new());
    for map in maps {
        match CheckedMap::new(map) {
            Ok(map) => checked.push(map),
            Err(mut found) => mistakes.append(&mut found),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let source = |map: CheckedMap<'_>| -> Box<dyn LogSource + Send> { Box::new(map.into_source()) };
    let sources = checked.into_iter().map(source).collect();
    defined::define_sources(&settings, sources).map_err(|_| changed())
}

/// Sources cannot change while the program runs.
fn changed() -> Vec<MapMistake> {
    vec![MapMistake {
        source: None,
        key: None,
        what: "the `[source]` tables differ from those at start".to_owned(),
        hint: Some("restart aware".to_owned()),
    }]
}

/// Checks a map without defining its source.
///
/// # Errors
/// Every [`MapMistake`].
pub fn check_map(map: &SourceMap) -> Result<(), Vec<MapMistake>> {
    CheckedMap::new(map).map(|_| ())
}
