//! Numbers of any width in bits, and Parquet's hybrid of runs and packed bits.
//!
//! Source: Apache Parquet, `Encodings.md`, "Run Length Encoding / Bit-Packing Hybrid".

use super::problem::Damage;

const CUT: Damage = Damage("page ends early");

/// Reads a number of seven bits a byte, the lowest ones first.
pub(super) fn read_varint(bytes: &[u8], at: &mut usize) -> Result<u64, Damage> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at).ok_or(CUT)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Damage("a number has more than 64 bits"))
}

/// A number with a sign, which the lowest bit holds.
pub(super) fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Reads so many bits, 64 at most, from a bit on. The lowest come first.
pub(super) fn bits_at(bytes: &[u8], bit: usize, width: u8) -> Result<u64, Damage> {
    let (from, shift) = (bit / 8, bit % 8);
    let rest = bytes.get(from..).ok_or(CUT)?;
    if rest.len().saturating_mul(8) < shift + usize::from(width) {
        return Err(CUT);
    }
    let mask = u64::MAX.checked_shr(64 - u32::from(width)).unwrap_or(0);
    if let Some(word) = rest.first_chunk::<8>()
        && shift + usize::from(width) <= 64
    {
        return Ok((u64::from_le_bytes(*word) >> shift) & mask);
    }
    let wide = rest.iter().take(9).rev().fold(0_u128, |wide, byte| wide << 8 | u128::from(*byte));
    Ok(u64::try_from((wide >> shift) & u128::from(mask)).unwrap_or_default())
}

/// Reads numbers of one width, which are repeated or packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct HybridReader {
    at: usize,
    end: usize,
    width: u8,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Repeated { value: u64, left: u64 },
    Packed { bit: usize, left: u64 },
}

impl HybridReader {
    /// A reader of the bytes between two offsets of a page.
    pub(super) fn new(at: usize, end: usize, width: u8) -> Result<Self, Damage> {
        if width > 32 {
            return Err(Damage("a level or an index has more than 32 bits"));
        }
        Ok(Self { at, end, width, run: Run::Repeated { value: 0, left: 0 } })
    }

    /// The next number.
    pub(super) fn next_number(&mut self, page: &[u8]) -> Result<u64, Damage> {
        loop {
            match &mut self.run {
                Run::Repeated { value, left } if *left > 0 => {
                    *left -= 1;
                    return Ok(*value);
                }
                Run::Packed { bit, left } if *left > 0 => {
                    let number = bits_at(page.get(..self.end).ok_or(CUT)?, *bit, self.width)?;
                    (*bit, *left) = (*bit + usize::from(self.width), *left - 1);
                    return Ok(number);
                }
                _ => self.run = self.read_run(page)?,
            }
        }
    }

    fn read_run(&mut self, page: &[u8]) -> Result<Run, Damage> {
        let page = page.get(..self.end).ok_or(CUT)?;
        let header = read_varint(page, &mut self.at)?;
        let count = header >> 1;
        if header & 1 == 0 {
            let bytes = usize::from(self.width.div_ceil(8));
            let value = bits_at(page, self.at * 8, self.width)?;
            self.at += bytes;
            return Ok(Run::Repeated { value, left: count });
        }
        // Writers may cut what pads the last group.
        let bit = self.at * 8;
        let bytes = usize::try_from(count).ok().and_then(|n| n.checked_mul(self.width.into()));
        self.at = bytes.and_then(|bytes| self.at.checked_add(bytes)).ok_or(CUT)?.min(self.end);
        Ok(Run::Packed { bit, left: count.saturating_mul(8) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_any_width() {
        let bytes = [0b1010_1100, 0xff, 0, 1, 2, 3, 4, 5, 6, 0x80];
        assert_eq!(bits_at(&bytes, 0, 0).unwrap(), 0);
        assert_eq!(bits_at(&bytes, 2, 3).unwrap(), 0b011);
        assert_eq!(bits_at(&bytes, 4, 8).unwrap(), 0b1111_1010);
        assert_eq!(bits_at(&bytes, 79, 1).unwrap(), 1);
        let word = u64::from_le_bytes(bytes[1..9].try_into().unwrap());
        assert_eq!(bits_at(&bytes, 8, 64).unwrap(), word);
        assert_eq!(bits_at(&bytes, 9, 64).unwrap(), word >> 1);
        for (bit, width) in [(79, 2), (80, 1), (800, 0), (17, 64)] {
            assert!(bits_at(&bytes, bit, width).is_err(), "{bit} {width}");
        }
    }

    #[test]
    fn runs_and_packed_numbers() {
        // Five times 3, then 0 to 7 in three bits each: the example of the specification.
        let bytes = [10, 3, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut reader = HybridReader::new(0, bytes.len(), 3).unwrap();
        let read: Vec<u64> = (0..13).map(|_| reader.next_number(&bytes).unwrap()).collect();
        assert_eq!(read, [3, 3, 3, 3, 3, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(reader.next_number(&bytes).is_err());
        // Runs of nothing end with the bytes.
        assert!(HybridReader::new(0, 4, 1).unwrap().next_number(&[0; 4]).is_err());
        assert!(HybridReader::new(0, 9, 1).unwrap().next_number(&[0xff; 9]).is_err());
        assert!(HybridReader::new(0, 1, 33).is_err());
    }

    #[test]
    fn numbers_with_a_sign() {
        let numbers = [0, 1, 2, 3, u64::MAX].map(unzigzag);
        assert_eq!(numbers, [0, -1, 1, -2, i64::MIN]);
        assert!(read_varint(&[0xff; 12], &mut 0).is_err());
    }
}
