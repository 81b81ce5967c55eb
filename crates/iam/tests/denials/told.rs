//! A call that was refused, and its explanation.

use aware_core::source::cloudtrail;
use aware_iam::explain::explain_event;
use serde_json::{Value, json};

/// A record in the making.
pub(crate) struct Told {
    record: Value,
}

impl Told {
    /// By a role (in a session), an IAM user, or whoever the ARN names.
    pub(crate) fn by(arn: &str) -> Self {
        let account = arn.split(':').nth(4).unwrap();
        let name = arn.rsplit('/').next().unwrap();
        let identity = if arn.contains(":role/") {
            json!({
                "type": "AssumedRole", "accountId": account,
                "arn": format!("arn:aws:sts::{account}:assumed-role/{name}/s-1"),
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": arn, "userName": name}},
            })
        } else {
            json!({"type": "IAMUser", "arn": arn, "accountId": account, "userName": name})
        };
        Self::as_identity(identity, account)
    }

    /// By an identity of another kind.
    pub(crate) fn as_identity(identity: Value, account: &str) -> Self {
        Self {
            record: json!({
                "eventVersion": "1.11", "eventID": "d-1", "eventTime": "2026-11-02T17:20:00Z",
                "awsRegion": "eu-central-1", "recipientAccountId": account, "userIdentity": identity,
            }),
        }
    }

    /// What was called, and how it was refused; `$ME` stands for the caller.
    pub(crate) fn call(mut self, service: &str, name: &str, code: &str, message: &str) -> Self {
        let me = self.record["userIdentity"]["arn"].as_str().unwrap_or_default();
        let message = message.replace("$ME", me);
        self.record["eventSource"] = format!("{service}.amazonaws.com").into();
        self.record["eventName"] = name.into();
        self.record["errorMessage"] = message.into();
        if !code.is_empty() {
            self.record["errorCode"] = code.into();
        }
        self
    }

    /// Its parameters, as JSON; nothing for none.
    pub(crate) fn request(self, json: &str) -> Self {
        match json {
            "" => self,
            json => {
                let value: Value = serde_json::from_str(json).unwrap();
                self.with("requestParameters", value)
            }
        }
    }

    /// Another field of the record.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.record[key] = value.into();
        self
    }

    /// What is said of it: the same, byte by byte, however often.
    pub(crate) fn explained(self) -> Value {
        let event = cloudtrail::decode_record(self.record.to_string().as_bytes()).unwrap();
        let said = serde_json::to_value(explain_event(&event)).unwrap();
        let again = serde_json::to_value(explain_event(&event)).unwrap();
        assert_eq!(said.to_string(), again.to_string());
        said
    }
}

/// Where what is said differs from what is expected. A text that ends with `…` has to begin so.
pub(crate) fn differences(said: &Value, expected: &Value) -> Vec<String> {
    let fits = |said: &Value, wanted: &Value| match (said.as_str(), wanted.as_str()) {
        (Some(said), Some(wanted)) => {
            wanted.strip_suffix('…').map_or(said == wanted, |start| said.starts_with(start))
        }
        _ => said == wanted,
    };
    let wrong = expected
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, wanted)| !fits(&said[key.as_str()], wanted));
    wrong.map(|(key, wanted)| format!("{key}: {}, not {wanted}", said[key.as_str()])).collect()
}

/// AWS's sentence, with a reason behind it.
pub(crate) fn sentence(what: &str, reason: &str) -> String {
    let space = if reason.is_empty() { "" } else { " " };
    format!("User: $ME is not authorized to perform: {what}{space}{reason}")
}

/// AWS's reason when no policy of a kind allows an action.
pub(crate) fn nothing_allows(kind: &str, action: &str) -> String {
    format!("because no {kind} allows the {action} action")
}
