//! Logs of the owner's own: sources that settings describe, without code.
//!
//! A [`SourceMap`] says which records are its own, where their fields are, and how they ended. Places
//! and conditions are written as in CloudWatch Logs filter patterns, so that what selects the
//! records here can select them in a subscription filter.

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

pub use build::MapMistake;
pub use default_rules::default_rules;
pub use map::SourceMap;

/// Defines the sources that maps describe, for the whole process.
///
/// # Errors
/// Every [`MapMistake`]; also where other sources were defined before. Then none is defined.
pub fn define_maps(maps: &[SourceMap]) -> Result<(), Vec<MapMistake>> {
    if maps.is_empty() {
        return Ok(());
    }
    let settings = format!("{maps:?}");
    let changed = || {
        let what = "is not what it was when the program started (hint: restart it)";
        vec![MapMistake::of_map(maps.first().map_or("", |map| &map.name), what)]
    };
    match defined::defined_settings() {
        Some(known) if known == settings => return Ok(()),
        Some(_) => return Err(changed()),
        None => {}
    }
    let (mut sources, mut mistakes) = (Vec::<Box<dyn LogSource + Send>>::new(), Vec::new());
    for map in maps {
        match build::build_source(map) {
            Ok(source) => sources.push(Box::new(source)),
            Err(mut found) => mistakes.append(&mut found),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    defined::define_sources(&settings, sources).map_err(|_| changed())
}

/// Checks a map without defining its source.
///
/// # Errors
/// Every [`MapMistake`].
pub fn check_map(map: &SourceMap) -> Result<(), Vec<MapMistake>> {
    build::build_source(map).map(|_| ())
}
