//! Arguments that are read whole: the text of a file or of standard input, and the records in it.

use std::io::{self, Read};
use std::path::Path;

use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::unpack::{FileUnpacker, UnpackedItem};
use aware_core::envelope::{self, EnvelopeKind};
use aware_io::input::walk;

use crate::exit::CommandFailure;

/// Given records, and what could not be read.
pub(crate) struct GivenRecords {
    /// The records, each as JSON text.
    pub(crate) records: Vec<String>,
    /// Something that could not be read.
    pub(crate) rejects: Vec<String>,
}

/// The text of a file or of standard input; for an archive, the texts of its members one after
/// another.
///
/// # Errors
/// If it cannot be read, or is not text.
pub(crate) fn read_text(name: &str) -> Result<String, CommandFailure> {
    let shown = display_name(name);
    let unreadable = |problem: String| CommandFailure::Usage(format!("{shown}: {problem}"));
    let mut bytes = Vec::new();
    if name == "-" {
        io::stdin().lock().take(walk::MAX_FILE).read_to_end(&mut bytes)?;
    } else {
        walk::read_into(Path::new(name), walk::MAX_FILE, &mut bytes)
            .map_err(|problem| unreadable(problem.to_string()))?;
    }
    let (mut whole, mut problem, mut is_over) = (Vec::new(), None, false);
    FileUnpacker::new(DecompressionLimits::default()).unpack(
        &bytes,
        &mut |unpacked| match unpacked {
            UnpackedItem::Body { bytes, .. }
                if (whole.len() + bytes.len()) as u64 > walk::MAX_FILE =>
            {
                is_over = true;
            }
            UnpackedItem::Body { bytes, .. } => {
                if !whole.is_empty() {
                    whole.push(b'\n');
                }
                whole.extend_from_slice(bytes);
            }
            UnpackedItem::Reject { problem: what, .. } if problem.is_none() => problem = Some(what),
            UnpackedItem::Reject { .. } | UnpackedItem::Skipped => {}
        },
    );
    match problem {
        _ if is_over => Err(unreadable(format!("exceeds {} bytes", walk::MAX_FILE))),
        Some(problem) if whole.is_empty() => Err(unreadable(problem)),
        _ => String::from_utf8(whole).map_err(|error| unreadable(error.to_string())),
    }
}

/// The name of a file in messages.
pub(crate) fn display_name(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}

/// The records in a text: in any form that CloudTrail delivers, or a single record.
pub(crate) fn parse_records(text: &str) -> GivenRecords {
    let opened = envelope::open_body(EnvelopeKind::Any, text.as_bytes());
    let records = opened.records.iter();
    GivenRecords {
        records: records.map(|one| String::from_utf8_lossy(&one.bytes).into_owned()).collect(),
        rejects: opened.rejects.iter().map(ToString::to_string).collect(),
    }
}

/// The records in a file or in standard input; at least one.
///
/// # Errors
/// If there are none.
pub(crate) fn read_records(name: &str) -> Result<Vec<String>, CommandFailure> {
    let GivenRecords { records, rejects } = parse_records(&read_text(name)?);
    if records.is_empty() {
        let why = rejects.into_iter().next().unwrap_or_default();
        return Err(CommandFailure::Usage(format!(
            "{}: contains no record: {why}",
            display_name(name)
        )));
    }
    Ok(records)
}
