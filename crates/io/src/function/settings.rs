//! The settings that the environment gives an instance.
//!
//! | variable | function | meaning |
//! |---|---|---|
//! | `AWARE_TABLE` | both | the DynamoDB table of the state; without it, each instance keeps its
//! own state |
//! | `AWARE_TOPIC_ARN` | source | the topic that messages are published to |
//! | `AWARE_TOPIC_ARN` | destination | the topics that messages are taken from, separated by commas
//! |
//! | `AWARE_CONFIG` | both | the text of an `aware.toml`, or the ARN of an SSM parameter or a
//! secret that holds it |
//! | `AWARE_FILTER_PATTERN` | source | a CloudWatch Logs filter pattern that replaces the rule
//! about denied calls; if empty, every event is reported |
//! | `AWARE_HEARTBEAT_TOPIC_ARN` | both | the topic of heartbeats; without it they go to the topic
//! of messages |
//! | `AWARE_SUBSCRIPTION_ARN` | source | the destination's subscription to the topic of messages:
//! while it is unhealthy, no heartbeat is published |
//! | `AWARE_DESTINATION` | destination | the name of the config's destination that this function
//! serves |
//! | `AWARE_DEAD_LETTERS` | destination | the URL of the queue for refused messages, in the same
//! account and region as the queue that messages come from |
//! | `AWARE_CANARY` | source | `on`: every quarter of an hour the source makes a call that is
//! denied, which must come back through the log |
//! | `AWARE_TRAIL_ARN` | source | the trail whose status is checked |
//! | `AWARE_ALARM_TOPIC_ARN`, `AWARE_ALARM_KEY_ARN` | source | the topic of the alarms and its key:
//! changes to them are findings |
//! | `AWARE_METRICS_NAMESPACE` | both | the namespace of the metrics; default `Aware` |

use serde_json::{Value, json};

use super::problem::FunctionProblem;
use crate::aws::AwsSession;
use crate::config::{self, Config, LevelName};
use crate::rules::{FILTER_PATTERN, WatchConfig};
use crate::secret::SecretRef;

/// The default pattern of the product before this one. The rule about denied calls reports what it
/// matches, and the denials that services word differently.
pub const DEFAULT_PATTERN: &str =
    r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#;

/// The settings of an instance.
#[derive(Clone, Debug)]
pub struct FunctionSettings {
    /// The DynamoDB table.
    pub table: Option<String>,
    /// The topics' ARNs.
    pub topics: Vec<String>,
    /// The config.
    pub config: Config,
    /// The config's text.
    pub config_text: String,
    /// The topic of heartbeats.
    pub heartbeats: Option<String>,
    /// The subscription of a destination to the topic of messages.
    pub subscription: Option<String>,
    /// The name of the destination that is served.
    pub destination: Option<String>,
    /// The queue for dead letters.
    pub dead_letters: Option<String>,
    /// Whether to make canary calls, which must be denied.
    pub canary: bool,
    /// The trail that is checked.
    pub trail: Option<String>,
}

fn read_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

impl FunctionSettings {
    /// Reads the environment, and the config from its location.
    ///
    /// # Errors
    /// [`FunctionProblem`], naming the variable that is wrong.
    pub async fn from_environment(aws: &AwsSession) -> Result<Self, FunctionProblem> {
        let text = read_config_text(aws).await?;
        let mut config = config::parse_config(&text, "AWARE_CONFIG")
            .map_err(|error| FunctionProblem::Environment("AWARE_CONFIG", error.to_string()))?;
        if let Ok(pattern) = std::env::var("AWARE_FILTER_PATTERN") {
            config.watch.extend(filter_pattern_watch(pattern.trim()));
        }
        if let Some(topic) = read_variable("AWARE_ALARM_TOPIC_ARN") {
            let key = read_variable("AWARE_ALARM_KEY_ARN");
            config.watch.push(alarm_watch(&topic, key.as_deref()));
        }
        let topics = read_variable("AWARE_TOPIC_ARN").unwrap_or_default();
        Ok(Self {
            table: read_variable("AWARE_TABLE"),
            topics: topics
                .split(',')
                .map(|arn| arn.trim().to_owned())
                .filter(|arn| !arn.is_empty())
                .collect(),
            config,
            config_text: text,
            heartbeats: read_variable("AWARE_HEARTBEAT_TOPIC_ARN"),
            subscription: read_variable("AWARE_SUBSCRIPTION_ARN"),
            destination: read_variable("AWARE_DESTINATION"),
            dead_letters: read_variable("AWARE_DEAD_LETTERS"),
            canary: read_variable("AWARE_CANARY").is_some_and(|value| value == "on"),
            trail: read_variable("AWARE_TRAIL_ARN"),
        })
    }
}

/// The text of the config: the variable's value, or the content of what it names.
///
/// # Errors
/// [`FunctionProblem`] if what it names cannot be read.
pub async fn read_config_text(aws: &AwsSession) -> Result<String, FunctionProblem> {
    let text = read_variable("AWARE_CONFIG").unwrap_or_default();
    if !text.starts_with("arn:") {
        return Ok(text);
    }
    let wrong = |problem: String| FunctionProblem::Environment("AWARE_CONFIG", problem);
    let place = SecretRef::parse(&text).map_err(|_| {
        wrong("not the ARN of an SSM parameter or a Secrets Manager secret".to_owned())
    })?;
    let read = place.read_secret(aws).await.map_err(|error| wrong(error.to_string()))?;
    Ok(read.expose().to_owned())
}

/// The one-line rule of a filter pattern, which replaces the rule about denied calls; `None` for
/// the pattern with the same meaning.
fn filter_pattern_watch(pattern: &str) -> Option<WatchConfig> {
    let same = |text: &str| text.split_whitespace().collect::<String>();
    (same(pattern) != same(DEFAULT_PATTERN)).then(|| WatchConfig {
        name: FILTER_PATTERN.to_owned(),
        level: None,
        description: Some("What the filter pattern of the deployment matches.".to_owned()),
        tags: Vec::new(),
        pattern: Some(pattern.to_owned()),
        event_pattern: None,
    })
}

/// A rule for changes to the topic of the alarms and its key: an attempt to silence the alarms is
/// reported as a finding. Merely using the key is not a change.
fn alarm_watch(topic: &str, key: Option<&str>) -> WatchConfig {
    let named = |name: &str, how: Value| json!({ "requestParameters": { name: [how] } });
    let mut links: Vec<Value> = ["topicArn", "subscriptionArn", "resourceArn"]
        .map(|name| named(name, json!({ "prefix": topic })))
        .into();
    if let Some(id) = key.and_then(|arn| arn.rsplit('/').next()) {
        links.extend(["keyId", "targetKeyId"].map(|name| named(name, json!({ "suffix": id }))));
    }
    let pattern = json!({ "detail": {
        "eventSource": ["sns.amazonaws.com", "kms.amazonaws.com"],
        "eventName": [{ "anything-but": ["Decrypt", "Encrypt", "GenerateDataKey"] }],
        "readOnly": [false],
        "$or": links,
    } });
    WatchConfig {
        name: "The alarms of this chain were changed".to_owned(),
        level: Some(LevelName::Critical),
        description: Some(
            "Somebody changed, or tried to change, the topic of the alarms about this chain, a subscription to it, or its key.".to_owned(),
        ),
        tags: vec!["attack.t1562".to_owned()],
        pattern: None,
        event_pattern: Some(pattern.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_to_the_alarms_are_critical_and_name_the_key_by_its_id() {
        let rule =
            alarm_watch("arn:aws:sns:eu-west-1:1:alarms", Some("arn:aws:kms:eu-west-1:1:key/0a1b"));
        assert!(matches!(rule.level, Some(LevelName::Critical)));
        let pattern = rule.event_pattern.unwrap();
        assert!(pattern.contains(r#"{"keyId":[{"suffix":"0a1b"}]}"#), "{pattern}");
        assert!(!alarm_watch("arn:t", None).event_pattern.unwrap().contains("keyId"));
    }

    #[test]
    fn the_old_default_is_the_rule_about_denied_calls() {
        assert!(filter_pattern_watch(DEFAULT_PATTERN).is_none());
        assert!(filter_pattern_watch(&DEFAULT_PATTERN.replace(' ', "  ")).is_none());
        for pattern in ["{ $.eventName = ConsoleLogin }", ""] {
            assert!(filter_pattern_watch(pattern).unwrap().is_filter_pattern());
        }
    }
}
