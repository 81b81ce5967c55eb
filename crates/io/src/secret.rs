//! Secrets: a config only says where they are; the values are only in memory and never shown.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::aws::{AwsSession, describe_error};

/// A secret. It is never printed.
///
/// ```
/// use aware_io::secret::SecretText;
///
/// let secret = SecretText::new("hunter2".to_owned());
/// assert_eq!(format!("{secret:?}"), "***");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps a text as a secret.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file; the line break at its end is removed.
    File(String),
    /// A parameter of SSM's Parameter Store, by ARN.
    Ssm(String),
    /// A secret of Secrets Manager, by ARN; with `:KEY` appended, the value of that key in a JSON
    /// secret.
    SecretsManager(String),
}

/// Why a secret cannot be read. Never contains one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It was written into the config itself.
    #[error(
        "a secret cannot be written here (hint: put it into the environment and write `env:NAME`, into a file and write `file:/path`, or give the ARN of an SSM parameter or a Secrets Manager secret)"
    )]
    Literal,
    /// It is not where the config says.
    #[error("{place}: {problem}")]
    Missing {
        /// Where it should be.
        place: String,
        /// Why it is not there.
        #[source]
        problem: SecretProblem,
    },
}

/// Why a place holds no secret. Never holds one.
#[derive(Debug, thiserror::Error)]
pub enum SecretProblem {
    /// The environment does not have the variable.
    #[error("there is no such environment variable")]
    NoVariable,
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// AWS did not give it.
    #[error("{0}")]
    Aws(String),
    /// The parameter is there and has no value.
    #[error("has no value")]
    NoValue,
    /// Secrets Manager holds bytes.
    #[error("is not text")]
    NotText,
    /// The reference asks for one of its keys.
    #[error("is not JSON, so it has no keys")]
    NotJson,
    /// It is JSON, and has no text there.
    #[error("has no text under `{0}`")]
    NoKey(String),
    /// It is there and empty.
    #[error("is empty")]
    Empty,
}

impl SecretRef {
    /// Parses the location of a secret.
    ///
    /// ```
    /// use aware_io::secret::{SecretError, SecretRef};
    ///
    /// let secret = SecretRef::parse("env:SLACK_WEBHOOK_URL")?;
    /// assert_eq!(secret, SecretRef::Env("SLACK_WEBHOOK_URL".to_owned()));
    /// let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/aware/slack";
    /// assert_eq!(SecretRef::parse(arn)?, SecretRef::Ssm(arn.to_owned()));
    /// // A secret itself is refused, and not repeated.
    /// assert!(matches!(SecretRef::parse("hunter2"), Err(SecretError::Literal)));
    /// # Ok::<(), SecretError>(())
    /// ```
    ///
    /// # Errors
    /// [`SecretError::Literal`], which does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if let Some(name) = text.strip_prefix("env:") {
            return Ok(Self::Env(name.to_owned()));
        }
        if let Some(path) = text.strip_prefix("file:") {
            return Ok(Self::File(path.to_owned()));
        }
        match text.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "ssm", _, _, parameter] if parameter.starts_with("parameter/") => {
                Ok(Self::Ssm(text.to_owned()))
            }
            ["arn", _, "secretsmanager", _, _, "secret", _]
            // ECS names a key this way, with version stage and version left empty.
            | ["arn", _, "secretsmanager", _, _, "secret", _, _]
            | ["arn", _, "secretsmanager", _, _, "secret", _, _, "", ""] => {
                Ok(Self::SecretsManager(text.to_owned()))
            }
            _ => Err(SecretError::Literal),
        }
    }

    /// Its location, for people.
    pub fn as_location(&self) -> &str {
        match self {
            Self::Env(text) | Self::File(text) | Self::Ssm(text) | Self::SecretsManager(text) => {
                text
            }
        }
    }

    /// Reads the secret.
    ///
    /// # Errors
    /// [`SecretError::Missing`] if it is missing or empty.
    pub async fn read_secret(&self, aws: &AwsSession) -> Result<SecretText, SecretError> {
        let read = self.text(aws).await;
        read.map_err(|problem| SecretError::Missing { place: self.to_string(), problem })
    }

    async fn text(&self, aws: &AwsSession) -> Result<SecretText, SecretProblem> {
        let text = match self {
            Self::Env(name) => std::env::var(name).map_err(|_| SecretProblem::NoVariable)?,
            Self::File(path) => std::fs::read_to_string(path)?,
            Self::Ssm(arn) => read_parameter(aws, arn).await?,
            Self::SecretsManager(arn) => read_managed_secret(aws, arn).await?,
        };
        let text = text.trim_end_matches(['\r', '\n']).to_owned();
        if text.is_empty() { Err(SecretProblem::Empty) } else { Ok(SecretText(text)) }
    }
}

async fn read_parameter(aws: &AwsSession, arn: &str) -> Result<String, SecretProblem> {
    let mut config = aws_sdk_ssm::config::Builder::from(aws.sdk_config().await);
    config.set_region(arn_region(arn).map(aws_sdk_ssm::config::Region::new));
    let client = aws_sdk_ssm::Client::from_conf(config.build());
    let sent = client.get_parameter().name(arn).with_decryption(true).send().await;
    let answer =
        sent.map_err(|error| SecretProblem::Aws(describe_error(&error, "ssm:GetParameter")))?;
    answer.parameter.and_then(|parameter| parameter.value).ok_or(SecretProblem::NoValue)
}

async fn read_managed_secret(aws: &AwsSession, place: &str) -> Result<String, SecretProblem> {
    let (arn, key) = arn_and_key(place);
    let mut config = aws_sdk_secretsmanager::config::Builder::from(aws.sdk_config().await);
    config.set_region(arn_region(arn).map(aws_sdk_secretsmanager::config::Region::new));
    let client = aws_sdk_secretsmanager::Client::from_conf(config.build());
    let sent = client.get_secret_value().secret_id(arn).send().await;
    let refused =
        |error| SecretProblem::Aws(describe_error(&error, "secretsmanager:GetSecretValue"));
    let answer = sent.map_err(refused)?;
    let text = answer.secret_string.ok_or(SecretProblem::NotText)?;
    key.map_or_else(|| Ok(text.clone()), |key| value_of_key(&text, key))
}

/// The secret's ARN, and the key within it.
fn arn_and_key(place: &str) -> (&str, Option<&str>) {
    let end = place.match_indices(':').nth(6).map_or(place.len(), |(at, _)| at);
    let (arn, rest) = place.split_at(end);
    (arn, rest.split(':').nth(1).filter(|key| !key.is_empty()))
}

/// The value of a key in a JSON secret. The error never contains the secret.
fn value_of_key(text: &str, key: &str) -> Result<String, SecretProblem> {
    let secret: serde_json::Value =
        serde_json::from_str(text).map_err(|_| SecretProblem::NotJson)?;
    let value = secret.get(key).and_then(serde_json::Value::as_str);
    value.map(str::to_owned).ok_or_else(|| SecretProblem::NoKey(key.to_owned()))
}

fn arn_region(arn: &str) -> Option<String> {
    arn.split(':').nth(3).filter(|region| !region.is_empty()).map(str::to_owned)
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for SecretRef {
    /// Writes its location, as in a config: never the secret.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self {
            Self::Env(_) => "env:",
            Self::File(_) => "file:",
            Self::Ssm(_) | Self::SecretsManager(_) => "",
        };
        write!(f, "{scheme}{}", self.as_location())
    }
}

impl JsonSchema for SecretRef {
    fn schema_name() -> Cow<'static, str> {
        "SecretRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "Where to read a secret from: `env:NAME`, `file:/path`, or the ARN of an SSM parameter or a Secrets Manager secret; `:KEY` appended to the latter selects a key of a JSON secret."})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_secrets() {
        let parse = |text: &str| SecretRef::parse(text).ok();
        assert_eq!(parse("env:X"), Some(SecretRef::Env("X".into())));
        assert_eq!(parse("file:/etc/x"), Some(SecretRef::File("/etc/x".into())));
        assert!(matches!(
            parse("arn:aws:ssm:eu-west-1:111122223333:parameter/slack/url"),
            Some(SecretRef::Ssm(_))
        ));
        assert!(matches!(
            parse("arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-abc"),
            Some(SecretRef::SecretsManager(_))
        ));
    }

    #[test]
    fn a_key_of_a_json_secret() {
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-abc";
        assert_eq!(arn_and_key(arn), (arn, None));
        for end in [":deploys", ":deploys::"] {
            let place = format!("{arn}{end}");
            assert!(matches!(SecretRef::parse(&place), Ok(SecretRef::SecretsManager(_))));
            assert_eq!(arn_and_key(&place), (arn, Some("deploys")));
        }
        assert!(SecretRef::parse(&format!("{arn}:deploys:AWSPREVIOUS:")).is_err());
        let text = r#"{"deploys": "canary", "n": 1}"#;
        assert_eq!(value_of_key(text, "deploys").unwrap(), "canary");
        for (text, key) in [(text, "other"), (text, "n"), ("canary", "deploys")] {
            let error = value_of_key(text, key).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_literal_is_refused_and_not_repeated() {
        for text in ["https://hooks.slack.com/services/T0/B0/canary", "xoxb-canary", ""] {
            let error = SecretRef::parse(text).unwrap_err().to_string();
            assert!(!error.contains("canary") && error.contains("env:NAME"), "{error}");
        }
        assert_eq!(format!("{:?}", SecretText::new("canary".into())), "***");
    }

    #[tokio::test]
    async fn a_file_without_its_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "s3cret\n").unwrap();
        let place = SecretRef::File(path.display().to_string());
        assert_eq!(place.read_secret(&AwsSession::default()).await.unwrap().expose(), "s3cret");
        let none = SecretRef::File("/nowhere/x".into()).read_secret(&AwsSession::default()).await;
        assert!(none.unwrap_err().to_string().starts_with("file:/nowhere/x: "));
    }
}
