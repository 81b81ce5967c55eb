//! The config of a bucket.

use std::time::Duration;

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::S3Input;
use super::options::S3Options;
use crate::config::TimeSpan;

/// A bucket's objects.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    /// The bucket.
    pub bucket: String,
    /// Only keys with this prefix. Default: the whole bucket.
    #[serde(default)]
    pub prefix: String,
    /// Keep looking for new objects. Default: `false`.
    #[serde(default)]
    pub follow: bool,
    /// Interval between listings while following. Default: `60s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<TimeSpan>,
    /// Objects read concurrently, 1 to 256. Default: `16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u16>,
    /// Skip this key and all before it. Default: nothing is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_after: Option<String>,
    /// Put the bucket into the path of URLs instead of the host, as some emulators require.
    /// Default: `false`, but `true` if `AWS_ENDPOINT_URL` is set.
    #[serde(default)]
    pub force_path_style: bool,
}

/// Why a bucket cannot be read as a config asks for it.
#[derive(Debug, thiserror::Error)]
pub enum S3ConfigError {
    /// It is not named.
    #[error("`bucket` is empty")]
    NoBucket,
    /// The value is a URL or a path.
    #[error("`bucket` is not a bucket's name (hint: write `bucket` and `prefix`)")]
    NotAName,
    /// Out of range.
    #[error("`concurrency` is not between 1 and 256")]
    Concurrency,
}

impl S3Config {
    /// Fills in the defaults.
    pub(crate) fn write_defaults(&mut self) {
        let default = S3Options::default();
        self.poll = self.poll.or_else(|| self.follow.then(|| default.poll.into()));
        self.concurrency.get_or_insert(u16::try_from(default.concurrency).unwrap_or(u16::MAX));
    }

    /// Builds the input.
    ///
    /// # Errors
    /// [`S3ConfigError`]
    pub fn build(self, name: &str, aws: &SdkConfig) -> Result<S3Input, S3ConfigError> {
        if self.bucket.is_empty() {
            return Err(S3ConfigError::NoBucket);
        }
        if self.bucket.contains(['/', ':']) && !self.bucket.starts_with("arn:") {
            return Err(S3ConfigError::NotAName);
        }
        let default = S3Options::default();
        let concurrency = self.concurrency.map_or(default.concurrency, usize::from);
        if !(1..=256).contains(&concurrency) {
            return Err(S3ConfigError::Concurrency);
        }
        let poll = self.poll.map_or(default.poll, |span| span.0.unsigned_abs());
        let options = S3Options {
            concurrency,
            follow: self.follow,
            poll: poll.max(Duration::from_secs(1)),
            start_after: self.start_after,
            force_path_style: self.force_path_style,
            ..default
        };
        Ok(S3Input::with_options(name, aws, &self.bucket, &self.prefix, options))
    }
}

/// The bucket and prefix of `s3://bucket/prefix`.
///
/// ```
/// use aware_io::input::s3::parse_s3_url;
///
/// let (bucket, prefix) = parse_s3_url("s3://example-trail/AWSLogs/111122223333/").unwrap();
/// assert_eq!((bucket.as_str(), prefix.as_str()), ("example-trail", "AWSLogs/111122223333/"));
/// assert_eq!(parse_s3_url("https://example.com/"), None);
/// ```
pub fn parse_s3_url(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("s3://")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    (!bucket.is_empty()).then(|| (bucket.to_owned(), prefix.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let cases = [
            ("s3://logs/AWSLogs/1/", Some(("logs", "AWSLogs/1/"))),
            ("s3://logs", Some(("logs", ""))),
            ("s3://logs/", Some(("logs", ""))),
            ("s3:///AWSLogs", None),
            ("s3:/logs", None),
            ("logs", None),
        ];
        for (url, expected) in cases {
            let expected = expected.map(|(bucket, prefix)| (bucket.to_owned(), prefix.to_owned()));
            assert_eq!(parse_s3_url(url), expected, "{url}");
        }
    }
}
