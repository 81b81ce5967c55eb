//! Checks that a function's zip holds a bootstrap that can run on Lambda.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zip::ZipArchive;

use super::elf;

/// The largest unpacked size of a function, in bytes.
///
/// Source: Lambda Developer Guide, "Lambda quotas".
const MAX_UNPACKED: u64 = 262_144_000;

/// What is wrong with a zip for an architecture. `here` says that it will run on this machine, with
/// the glibc that it was built with.
pub(super) fn zip_problem(path: &Path, architecture: &str, here: bool) -> Option<String> {
    let name = path.display();
    let program = match read_bootstrap(path) {
        Ok(program) => program,
        Err(problem) => return Some(format!("{name}: {problem}")),
    };
    if let Some(problem) = elf::elf_problem(&program, architecture) {
        return Some(format!(
            "{name}: its bootstrap {problem} (hint: `cargo xtask functions` builds it; --parameter Architecture=arm64 or x86_64 sets the target)"
        ));
    }
    let (major, minor) = elf::newer_glibc(&program).filter(|_| !here)?;
    let (has_major, has_minor) = elf::LAMBDA_GLIBC;
    Some(format!(
        "{name}: its bootstrap needs glibc {major}.{minor}, and Lambda has {has_major}.{has_minor} (hint: `cargo xtask functions` builds it for that)"
    ))
}

/// Why a function's zip cannot be deployed.
#[derive(Debug, thiserror::Error)]
enum BootstrapError {
    #[error(transparent)]
    Open(std::io::Error),
    #[error("not a zip: {0}")]
    NoZip(zip::result::ZipError),
    #[error("it has no file `bootstrap` at the top level")]
    Missing,
    #[error("its bootstrap is not executable (hint: chmod +x before zipping it)")]
    NotExecutable,
    #[error("its bootstrap cannot be read: {0}")]
    Unreadable(std::io::Error),
    #[error("its bootstrap is larger than the {MAX_UNPACKED} bytes that Lambda allows")]
    TooLarge,
}

fn read_bootstrap(path: &Path) -> Result<Vec<u8>, BootstrapError> {
    let file = File::open(path).map_err(BootstrapError::Open)?;
    let mut zip = ZipArchive::new(file).map_err(BootstrapError::NoZip)?;
    let entry = zip.by_name("bootstrap").map_err(|_| BootstrapError::Missing)?;
    if entry.unix_mode().is_some_and(|mode| mode & 0o111 == 0) {
        return Err(BootstrapError::NotExecutable);
    }
    let mut program = Vec::new();
    let read = entry.take(MAX_UNPACKED + 1).read_to_end(&mut program);
    read.map_err(BootstrapError::Unreadable)?;
    if program.len() as u64 > MAX_UNPACKED { Err(BootstrapError::TooLarge) } else { Ok(program) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// A zip with one file.
    fn zipped(name: &str, program: &[u8], mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = ZipWriter::new(file.reopen().unwrap());
        writer.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
        writer.write_all(program).unwrap();
        writer.finish().unwrap();
        file
    }

    /// A 64-bit header: an executable for a machine.
    fn header(machine: u16, kind: u16) -> Vec<u8> {
        let mut bytes = vec![0_u8; 64];
        bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        bytes[16..18].copy_from_slice(&kind.to_le_bytes());
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[20] = 1;
        bytes
    }

    fn said(program: &[u8], architecture: &str) -> String {
        let zip = zipped("bootstrap", program, 0o755);
        zip_problem(zip.path(), architecture, false).unwrap_or_default()
    }

    #[test]
    fn the_architecture_is_the_chosen_one() {
        let (x86, arm) = (header(62, 2), header(183, 3));
        assert_eq!((said(&x86, "x86_64"), said(&arm, "arm64")), (String::new(), String::new()));
        assert!(said(&x86, "arm64").contains("is built for x86_64, not for arm64"));
        assert!(said(&arm, "x86_64").contains("is built for arm64, not for x86_64"));
        assert!(said(&header(8, 2), "x86_64").contains("is built for machine 8"));
    }

    #[test]
    fn what_is_no_program_is_refused() {
        let script = said(b"#!/bin/sh\nexit 1\n", "x86_64");
        assert!(script.contains("its bootstrap is not a 64-bit ELF program"), "{script}");
        assert!(said(&header(62, 1), "x86_64").contains("an ELF file, but not a program"));
        assert!(said(b"\x7fELF", "x86_64").contains("ELF program"));
        let other = zipped("bin/bootstrap", &header(62, 2), 0o755);
        let problem_ = zip_problem(other.path(), "x86_64", false).unwrap();
        assert!(problem_.contains("no file `bootstrap` at the top level"), "{problem_}");
        let not_executable = zipped("bootstrap", &header(62, 2), 0o644);
        let problem_ = zip_problem(not_executable.path(), "x86_64", false).unwrap();
        assert!(problem_.contains("not executable"), "{problem_}");
        let mut none = tempfile::NamedTempFile::new().unwrap();
        none.write_all(b"PK no zip").unwrap();
        assert!(zip_problem(none.path(), "x86_64", false).unwrap().contains("not a zip"));
    }

    #[test]
    fn what_this_machine_builds_names_its_glibc() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        assert_eq!(elf::elf_problem(&program, architecture), None);
        // Only a program whose version table says so needs it.
        let newer = b"GLIBC_2.99";
        let mut patched = program.clone();
        let old = b"GLIBC_2.34";
        if let Some(at) = patched.windows(old.len()).position(|text| text == old) {
            patched[at..at + newer.len()].copy_from_slice(newer);
            assert_eq!(elf::newer_glibc(&patched), Some((2, 99)));
        }
        assert!(elf::newer_glibc(&header(62, 2)).is_none(), "a static one needs none");
    }
}
