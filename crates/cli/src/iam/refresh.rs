//! `aware iam refresh`: installs a newer catalogue from the package that the built-in one is made
//! from.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aware_core::envelope::decompress::{BodyInflater, DecompressionLimits};
use aware_core::text::terminal::terminal_safe;
use aware_iam::catalogue::{Catalogue, CatalogueBuilder};
use aware_io::input::walk;

use super::catalogue::{self, PACKAGE_NAME};
use crate::exit::{CommandExit, CommandFailure};

/// The package has 60 MB unpacked; this leaves room for growth.
const PACKAGE_LIMITS: DecompressionLimits =
    DecompressionLimits { max_bytes: 512 << 20, max_ratio: 200, max_nested: 0 };
/// The largest file of the package, in bytes.
const MAX_FILE: u64 = 32 << 20;

/// Runs the command.
pub(super) fn run_refresh(package: &Path) -> Result<CommandExit, CommandFailure> {
    let name = package.display().to_string();
    let problem =
        |problem: &dyn std::fmt::Display| CommandFailure::Usage(format!("{name}: {problem}"));
    let mut builder = if package.is_dir() { read_folder(package)? } else { read_archive(package)? };
    builder.keep_dependents_of(Catalogue::built_in());
    let bytes = builder.build().map_err(|error| problem(&error))?;
    let made = Catalogue::from_bytes(bytes).map_err(|error| problem(&error))?;
    if catalogue::package_version(made.derived_from()).is_none() {
        let hint = "give the whole package, as written by `npm pack`";
        return Err(problem(&format!("holds no package.json of {PACKAGE_NAME} (hint: {hint})")));
    }
    let what = catalogue_summary(&made);
    let mut out = io::stdout().lock();
    if !catalogue::is_newer(&made) {
        let built_in = Catalogue::built_in().derived_from();
        let line = format!("{what}: not newer than the built-in one, from {built_in}; not stored");
        writeln!(out, "{}", terminal_safe(&line))?;
        return Ok(CommandExit::Done);
    }
    let place = catalogue::catalogue_path().ok_or_else(|| {
        CommandFailure::Usage(
            "there is no folder for data (hint: set XDG_DATA_HOME or HOME)".to_owned(),
        )
    })?;
    catalogue::store_catalogue(&made, &place)
        .map_err(|error| CommandFailure::Usage(format!("{}: {error}", place.display())))?;
    writeln!(out, "{}", terminal_safe(&format!("{what}: stored in {}", place.display())))?;
    Ok(CommandExit::Done)
}

fn catalogue_summary(catalogue: &Catalogue) -> String {
    let services = catalogue.iter_services().count();
    let actions: usize =
        catalogue.iter_services().map(|service| service.action_names().count()).sum();
    format!("{services} services, {actions} actions from {}", catalogue.derived_from())
}

/// Reads a `.tgz` or a `.tar`.
fn read_archive(package: &Path) -> Result<CatalogueBuilder, CommandFailure> {
    let problem =
        |problem: String| CommandFailure::Usage(format!("{}: {problem}", package.display()));
    let mut packed = Vec::new();
    walk::read_into(package, PACKAGE_LIMITS.max_bytes as u64, &mut packed)
        .map_err(|error| problem(error.to_string()))?;
    let mut inflater = BodyInflater::new(PACKAGE_LIMITS);
    let unpacked = inflater.inflate(&packed).map_err(|error| problem(error.to_string()))?;
    if let Some(cut) = unpacked.problem {
        return Err(problem(cut.to_string()));
    }
    let mut builder = CatalogueBuilder::new();
    builder.add_archive(unpacked.bytes).map_err(|error| problem(error.to_string()))?;
    Ok(builder)
}

/// Reads the unpacked package.
fn read_folder(package: &Path) -> Result<CatalogueBuilder, CommandFailure> {
    let mut builder = CatalogueBuilder::new();
    for path in json_files(package)? {
        let problem = |problem: &dyn std::fmt::Display| {
            CommandFailure::Usage(format!("{}: {problem}", path.display()))
        };
        let mut contents = Vec::new();
        walk::read_into(&path, MAX_FILE, &mut contents).map_err(|error| problem(&error))?;
        let name = path.strip_prefix(package).unwrap_or(&path).display().to_string();
        builder
            .add_file(&name, &contents)
            .map_err(|error| CommandFailure::Usage(error.to_string()))?;
    }
    Ok(builder)
}

/// Lists every JSON file below a folder; links are not followed.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>, CommandFailure> {
    let problem =
        |error: io::Error| CommandFailure::Usage(format!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(problem)?);
        if kind.is_dir() {
            files.extend(json_files(&path)?);
        } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
