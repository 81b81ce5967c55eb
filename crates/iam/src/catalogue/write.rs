//! Writes the bytes that the catalogue reads.

use super::bytes::BLOCK;

/// Appends a number, seven bits per byte, least significant first.
pub(super) fn append_number(out: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        out.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or_default());
}

/// Appends bytes, preceded by their length.
pub(super) fn append_section(out: &mut Vec<u8>, bytes: &[u8]) {
    append_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends a list with random access. Offsets take two bytes if that is enough.
pub(super) fn append_items(out: &mut Vec<u8>, list: &[Vec<u8>]) {
    append_number(out, list.len());
    let bytes = list.concat();
    let wide = u16::try_from(bytes.len()).is_err();
    out.push(if wide { 4 } else { 2 });
    let mut offset = 0_u32;
    for item in list {
        let le = offset.to_le_bytes();
        out.extend(le.iter().take(if wide { 4 } else { 2 }));
        offset = offset.saturating_add(u32::try_from(item.len()).unwrap_or(u32::MAX));
    }
    append_section(out, &bytes);
}

/// Appends a table of names, which must be sorted without regard to case.
pub(super) fn append_names(out: &mut Vec<u8>, sorted: &[String]) {
    append_number(out, sorted.len());
    let blocks: Vec<Vec<u8>> = sorted.chunks(BLOCK).map(encode_block).collect();
    append_items(out, &blocks);
}

fn encode_block(names: &[String]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut before: &[u8] = &[];
    for name in names {
        let bytes = name.as_bytes();
        let kept = before.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        append_number(&mut out, kept);
        append_section(&mut out, bytes.get(kept..).unwrap_or_default());
        before = bytes;
    }
    out
}
