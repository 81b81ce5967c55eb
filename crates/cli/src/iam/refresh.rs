//! `aware iam refresh`: installs a newer catalogue from the package that the built-in one is made
//! from.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aware_core::envelope::decompress::{Inflater, Limits};
use aware_core::text::terminal::safe;
use aware_iam::catalogue::{Builder, Catalogue};
use aware_io::input::walk;

use super::catalogue::{self, PACKAGE};
use crate::exit::{Exit, Failure};

/// The package has 60 MB unpacked; this leaves room for growth.
const LIMITS: Limits = Limits { max_bytes: 512 << 20, max_ratio: 200, max_nested: 0 };
/// The largest file of the package, in bytes.
const MAX_FILE: u64 = 32 << 20;

/// Runs the command.
pub(super) fn main(package: &Path) -> Result<Exit, Failure> {
    let name = package.display().to_string();
    let problem = |problem: &dyn std::fmt::Display| Failure::Usage(format!("{name}: {problem}"));
    let mut builder = if package.is_dir() { folder(package)? } else { archive(package)? };
    builder.dependents_of(Catalogue::builtin());
    let bytes = builder.build().map_err(|error| problem(&error))?;
    let made = Catalogue::from_bytes(bytes).map_err(|error| problem(&error))?;
    if catalogue::version(made.source()).is_none() {
        let hint = "give the whole package, as written by `npm pack`";
        return Err(problem(&format!("holds no package.json of {PACKAGE} (hint: {hint})")));
    }
    let what = summary(&made);
    let mut out = io::stdout().lock();
    if !catalogue::is_newer(&made) {
        let built_in = Catalogue::builtin().source();
        let line = format!("{what}: not newer than the built-in one, from {built_in}; not stored");
        writeln!(out, "{}", safe(&line))?;
        return Ok(Exit::Done);
    }
    let place = catalogue::place().ok_or_else(|| {
        Failure::Usage("there is no folder for data (hint: set XDG_DATA_HOME or HOME)".to_owned())
    })?;
    catalogue::store(&made, &place)
        .map_err(|error| Failure::Usage(format!("{}: {error}", place.display())))?;
    writeln!(out, "{}", safe(&format!("{what}: stored in {}", place.display())))?;
    Ok(Exit::Done)
}

fn summary(catalogue: &Catalogue) -> String {
    let services = catalogue.services().count();
    let actions: usize = catalogue.services().map(|service| service.action_names().count()).sum();
    format!("{services} services, {actions} actions from {}", catalogue.source())
}

/// Reads a `.tgz` or a `.tar`.
fn archive(package: &Path) -> Result<Builder, Failure> {
    let problem = |problem: String| Failure::Usage(format!("{}: {problem}", package.display()));
    let mut packed = Vec::new();
    walk::read(package, LIMITS.max_bytes as u64, &mut packed)
        .map_err(|error| problem(error.to_string()))?;
    let mut inflater = Inflater::new(LIMITS);
    let unpacked = inflater.inflate(&packed).map_err(|error| problem(error.to_string()))?;
    if let Some(cut) = unpacked.problem {
        return Err(problem(cut.to_string()));
    }
    let mut builder = Builder::new();
    builder.archive(unpacked.bytes).map_err(|error| problem(error.to_string()))?;
    Ok(builder)
}

/// Reads the unpacked package.
fn folder(package: &Path) -> Result<Builder, Failure> {
    let mut builder = Builder::new();
    for path in json_files(package)? {
        let problem = |problem: &dyn std::fmt::Display| {
            Failure::Usage(format!("{}: {problem}", path.display()))
        };
        let mut contents = Vec::new();
        walk::read(&path, MAX_FILE, &mut contents).map_err(|error| problem(&error))?;
        let name = path.strip_prefix(package).unwrap_or(&path).display().to_string();
        builder.file(&name, &contents).map_err(|error| Failure::Usage(error.to_string()))?;
    }
    Ok(builder)
}

/// Lists every JSON file below a folder; links are not followed.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let problem = |error: io::Error| Failure::Usage(format!("{}: {error}", folder.display()));
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
