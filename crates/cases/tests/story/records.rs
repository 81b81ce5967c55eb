//! Writes CloudTrail records for stories.

use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";

/// Who acts: the identity of a record.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) identity: Value,
    pub(crate) address: String,
    pub(crate) agent: String,
}

impl Caller {
    /// An IAM user with a long-term key.
    pub(crate) fn user(name: &str, key: &str, address: &str) -> Self {
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/{name}");
        Self {
            identity: json!({"type": "IAMUser", "arn": arn, "accountId": ACCOUNT,
                "userName": name, "accessKeyId": key, "principalId": format!("AIDA{name}")}),
            address: address.to_owned(),
            agent: "aws-cli/2.17.0".to_owned(),
        }
    }

    /// A session of a role.
    pub(crate) fn role(name: &str, session: &str, key: &str, address: &str) -> Self {
        let role = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
        Self {
            identity: json!({"type": "AssumedRole", "accountId": ACCOUNT, "accessKeyId": key,
                "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"),
                "principalId": format!("AROA{name}:{session}"),
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role, "userName": name,
                    "accountId": ACCOUNT}}}),
            address: address.to_owned(),
            agent: "aws-sdk-go-v2/1.30.3".to_owned(),
        }
    }

    /// An AWS service acting for itself.
    pub(crate) fn service(name: &str) -> Self {
        Self {
            identity: json!({"type": "AWSService", "invokedBy": name}),
            address: name.to_owned(),
            agent: name.to_owned(),
        }
    }

    /// The same, through a service.
    pub(crate) fn through(mut self, service: &str) -> Self {
        self.identity["invokedBy"] = json!(service);
        self.address = service.to_owned();
        self.agent = service.to_owned();
        self
    }

    pub(crate) fn arn(&self) -> &str {
        self.identity["arn"].as_str().unwrap_or_default()
    }
}

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call(Value);

impl Call {
    /// A call of `service:Name` at a second of the day, which went through.
    pub(crate) fn new(second: i64, who: &Caller, action: &str) -> Self {
        let (service, name) = action.split_once(':').unwrap();
        let start: jiff::Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        let time = start + jiff::SignedDuration::from_secs(second);
        let reads = ["List", "Get", "Describe", "Head", "Lookup"];
        Self(json!({
            "eventVersion": "1.11", "userIdentity": who.identity, "eventTime": time.to_string(),
            "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
            "awsRegion": "eu-west-1", "sourceIPAddress": who.address, "userAgent": who.agent,
            "requestParameters": null, "responseElements": null,
            "eventID": format!("{second:05}-{action}-{}", who.arn()), "eventType": "AwsApiCall",
            "readOnly": reads.iter().any(|start| name.starts_with(start)),
            "managementEvent": true, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
        }))
    }

    pub(crate) fn set(mut self, key: &str, value: Value) -> Self {
        self.0[key] = value;
        self
    }

    pub(crate) fn request(self, value: Value) -> Self {
        self.set("requestParameters", value)
    }

    pub(crate) fn answer(self, value: Value) -> Self {
        self.set("responseElements", value)
    }

    /// Denied because no identity-based policy allows it.
    pub(crate) fn denied(self, resource: &str) -> Self {
        let service = self.0["eventSource"].as_str().unwrap().split('.').next().unwrap();
        let action = format!("{service}:{}", self.0["eventName"].as_str().unwrap());
        self.denied_action(&action, resource)
    }

    /// Denied for want of another action than the call's own.
    pub(crate) fn denied_action(self, action: &str, resource: &str) -> Self {
        let arn = self.0["userIdentity"]["arn"].as_str().unwrap_or_default().to_owned();
        let text = format!(
            "User: {arn} is not authorized to perform: {action} on resource: {resource} because no \
             identity-based policy allows the {action} action"
        );
        self.set("errorCode", json!("AccessDenied")).set("errorMessage", json!(text))
    }

    pub(crate) fn json(&self) -> String {
        self.0.to_string()
    }
}

/// Eight lists of eight services, all denied: somebody explores.
pub(crate) fn exploring_calls(who: &Caller, second: i64) -> Vec<Call> {
    let lists = [
        "iam:ListUsers",
        "iam:ListRoles",
        "s3:ListBuckets",
        "ec2:DescribeInstances",
        "lambda:ListFunctions",
        "rds:DescribeDBInstances",
        "kms:ListKeys",
        "sqs:ListQueues",
    ];
    (second..).zip(lists).map(|(at, list)| Call::new(at, who, list).denied("*")).collect()
}

impl Call {
    /// The second of the day at which it is made.
    pub(crate) fn second(&self) -> i64 {
        let time: jiff::Timestamp = self.0["eventTime"].as_str().unwrap().parse().unwrap();
        time.as_second() - 1_795_478_400
    }
}
