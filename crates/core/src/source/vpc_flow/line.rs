//! One line of a flow log, split into what sums need.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::format::{FlowFormat, SLOTS, Slot};

/// The texts of a line, by slot; empty where the format lacks the field or the line has `-`.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlowLine<'l> {
    texts: [&'l [u8]; SLOTS],
}

/// Why a line cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrongCount {
    /// How many fields it has.
    pub(super) has: usize,
}

impl<'l> FlowLine<'l> {
    /// Splits a line by its format. Fields are separated by one blank.
    pub(super) fn split(line: &'l [u8], format: &FlowFormat) -> Result<Self, WrongCount> {
        let mut texts: [&[u8]; SLOTS] = [b""; SLOTS];
        let (mut from, mut has) = (0, 0);
        let mut slots = format.slots().iter();
        let ends = memchr::memchr_iter(b' ', line).chain(std::iter::once(line.len()));
        for to in ends {
            let text = line.get(from..to).unwrap_or_default();
            from = to + 1;
            has += 1;
            if let Some(Some(slot)) = slots.next()
                && text != b"-"
                && let Some(place) = texts.get_mut(*slot as usize)
            {
                *place = text;
            }
        }
        if has == format.slots().len() { Ok(Self { texts }) } else { Err(WrongCount { has }) }
    }

    /// The text of a field.
    pub(super) fn bytes(&self, slot: Slot) -> &'l [u8] {
        self.texts.get(slot as usize).copied().unwrap_or_default()
    }

    /// The same as a text; empty if it is not one.
    pub(super) fn text(&self, slot: Slot) -> &'l str {
        std::str::from_utf8(self.bytes(slot)).unwrap_or_default()
    }

    /// Equal for equal fields, in whatever order the format has them: FNV-1a of 64 bits, by eight
    /// bytes at a time.
    pub(super) fn digest(&self) -> u64 {
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut mix = |word: u64| {
            hash = (hash ^ word).wrapping_mul(PRIME);
            hash ^= hash >> 29;
        };
        for text in self.texts {
            mix(text.len() as u64);
            for part in text.chunks(8) {
                mix(part.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
            }
        }
        hash
    }

    /// A number; `None` if the field is absent or no number.
    pub(super) fn number(&self, slot: Slot) -> Option<u64> {
        parse_number(self.bytes(slot))
    }

    /// An address: IPv4 ones are mapped into IPv6's space.
    pub(super) fn address(&self, slot: Slot) -> Option<u128> {
        parse_address(self.bytes(slot))
    }

    /// When the flow ended, else when it began, in seconds since 1970.
    pub(super) fn time(&self) -> Option<i64> {
        let time = self.number(Slot::End).or_else(|| self.number(Slot::Start))?;
        // The year 9999.
        i64::try_from(time).ok().filter(|time| *time < 253_402_300_800)
    }
}

fn parse_number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0'))
    })
}

fn parse_address(text: &[u8]) -> Option<u128> {
    match parse_v4(text) {
        Some(address) => Some(mapped(address)),
        None => match std::str::from_utf8(text).ok()?.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => Some(mapped(address)),
            IpAddr::V6(address) => Some(address.to_bits()),
        },
    }
}

fn mapped(address: Ipv4Addr) -> u128 {
    address.to_ipv6_mapped().to_bits()
}

/// Dotted decimals, as AWS writes them.
fn parse_v4(text: &[u8]) -> Option<Ipv4Addr> {
    let (mut octets, mut at, mut digits, mut value) = ([0_u8; 4], 0, 0, 0_u16);
    for byte in text {
        match byte {
            b'0'..=b'9' if digits < 3 => {
                value = value * 10 + u16::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 => {
                *octets.get_mut(at)? = u8::try_from(value).ok()?;
                (at, digits, value) = (at + 1, 0, 0);
            }
            _ => return None,
        }
    }
    *octets.get_mut(at).filter(|_| at == 3 && digits > 0)? = u8::try_from(value).ok()?;
    let [a, b, c, d] = octets;
    Some(Ipv4Addr::new(a, b, c, d))
}

/// An address as people write it.
pub(super) fn to_ip(bits: u128) -> IpAddr {
    Ipv6Addr::from_bits(bits).to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for text in ["10.0.0.1", "255.255.255.255", "0.0.0.0", "2001:db8::1", "::ffff:10.0.0.1"] {
            let bits = parse_address(text.as_bytes()).unwrap();
            assert_eq!(to_ip(bits), text.parse::<IpAddr>().unwrap().to_canonical(), "{text}");
        }
        for text in ["", "-", "10.0.0", "10.0.0.256", "10.0.0.1.2", "1..2.3", "10.0.0.1 ", "x"] {
            assert_eq!(parse_address(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_line_by_its_format() {
        let format = FlowFormat::parse("srcaddr dstaddr new-field end action").unwrap();
        let line = FlowLine::split(b"10.0.0.1 - anything 1788220915 REJECT", &format).unwrap();
        assert_eq!(line.text(Slot::Source), "10.0.0.1");
        assert_eq!(line.bytes(Slot::Destination), b"");
        assert_eq!((line.time(), line.text(Slot::Action)), (Some(1_788_220_915), "REJECT"));
        for wrong in ["10.0.0.1 -", "10.0.0.1 - x 1 REJECT more", ""] {
            assert!(FlowLine::split(wrong.as_bytes(), &format).is_err(), "{wrong}");
        }
    }
}
