//! Sizes in configs: `64MiB`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes, written as `512KiB`, `64MiB` or `1GiB`.
///
/// ```
/// use aware_io::config::ByteSize;
///
/// let size: ByteSize = serde_json::from_str(r#""64MiB""#)?;
/// assert_eq!(size.0, 64 << 20);
/// assert_eq!(ByteSize(1 << 30).to_string(), "1GiB");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize(pub usize);

const UNITS: [(&str, u32); 3] = [("KiB", 10), ("MiB", 20), ("GiB", 30)];

impl ByteSize {
    fn parse(text: &str) -> Option<Self> {
        let (number, shift) =
            UNITS.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))?;
        let number: usize = number.trim().parse().ok()?;
        number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).map(Self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is not a size (hint: write `512KiB`, `64MiB` or `1GiB`)"
            ))
        })
    }
}

impl fmt::Display for ByteSize {
    /// Writes the largest unit that divides the size evenly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, shift): &&(&str, u32)| self.0 >> shift << shift == self.0;
        let (unit, shift) = UNITS.iter().rev().find(whole).unwrap_or(&("KiB", 10));
        write!(f, "{}{unit}", self.0 >> shift)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A number of bytes, such as `512KiB`, `64MiB` or `1GiB`."})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(ByteSize::parse("64MiB"), Some(ByteSize(64 << 20)));
        assert_eq!(ByteSize::parse("1 GiB"), Some(ByteSize(1 << 30)));
        for wrong in ["64", "64MB", "0KiB", "-1MiB", "99999999999999GiB", "MiB"] {
            assert_eq!(ByteSize::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["1KiB", "64MiB", "1GiB", "1025KiB"] {
            assert_eq!(ByteSize::parse(text).unwrap().to_string(), text);
        }
    }
}
