//! The config of a queue.

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SqsInput;
use super::options::SqsOptions;
use super::queue_region::queue_region;
use crate::aws::NoRegion;
use crate::config::TimeSpan;

/// A queue that carries S3's notices or the events themselves.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SqsConfig {
    /// The queue's URL.
    pub queue_url: String,
    /// How long a message stays hidden after the process has died, `30s` to `12h`. While a message
    /// is being processed, it is kept hidden. Default: `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<TimeSpan>,
    /// Put the bucket into the path of URLs instead of the host, as some emulators require.
    /// Default: `false`, but `true` if `AWS_ENDPOINT_URL` is set.
    #[serde(default)]
    pub force_path_style: bool,
}

/// Why a queue cannot be read as a config asks for it.
#[derive(Debug, thiserror::Error)]
pub enum SqsConfigError {
    /// The value is not a URL.
    #[error(
        "`queue_url` is `{queue_url}`, which is not a URL (hint: https://sqs.REGION.amazonaws.com/ACCOUNT/NAME)"
    )]
    NotAUrl {
        /// What is there.
        queue_url: String,
    },
    /// The URL is not a queue's.
    #[error(
        "`queue_url` is `{queue_url}`, which is not a queue's URL (hint: https://sqs.REGION.amazonaws.com/ACCOUNT/NAME)"
    )]
    NotAQueue {
        /// What is there.
        queue_url: String,
    },
    /// Neither the URL nor anything else names a region.
    #[error(transparent)]
    Region(#[from] NoRegion),
    /// Out of range.
    #[error("`visibility` is not between 30s and 12h")]
    Visibility,
}

impl SqsConfig {
    /// Fills in the defaults.
    pub(crate) fn write_defaults(&mut self) {
        self.visibility.get_or_insert(SqsOptions::default().visibility.into());
    }

    /// Builds the input.
    ///
    /// # Errors
    /// [`SqsConfigError`]
    pub fn build(self, name: &str, aws: &SdkConfig) -> Result<SqsInput, SqsConfigError> {
        check_queue_url(&self.queue_url)?;
        let has_region = aws.region().is_some_and(|region| !region.as_ref().is_empty());
        if !has_region && queue_region(&self.queue_url).is_none() {
            return Err(NoRegion.into());
        }
        let default = SqsOptions::default();
        let visibility = self.visibility.map_or(default.visibility, |span| span.0.unsigned_abs());
        if !(30..=43_200).contains(&visibility.as_secs()) {
            return Err(SqsConfigError::Visibility);
        }
        let force_path_style = self.force_path_style;
        let options = SqsOptions { visibility, force_path_style, ..default };
        Ok(SqsInput::new(name, aws, &self.queue_url, options))
    }
}

/// Whether a text is a queue's URL: `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`.
fn check_queue_url(queue_url: &str) -> Result<(), SqsConfigError> {
    let url = url::Url::parse(queue_url)
        .map_err(|_| SqsConfigError::NotAUrl { queue_url: queue_url.to_owned() })?;
    let parts = || url.path_segments().into_iter().flatten().filter(|part| !part.is_empty());
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() || parts().count() < 2
    {
        return Err(SqsConfigError::NotAQueue { queue_url: queue_url.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_queues() {
        let cases = [
            ("https://sqs.eu-west-1.amazonaws.com/111122223333/trail", Some("eu-west-1")),
            ("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/trail", Some("cn-north-1")),
            ("https://sqs-fips.us-east-1.amazonaws.com/111122223333/trail", Some("us-east-1")),
            ("https://vpce-1.sqs.us-east-1.vpce.amazonaws.com/111122223333/trail", None),
            ("http://127.0.0.1:4566/111122223333/trail", None),
            ("trail", None),
        ];
        for (url, expected) in cases {
            assert_eq!(queue_region(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn what_is_refused() {
        let aws = SdkConfig::builder().build();
        let build = |json: serde_json::Value| {
            serde_json::from_value::<SqsConfig>(json).unwrap().build("queue", &aws).err()
        };
        let problem = build(serde_json::json!({"queue_url": "trail"})).unwrap().to_string();
        assert!(problem.contains("(hint: https://sqs."), "{problem}");
        let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/trail";
        let problem = build(serde_json::json!({"queue_url": url, "visibility": "5s"})).unwrap();
        assert_eq!(problem.to_string(), "`visibility` is not between 30s and 12h");
    }
}
