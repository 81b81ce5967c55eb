//! UTF-16, which PowerShell's `>` writes: with or without a byte order mark, in either byte order.

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ByteOrder {
    Little,
    Big,
}

/// The text, and how many of its code units were invalid; `None` when the bytes are not UTF-16.
///
/// Without a byte order mark, bytes count as UTF-16 when their first two characters are ASCII, as
/// those of every log are.
pub(super) fn decode_utf16_text(bytes: &[u8]) -> Option<(String, usize)> {
    let (order, bytes) = match bytes {
        [0xff, 0xfe, rest @ ..] if !rest.starts_with(&[0, 0]) => (ByteOrder::Little, rest),
        [0xfe, 0xff, rest @ ..] => (ByteOrder::Big, rest),
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => (ByteOrder::Little, bytes),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => (ByteOrder::Big, bytes),
        _ => return None,
    };
    let (units, rest) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| match order {
        ByteOrder::Little => u16::from_le_bytes(*unit),
        ByteOrder::Big => u16::from_be_bytes(*unit),
    });
    let mut damaged = rest.len();
    let mut text = String::with_capacity(bytes.len() / 2);
    for unit in char::decode_utf16(units) {
        text.push(unit.unwrap_or_else(|_| {
            damaged += 1;
            char::REPLACEMENT_CHARACTER
        }));
    }
    Some((text, damaged))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_order_with_a_mark_or_without() {
        let text = "{\"é\":\"🔒\"}";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let marked = |mark: [u8; 2], bytes: &[u8]| [&mark, bytes].concat();
        for bytes in [
            marked([0xff, 0xfe], &little),
            marked([0xfe, 0xff], &big),
            // Without a mark the first two characters must be ASCII.
            [b"{\0 \0".as_slice(), &little[2..]].concat(),
            [b"\0{\0 ".as_slice(), &big[2..]].concat(),
        ] {
            let (decoded, damaged) = decode_utf16_text(&bytes).unwrap();
            assert_eq!((decoded.replace("{ ", "{").as_str(), damaged), (text, 0));
        }
    }

    #[test]
    fn what_is_none_and_what_is_damaged() {
        for bytes in [b"{\"a\":1}".as_slice(), b"\xff\xfe\0\0{\0\0\0", b"PK\x03\x04", b"", b"{\0"] {
            assert_eq!(decode_utf16_text(bytes), None, "{bytes:?}");
        }
        let (text, damaged) = decode_utf16_text(b"\xff\xfe{\0\x00\xd8}\0\x01").unwrap();
        assert_eq!((text.as_str(), damaged), ("{\u{fffd}}", 2));
    }
}
