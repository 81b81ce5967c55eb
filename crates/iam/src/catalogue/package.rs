//! Files of a tar archive, as far as the packages need them: names, sizes, contents.
//!
//! Source: POSIX.1-2017, `pax`, "ustar Interchange Format". Long names and links do not occur in
//! these packages and are skipped.

const RECORD_BYTES: usize = 512;

/// The regular files of an archive. A damaged archive ends early.
pub(super) fn archive_files(archive: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let mut rest = archive;
    std::iter::from_fn(move || {
        loop {
            let (header, after) = rest.split_at_checked(RECORD_BYTES)?;
            let size = parse_octal(header.get(124..136)?)?;
            let (contents, _) = after.split_at_checked(size)?;
            rest = after.get(size.div_ceil(RECORD_BYTES) * RECORD_BYTES..).unwrap_or_default();
            let name = header_text(header.get(..100)?)?;
            if name.is_empty() {
                return None;
            }
            if matches!(header.get(156), Some(b'0' | 0)) {
                return Some((name, contents));
            }
        }
    })
}

fn header_text(field: &[u8]) -> Option<&str> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    std::str::from_utf8(field.get(..end)?).ok()
}

fn parse_octal(field: &[u8]) -> Option<usize> {
    let digits = header_text(field)?.trim();
    if digits.is_empty() { Some(0) } else { usize::from_str_radix(digits, 8).ok() }
}
