//! What a program needs from the machine that it runs on: the processor and the C library.
//!
//! Sources: System V ABI, "Executable and Linking Format"; Linux Standard Base, "Symbol Versioning";
//! Lambda Developer Guide, "OS-only runtimes" (`provided.al2023` has glibc 2.34).

use object::Endianness;
use object::elf::{EM_AARCH64, EM_X86_64, ET_DYN, ET_EXEC, FileHeader64, Machine};
use object::read::elf::{FileHeader, SectionTable};

/// The glibc of `provided.al2023`.
pub(super) const LAMBDA_GLIBC: (u32, u32) = (2, 34);

type ElfHeader = FileHeader64<Endianness>;

/// Why a program cannot be a bootstrap for an architecture (`x86_64`, `arm64`); `None` if it can.
pub(super) fn elf_problem(program: &[u8], architecture: &str) -> Option<String> {
    let wanted = if architecture == "arm64" { EM_AARCH64 } else { EM_X86_64 };
    let Ok(header) = ElfHeader::parse(program) else {
        return Some("is not a 64-bit ELF program".to_owned());
    };
    let Ok(endian) = header.endian() else { return Some("is a damaged ELF program".to_owned()) };
    if ![ET_EXEC, ET_DYN].contains(&header.e_type(endian)) {
        return Some("is an ELF file, but not a program".to_owned());
    }
    let machine = header.e_machine(endian);
    (machine != wanted)
        .then(|| format!("is built for {}, not for {architecture}", machine_name(machine)))
}

/// The newest glibc that a program needs, if it is newer than Lambda's.
pub(super) fn newer_glibc(program: &[u8]) -> Option<(u32, u32)> {
    let header = ElfHeader::parse(program).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, program).ok()?;
    glibc_versions(&sections, endian, program)?
        .into_iter()
        .max()
        .filter(|needed| *needed > LAMBDA_GLIBC)
}

/// The glibc versions that a program's symbols name; `None` for a static program.
fn glibc_versions(
    sections: &SectionTable<'_, ElfHeader>,
    endian: Endianness,
    program: &[u8],
) -> Option<Vec<(u32, u32)>> {
    let (mut needs, link) = sections.gnu_verneed(endian, program).ok()??;
    let strings = sections.strings(endian, program, link).ok()?;
    let mut versions = Vec::new();
    while let Ok(Some((_, mut symbols))) = needs.next() {
        while let Ok(Some(symbol)) = symbols.next() {
            let name =
                symbol.name(endian, strings).ok().and_then(|name| std::str::from_utf8(name).ok());
            versions.extend(name.and_then(parse_version));
        }
    }
    Some(versions)
}

/// Parses `GLIBC_2.34`.
fn parse_version(name: &str) -> Option<(u32, u32)> {
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn machine_name(machine: Machine) -> String {
    match machine {
        EM_X86_64 => "x86_64".to_owned(),
        EM_AARCH64 => "arm64".to_owned(),
        other => format!("machine {}", other.0),
    }
}
