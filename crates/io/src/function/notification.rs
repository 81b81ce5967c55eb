//! A message as SNS hands it over.

use serde_json::Value;

/// What a topic passes to a queue, or directly to a function.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TopicNotification {
    pub(crate) topic: String,
    pub(crate) id: Option<String>,
    pub(crate) body: String,
}

impl TopicNotification {
    pub(crate) fn from_record(record: &Value) -> Option<Self> {
        let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
        let of = |told: &Value| {
            Some(Self {
                topic: text(told, "TopicArn")?,
                id: text(told, "MessageId"),
                body: text(told, "Message")?,
            })
        };
        match record.get("Sns") {
            Some(told) => of(told),
            None => of(&serde_json::from_str(&text(record, "body")?).ok()?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_topic_hands_over() {
        let told = json!({"TopicArn": "arn:t", "MessageId": "1", "Message": "{}"});
        let known = TopicNotification {
            topic: "arn:t".to_owned(),
            id: Some("1".to_owned()),
            body: "{}".to_owned(),
        };
        assert_eq!(
            TopicNotification::from_record(&json!({"body": told.to_string()})).unwrap(),
            known
        );
        assert_eq!(TopicNotification::from_record(&json!({"Sns": told})).unwrap(), known);
        assert_eq!(TopicNotification::from_record(&json!({"body": "{}"})), None);
        assert_eq!(TopicNotification::from_record(&json!({})), None);
    }
}
