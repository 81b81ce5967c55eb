//! Builds releases: the program with its accompanying files, and the functions' zips.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::run::{Problem, output, root, run, succeeds};

#[path = "../../crates/deploy/src/elf.rs"]
mod elf;

/// The functions.
const FUNCTIONS: [&str; 2] = ["source", "destination"];
/// Lambda's other architecture; its zips are built where the target is installed.
const ARM: &str = "aarch64-unknown-linux-gnu";

/// Packs everything.
pub fn main() -> Result<(), Problem> {
    program()?;
    functions()
}

/// Packs the functions for this machine's architecture, and for arm64 where it can be built.
pub fn functions() -> Result<(), Problem> {
    for target in [host()?, ARM.to_owned()] {
        if target != host()? && !succeeds(&format!("rustc --print target-libdir --target {target}"))
        {
            println!("{target} is not known to this toolchain: no zips for it");
            continue;
        }
        let libraries = output(&format!("rustc --print target-libdir --target {target}"))?;
        if !Path::new(libraries.trim()).exists() {
            println!(
                "{target} is not installed: no zips for it (hint: rustup target add {target})"
            );
            continue;
        }
        build(&target)?;
        for name in FUNCTIONS {
            let built = root().join(format!("target/{target}/lambda/{name}"));
            runs_on_lambda(&built, if target == ARM { "arm64" } else { "x86_64" })?;
            let suffix = if target == host()? { "" } else { "-arm64" };
            let zip = root().join(format!("dist/{name}{suffix}.zip"));
            bootstrap(&built, &zip)?;
            checksum(&zip)?;
        }
    }
    Ok(())
}

/// Builds the functions, against Lambda's glibc where `cargo zigbuild` is available.
fn build(target: &str) -> Result<(), Problem> {
    let (major, minor) = elf::GLIBC;
    let (verb, target) = match succeeds("cargo zigbuild --help") {
        true => ("zigbuild", format!("{target}.{major}.{minor}")),
        false => ("build", target.to_owned()),
    };
    run(&format!(
        "cargo {verb} --profile lambda --locked --package aware-lambda --bins --target {target}"
    ))
}

/// Rejects a bootstrap that Lambda could not run.
fn runs_on_lambda(built: &Path, architecture: &str) -> Result<(), Problem> {
    let name = built.display();
    let program = fs::read(built).map_err(|error| format!("{name}: {error}"))?;
    if let Some(problem) = elf::problem(&program, architecture) {
        return Err(format!("{name}: {problem}"));
    }
    let Some((major, minor)) = elf::newer_glibc(&program) else { return Ok(()) };
    let (has_major, has_minor) = elf::GLIBC;
    Err(format!(
        "{name} needs glibc {major}.{minor}, and Lambda has {has_major}.{has_minor} (hint: build on Amazon Linux 2023, or install cargo-zigbuild and zig)"
    ))
}

/// Packs a bootstrap: the same bytes for the same program.
pub fn bootstrap(built: &Path, zip: &Path) -> Result<(), Problem> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", zip.display());
    fs::create_dir_all(zip.parent().unwrap_or(zip)).map_err(|error| problem(&error))?;
    let program = fs::read(built).map_err(|error| format!("{}: {error}", built.display()))?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let file = File::create(zip).map_err(|error| problem(&error))?;
    let mut writer = ZipWriter::new(file);
    writer.start_file("bootstrap", options).map_err(|error| problem(&error))?;
    std::io::Write::write_all(&mut writer, &program).map_err(|error| problem(&error))?;
    writer.finish().map(|_| ()).map_err(|error| problem(&error))
}

fn host() -> Result<String, Problem> {
    let version = output("rustc -vV")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc names no host".to_owned())
}

fn checksum(path: &Path) -> Result<(), Problem> {
    let sum = output(&format!("sha256sum {}", path.display()))?;
    let (sum, _) = sum.split_once(' ').unwrap_or((&sum, ""));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    println!("{sum}  {name}");
    fs::write(format!("{}.sha256", path.display()), format!("{sum}  {name}\n"))
        .map_err(|error| error.to_string())
}

/// The binary, the licences and the README, with a checksum.
fn program() -> Result<(), Problem> {
    run("cargo build --release --locked --package aware")?;
    let name = format!("aware-{}-{}", env!("CARGO_PKG_VERSION"), host()?);
    let folder: PathBuf = root().join("dist").join(&name);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for file in ["target/release/aware", "README.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        let path = root().join(file);
        let to = folder.join(path.file_name().unwrap_or_default());
        fs::copy(&path, to).map_err(|error| format!("{file}: {error}"))?;
    }
    run(&format!("tar -C dist -czf dist/{name}.tar.gz {name}"))?;
    checksum(&root().join(format!("dist/{name}.tar.gz")))
}
