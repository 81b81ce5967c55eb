//! What a call acted on.

use memchr::memmem;
use serde_json::Value;

use super::arn::Arn;
use super::denial_sentence::denial_sentence;
use super::denied_resource::named_resource;

/// A resource that a record names: by ARN if it has one, otherwise by the name given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetResource {
    /// The ARN, or a bare name.
    pub name: String,
    /// A CloudFormation type such as `AWS::S3::Object`, if the record has it.
    pub kind: Option<String>,
    /// The account that owns it, if the record says so.
    pub account: Option<String>,
}

impl TargetResource {
    /// A resource known only by its name; an ARN also yields the account.
    pub fn from_name(name: &str) -> Self {
        let account = Arn::parse(name).map(|arn| arn.account().to_owned());
        Self { name: name.to_owned(), kind: None, account: account.filter(|a| !a.is_empty()) }
    }

    /// Reads `resources[]` of a CloudTrail record, `ARN` or `arn`; entries without one are omitted.
    pub fn read_list(value: Option<&Value>) -> Vec<Self> {
        let entries = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        entries.iter().filter_map(Self::read_entry).collect()
    }

    fn read_entry(entry: &Value) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
        let name = text("ARN").or_else(|| text("arn")).or_else(|| text("ARNPrefix"))?;
        Some(Self { name, kind: text("type"), account: text("accountId") })
    }

    /// The resource that AWS's sentence about a denial names, after ` on resource: `. `None` when
    /// the text has no such sentence in AWS's place, or when it names none.
    pub fn from_denial(message: &str) -> Option<Self> {
        let said = denial_sentence(message)?;
        let at = memmem::find(said.as_bytes(), b" on resource")?;
        let (name, _) = named_resource(said.get(at..)?);
        let name = name?.trim_matches('"');
        let name = name.split_once(' ').map_or(name, |(word, after)| {
            if after.starts_with("arn:") || matches!(word, "role" | "user" | "group" | "policy") {
                after
            } else {
                name
            }
        });
        (!name.is_empty() && name != "*").then(|| Self::from_name(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_of_denials() {
        let cases = [
            (
                "User: x is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:111122223333:jobs.fifo because no identity-based policy allows the sqs:SendMessage action",
                Some("arn:aws:sqs:eu-west-1:111122223333:jobs.fifo"),
            ),
            (
                "User: x is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::bucket/a b.txt\" with an explicit deny in a resource-based policy",
                Some("arn:aws:s3:::bucket/a b.txt"),
            ),
            (
                "User: x is not authorized to perform: iam:GetRole on resource: role Ops with an explicit deny",
                Some("Ops"),
            ),
            (
                "User: x is not authorized to perform: iam:GetPolicy on resource: policy arn:aws:iam::111122223333:policy/p.",
                Some("arn:aws:iam::111122223333:policy/p"),
            ),
            (
                "User: x is not authorized to perform: a:B on resource: * because no identity-based policy allows it",
                None,
            ),
            (
                "The name User: x is not authorized to perform: a:B on resource: arn:aws:s3:::b is taken",
                None,
            ),
            ("Access Denied", None),
        ];
        for (message, expected) in cases {
            assert_eq!(TargetResource::from_denial(message).map(|r| r.name).as_deref(), expected);
        }
    }
}
