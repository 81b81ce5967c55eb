//! A value as the text that a log line has.

use std::io::Write;

use super::bits::bits_at;
use super::problem::Damage;
use super::schema::{NumberKind, PhysicalType, ValueKind};

/// What a line has where there is no value.
pub(super) const NULL: u8 = b'-';
/// The Julian day of 1 January 1970.
const JULIAN_EPOCH: i64 = 2_440_588;
const DAY: i64 = 86_400;
const NANOS: i64 = 1_000_000_000;

impl ValueKind {
    /// Writes the plain value at an offset of a page, which then points behind it.
    pub(super) fn write_plain(
        self,
        page: &[u8],
        at: &mut usize,
        line: &mut Vec<u8>,
    ) -> Result<(), Damage> {
        match self.physical {
            PhysicalType::Boolean => return Err(Damage("a flag is written as a number")),
            PhysicalType::Int32 => {
                let number = i32::from_le_bytes(take_array(page, at)?);
                self.write_number(i64::from(number), line);
            }
            PhysicalType::Int64 => {
                self.write_number(i64::from_le_bytes(take_array(page, at)?), line);
            }
            PhysicalType::Int96 => write_number(read_old_time(take_array(page, at)?), line),
            PhysicalType::Float => {
                write_float(f64::from(f32::from_le_bytes(take_array(page, at)?)), line);
            }
            PhysicalType::Double => write_float(f64::from_le_bytes(take_array(page, at)?), line),
            PhysicalType::Bytes => {
                let length = u32::from_le_bytes(take_array(page, at)?) as usize;
                write_text(take_bytes(page, at, length)?, line);
            }
            PhysicalType::Fixed(length) => write_text(take_bytes(page, at, length)?, line),
        }
        Ok(())
    }

    /// Writes a number of such a column. Times become seconds, as flow logs have them.
    pub(super) fn write_number(self, number: i64, line: &mut Vec<u8>) {
        match (self.number, self.physical) {
            (NumberKind::Time(parts), _) => write_number(number.div_euclid(parts), line),
            (NumberKind::Unsigned, PhysicalType::Int32) => {
                write_number(number & i64::from(u32::MAX), line);
            }
            (NumberKind::Unsigned, _) => {
                let _ = write!(line, "{}", number.cast_unsigned());
            }
            (NumberKind::Signed, _) => write_number(number, line),
        }
    }
}

/// Writes a flag from a bit of a page.
pub(super) fn write_flag(page: &[u8], bit: usize, line: &mut Vec<u8>) -> Result<(), Damage> {
    let is_set = bits_at(page, bit, 1)? == 1;
    line.extend_from_slice(if is_set { b"true" } else { b"false" });
    Ok(())
}

/// Writes a text. What would end the field or the line is escaped as in the values of tags.
pub(super) fn write_text(text: &[u8], line: &mut Vec<u8>) {
    let is_separator = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
    if text.is_empty() {
        return line.push(NULL);
    }
    if !text.iter().any(is_separator) {
        return line.extend_from_slice(text);
    }
    for byte in text {
        if is_separator(byte) {
            let _ = write!(line, "%{byte:02X}");
        } else {
            line.push(*byte);
        }
    }
}

fn write_number(number: i64, line: &mut Vec<u8>) {
    let _ = write!(line, "{number}");
}

/// Tools that know no null among whole numbers turn them into floating ones.
fn write_float(number: f64, line: &mut Vec<u8>) {
    if number.is_nan() {
        return line.push(NULL);
    }
    let _ = write!(line, "{number}");
}

/// The seconds of a time that is stored as the nanoseconds of a day and the day.
fn read_old_time(bytes: [u8; 12]) -> i64 {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let nanos = i64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let day = i64::from(u32::from_le_bytes(rest));
    (day - JULIAN_EPOCH) * DAY + nanos.div_euclid(NANOS)
}

fn take_array<const N: usize>(page: &[u8], at: &mut usize) -> Result<[u8; N], Damage> {
    let bytes = page.get(*at..).and_then(<[u8]>::first_chunk::<N>);
    *at = at.saturating_add(N);
    bytes.copied().ok_or(Damage("page ends early"))
}

/// The next bytes of a page.
pub(super) fn take_bytes<'p>(
    page: &'p [u8],
    at: &mut usize,
    length: usize,
) -> Result<&'p [u8], Damage> {
    let bytes = page.get(*at..).and_then(|rest| rest.get(..length));
    *at = at.saturating_add(length);
    bytes.ok_or(Damage("page ends early"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(physical: PhysicalType, number: NumberKind, page: &[u8]) -> String {
        let mut line = Vec::new();
        ValueKind { physical, number }.write_plain(page, &mut 0, &mut line).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn numbers_and_times() {
        let ten = 1_795_946_400_i64;
        let of = |physical, number, value: i64| plain(physical, number, &value.to_le_bytes());
        assert_eq!(of(PhysicalType::Int64, NumberKind::Signed, -1), "-1");
        assert_eq!(of(PhysicalType::Int64, NumberKind::Unsigned, -1), u64::MAX.to_string());
        assert_eq!(of(PhysicalType::Int32, NumberKind::Unsigned, -1), u32::MAX.to_string());
        for parts in [1_000, 1_000_000, 1_000_000_000] {
            let text = of(PhysicalType::Int64, NumberKind::Time(parts), ten * parts + parts - 1);
            assert_eq!(text, ten.to_string());
        }
        let day = u32::try_from(ten / DAY + JULIAN_EPOCH).unwrap();
        let nanos = (ten % DAY) * NANOS + 5;
        let old = [&nanos.to_le_bytes()[..], &day.to_le_bytes()].concat();
        assert_eq!(plain(PhysicalType::Int96, NumberKind::Signed, &old), ten.to_string());
        for (number, text) in [(443.0, "443"), (0.5, "0.5"), (f64::NAN, "-")] {
            let page = f64::to_le_bytes(number);
            assert_eq!(plain(PhysicalType::Double, NumberKind::Signed, &page), text);
        }
    }

    #[test]
    fn texts_stay_one_field() {
        let of = |text: &[u8]| {
            let mut line = Vec::new();
            write_text(text, &mut line);
            String::from_utf8(line).unwrap()
        };
        assert_eq!(of(b"eni-0a1b"), "eni-0a1b");
        assert_eq!(of(b""), "-");
        assert_eq!(of(b"a b\n\tc"), "a%20b%0A%09c");
        assert_eq!(of("é".as_bytes()), "é");
    }

    #[test]
    fn what_is_cut_is_damaged() {
        for physical in [PhysicalType::Int64, PhysicalType::Bytes, PhysicalType::Fixed(4)] {
            let kind = ValueKind { physical, number: NumberKind::Signed };
            assert!(kind.write_plain(&[2, 0, 0], &mut 0, &mut Vec::new()).is_err());
            assert!(kind.write_plain(&[], &mut 7, &mut Vec::new()).is_err());
        }
    }
}
