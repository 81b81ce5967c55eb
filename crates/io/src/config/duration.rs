//! Times in configs: `30s`, `5m`, `4h`.

use std::borrow::Cow;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, written as `30s`, `5m`, `4h` or `1h 30m`.
///
/// ```
/// use aware_io::config::TimeSpan;
///
/// let span: TimeSpan = serde_json::from_str(r#""1h 30m""#)?;
/// assert_eq!(span.0.as_mins(), 90);
/// assert!(serde_json::from_str::<TimeSpan>(r#""soon""#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan(pub SignedDuration);

impl From<Duration> for TimeSpan {
    fn from(time: Duration) -> Self {
        Self(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX))
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || {
            serde::de::Error::custom(format!(
                "`{text}` is not a length of time (hint: write `30s`, `5m` or `4h`)"
            ))
        };
        let span: SignedDuration = text.parse().map_err(|_| wrong())?;
        if span.is_negative() { Err(wrong()) } else { Ok(Self(span)) }
    }
}

impl Serialize for TimeSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#}", self.0))
    }
}

impl JsonSchema for TimeSpan {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A length of time, such as `30s`, `5m` or `4h`."})
    }
}
