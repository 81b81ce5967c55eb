//! Builds releases: the program with its accompanying files, and the functions' zips.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::run::{XtaskError, line_output, line_succeeds, repository_root, run_line};

#[path = "../../crates/deploy/src/elf.rs"]
mod elf;

/// The functions.
const FUNCTIONS: [&str; 2] = ["source", "destination"];
/// Lambda's other architecture; its zips are built where the target is installed.
const ARM: &str = "aarch64-unknown-linux-gnu";

/// Packs everything.
pub fn pack_release() -> Result<(), XtaskError> {
    pack_program()?;
    pack_functions()
}

/// Packs the functions for this machine's architecture, and for arm64 where it can be built.
pub fn pack_functions() -> Result<(), XtaskError> {
    for target in [host_target()?, ARM.to_owned()] {
        if target != host_target()?
            && !line_succeeds(&format!("rustc --print target-libdir --target {target}"))
        {
            println!("{target} is not known to this toolchain: no zips for it");
            continue;
        }
        let libraries = line_output(&format!("rustc --print target-libdir --target {target}"))?;
        if !Path::new(libraries.trim()).exists() {
            println!(
                "{target} is not installed: no zips for it (hint: rustup target add {target})"
            );
            continue;
        }
        build_functions(&target)?;
        for name in FUNCTIONS {
            let built = repository_root().join(format!("target/{target}/lambda/{name}"));
            check_runs_on_lambda(&built, if target == ARM { "arm64" } else { "x86_64" })?;
            let suffix = if target == host_target()? { "" } else { "-arm64" };
            let zip = repository_root().join(format!("dist/{name}{suffix}.zip"));
            pack_bootstrap(&built, &zip)?;
            write_checksum(&zip)?;
        }
    }
    Ok(())
}

/// Builds the functions, against Lambda's glibc where `cargo zigbuild` is available.
fn build_functions(target: &str) -> Result<(), XtaskError> {
    let (major, minor) = elf::LAMBDA_GLIBC;
    let (verb, target) = match line_succeeds("cargo zigbuild --help") {
        true => ("zigbuild", format!("{target}.{major}.{minor}")),
        false => ("build", target.to_owned()),
    };
    run_line(&format!(
        "cargo {verb} --profile lambda --locked --package aware-lambda --bins --target {target}"
    ))
}

/// Rejects a bootstrap that Lambda could not run.
fn check_runs_on_lambda(built: &Path, architecture: &str) -> Result<(), XtaskError> {
    let name = built.display();
    let program = fs::read(built).map_err(|error| format!("{name}: {error}"))?;
    if let Some(problem) = elf::elf_problem(&program, architecture) {
        return Err(format!("{name}: {problem}"));
    }
    let Some((major, minor)) = elf::newer_glibc(&program) else { return Ok(()) };
    let (has_major, has_minor) = elf::LAMBDA_GLIBC;
    Err(format!(
        "{name} needs glibc {major}.{minor}, and Lambda has {has_major}.{has_minor} (hint: build on Amazon Linux 2023, or install cargo-zigbuild and zig)"
    ))
}

/// Packs a bootstrap: the same bytes for the same program.
pub fn pack_bootstrap(built: &Path, zip: &Path) -> Result<(), XtaskError> {
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

fn host_target() -> Result<String, XtaskError> {
    let version = line_output("rustc -vV")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc names no host".to_owned())
}

fn write_checksum(path: &Path) -> Result<(), XtaskError> {
    let sum = line_output(&format!("sha256sum {}", path.display()))?;
    let (sum, _) = sum.split_once(' ').unwrap_or((&sum, ""));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    println!("{sum}  {name}");
    fs::write(format!("{}.sha256", path.display()), format!("{sum}  {name}\n"))
        .map_err(|error| error.to_string())
}

/// The binary, the licences and the README, with a checksum.
fn pack_program() -> Result<(), XtaskError> {
    run_line("cargo build --release --locked --package aware")?;
    let name = format!("aware-{}-{}", env!("CARGO_PKG_VERSION"), host_target()?);
    let folder: PathBuf = repository_root().join("dist").join(&name);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for file in ["target/release/aware", "README.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        let path = repository_root().join(file);
        let to = folder.join(path.file_name().unwrap_or_default());
        fs::copy(&path, to).map_err(|error| format!("{file}: {error}"))?;
    }
    run_line(&format!("tar -C dist -czf dist/{name}.tar.gz {name}"))?;
    write_checksum(&repository_root().join(format!("dist/{name}.tar.gz")))
}
