//! A value as the text that a log line has.

use std::io::Write;

use super::bits::bits_at;
use super::budget::ChargedText;
use super::problem::{Damage, RowProblem};
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
        line: &mut ChargedText<'_>,
    ) -> Result<(), RowProblem> {
        match self.physical {
            PhysicalType::Boolean => Err(Damage("a flag is written as a number").into()),
            PhysicalType::Int32 => {
                let number = i32::from_le_bytes(take_array(page, at)?);
                self.write_number(i64::from(number), line)
            }
            PhysicalType::Int64 => {
                self.write_number(i64::from_le_bytes(take_array(page, at)?), line)
            }
            PhysicalType::Int96 => line.push_number(read_old_time(take_array(page, at)?)),
            PhysicalType::Float => {
                write_float(f64::from(f32::from_le_bytes(take_array(page, at)?)), line)
            }
            PhysicalType::Double => write_float(f64::from_le_bytes(take_array(page, at)?), line),
            PhysicalType::Bytes => {
                let length = u32::from_le_bytes(take_array(page, at)?) as usize;
                write_text(take_bytes(page, at, length)?, line)
            }
            PhysicalType::Fixed(length) => write_text(take_bytes(page, at, length)?, line),
        }
    }

    /// Writes a number of such a column. Times become seconds, as flow logs have them.
    pub(super) fn write_number(
        self,
        number: i64,
        line: &mut ChargedText<'_>,
    ) -> Result<(), RowProblem> {
        match (self.number, self.physical) {
            (NumberKind::Time(parts), _) => line.push_number(number.div_euclid(parts)),
            (NumberKind::Unsigned, PhysicalType::Int32) => {
                line.push_number(number & i64::from(u32::MAX))
            }
            (NumberKind::Unsigned, _) => line.push_number(number.cast_unsigned()),
            (NumberKind::Signed, _) => line.push_number(number),
        }
    }
}

/// Writes a flag from a bit of a page.
pub(super) fn write_flag(
    page: &[u8],
    bit: usize,
    line: &mut ChargedText<'_>,
) -> Result<(), RowProblem> {
    let is_set = bits_at(page, bit, 1)? == 1;
    line.push_bytes(if is_set { b"true" } else { b"false" })
}

/// Writes a text. What would end the field or the line is escaped as in the values of tags.
pub(super) fn write_text(text: &[u8], line: &mut ChargedText<'_>) -> Result<(), RowProblem> {
    if text.is_empty() {
        return line.push_bytes(&[NULL]);
    }
    let is_separator = |byte: u8| byte <= b' ' || byte == 0x7f;
    let escaped = text.iter().filter(|byte| is_separator(**byte)).count();
    if escaped == 0 {
        return line.push_bytes(text);
    }
    // Each escape has three bytes for one.
    let line = line.room_for(text.len().saturating_add(escaped.saturating_mul(2)))?;
    for byte in text {
        if is_separator(*byte) {
            let _ = write!(line, "%{byte:02X}");
        } else {
            line.push(*byte);
        }
    }
    Ok(())
}

/// Tools that know no null among whole numbers turn them into floating ones.
fn write_float(number: f64, line: &mut ChargedText<'_>) -> Result<(), RowProblem> {
    if number.is_nan() { line.push_bytes(&[NULL]) } else { line.push_number(number) }
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
    use crate::envelope::decompress::DecompressionLimits;
    use crate::envelope::parquet::budget::TableBudget;

    fn small_budget() -> TableBudget {
        TableBudget::new(DecompressionLimits::default(), 0, 1_000)
    }

    fn plain(physical: PhysicalType, number: NumberKind, page: &[u8]) -> String {
        let (mut line, mut budget) = (Vec::new(), small_budget());
        let mut text = ChargedText::of_line(&mut line, &mut budget);
        ValueKind { physical, number }.write_plain(page, &mut 0, &mut text).unwrap();
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
            let (mut line, mut budget) = (Vec::new(), small_budget());
            write_text(text, &mut ChargedText::of_line(&mut line, &mut budget)).unwrap();
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
            let (mut line, mut budget) = (Vec::new(), small_budget());
            let mut text = ChargedText::of_line(&mut line, &mut budget);
            assert!(kind.write_plain(&[2, 0, 0], &mut 0, &mut text).is_err());
            assert!(kind.write_plain(&[], &mut 7, &mut text).is_err());
        }
    }

    #[test]
    fn a_text_is_charged_with_its_escapes_before_it_is_written() {
        let (mut line, mut budget) = (Vec::new(), small_budget());
        let mut text = ChargedText::of_line(&mut line, &mut budget);
        assert_eq!(write_text(&[b' '; 300], &mut text), Ok(()));
        assert!(write_text(&[b' '; 40], &mut text).is_err_and(|problem| problem.is_limit()));
        assert_eq!(line.len(), 900);
    }
}
