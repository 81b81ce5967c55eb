//! What a leaf is compared with.

use core::net::IpAddr;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::{LinearRegex, TextPattern};

/// A condition on one leaf.
#[derive(Clone, Debug, PartialEq)]
pub enum LeafMatch {
    /// Any leaf, including null.
    Anything,
    /// The leaf's text matches a pattern.
    Text(TextPattern, LeafTypes),
    /// The leaf's text matches a regular expression.
    Regex(LinearRegex, LeafTypes),
    /// The leaf is a number for which the comparison holds; with [`LeafTypes::Scalars`] a string
    /// that reads as a number counts as one.
    Number(NumberComparison, f64, LeafTypes),
    /// The leaf is this boolean.
    Bool(bool),
    /// The leaf is null.
    Null,
    /// The leaf is a string with an address in this network.
    Cidr(Cidr),
    /// A part of the time that the leaf's text denotes, in UTC.
    Time(TimePart, NumberComparison, i64),
    /// All of them.
    All(Vec<LeafMatch>),
    /// At least one of them.
    Any(Vec<LeafMatch>),
    /// The leaf does not match: unlike the opposite of a test, this requires a leaf.
    Not(Box<LeafMatch>),
}

/// Which leaves count as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeafTypes {
    /// Strings only (for numbers: numbers only).
    Strict,
    /// Also numbers and booleans, as people write them: `42`, `1.5`, `true`. Null is not text.
    Scalars,
}

/// How numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum NumberComparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl NumberComparison {
    /// Whether `left` compares to `right` in this way.
    pub fn comparison_holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Equal => left == right,
            Self::GreaterOrEqual => left >= right,
            Self::Greater => left > right,
        }
    }
}

/// A part of a time: Sigma's modifiers of the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl TimePart {
    /// Its display name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cidr {
    network: IpAddr,
    bits: u8,
}

impl Cidr {
    /// Parses `10.0.0.0/8` or `2001:db8::/32`; a bare address is a network of one.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address.parse().ok()?, Some(bits.parse().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let width = if matches!(address, IpAddr::V4(_)) { 32 } else { 128 };
        let bits: u8 = bits.unwrap_or(width);
        (bits <= width).then_some(Self { network: address, bits })
    }

    /// An address of the network.
    pub fn network_address(&self) -> IpAddr {
        self.network
    }

    /// Whether an address belongs to the network.
    pub fn contains_address(&self, text: &str) -> bool {
        match (self.network, text.parse()) {
            (IpAddr::V4(network), Ok(IpAddr::V4(address))) => {
                let shift = 32 - u32::from(self.bits);
                shift_right(u128::from(network.to_bits()), shift)
                    == shift_right(u128::from(address.to_bits()), shift)
            }
            (IpAddr::V6(network), Ok(IpAddr::V6(address))) => {
                let shift = 128 - u32::from(self.bits);
                shift_right(network.to_bits(), shift) == shift_right(address.to_bits(), shift)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.bits)
    }
}

fn shift_right(bits: u128, by: u32) -> u128 {
    bits.checked_shr(by).unwrap_or_default()
}

impl Eq for LeafMatch {}

/// Numbers are hashed by their bits; `0` and `-0` therefore differ, which at worst costs a second
/// copy of a predicate.
impl Hash for LeafMatch {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Anything | Self::Null => {}
            Self::Text(pattern, types) => (pattern, types).hash(state),
            Self::Regex(regex, types) => (regex, types).hash(state),
            Self::Number(how, number, types) => (how, number.to_bits(), types).hash(state),
            Self::Bool(value) => value.hash(state),
            Self::Cidr(cidr) => cidr.hash(state),
            Self::Time(part, how, value) => (part, how, value).hash(state),
            Self::All(inner) | Self::Any(inner) => inner.hash(state),
            Self::Not(inner) => inner.hash(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let inside =
            |cidr: &str, address: &str| Cidr::parse(cidr).unwrap().contains_address(address);
        assert!(inside("10.0.0.0/8", "10.255.0.1"));
        assert!(!inside("10.0.0.0/8", "11.0.0.1"));
        assert!(inside("0.0.0.0/0", "203.0.113.9"));
        assert!(inside("2001:db8::/32", "2001:db8:1::1"));
        assert!(!inside("0.0.0.0/0", "::1"));
        assert!(inside("192.0.2.1", "192.0.2.1"));
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "a/8", "10.0.0.0/"] {
            assert_eq!(Cidr::parse(wrong), None, "{wrong}");
        }
    }
}
