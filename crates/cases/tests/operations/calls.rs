//! Calls that are made up: every member has a value of its own, which tells where it came from.

use std::collections::BTreeMap;

use aware_core::event::Event;
use aware_core::source::cloudtrail::decode_record;
use aware_iam::catalogue::{ActionEntry, ResourceUse};
use serde_json::{Map, Value, json};

use crate::table::Operation;

pub(crate) const ACCOUNT: &str = "222233334444";
pub(crate) const REGION: &str = "eu-central-1";

/// A member of a request and one value that was made up for it.
#[derive(Clone, Debug)]
pub(crate) struct PatternMember {
    /// The member's name, in plain letters and singular.
    pub(crate) name: String,
    pub(crate) depth: usize,
    /// The type of an ARN, where the value is one of the action's types.
    pub(crate) arn_kind: Option<String>,
    /// Its places in the lists around it.
    pub(crate) place: Vec<usize>,
}

pub(crate) struct Call {
    pub(crate) event: Event,
    /// Members by value.
    pub(crate) members: BTreeMap<String, PatternMember>,
}

/// Letters and digits in lower case, without the plural.
pub(crate) fn plain(name: &str) -> String {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let lower = letters.to_ascii_lowercase();
    let lower = lower.strip_suffix("list").filter(|rest| !rest.is_empty()).unwrap_or(&lower);
    match lower.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None if ["ss", "us", "is"].iter().any(|end| lower.ends_with(end)) => lower.to_owned(),
        None => lower.strip_suffix('s').unwrap_or(lower).to_owned(),
    }
}

/// A call with the required members, or with all of them.
pub(crate) fn make(operation: &Operation, actions: &[ActionEntry], only_required: bool) -> Call {
    let mut maker = Maker { operation, actions, only_required, members: BTreeMap::new(), count: 0 };
    let request = maker.structure(&operation.input, "", &[], 1);
    let time = "2026-11-20T10:00:00Z";
    let record = json!({
        "eventVersion": "1.11", "eventTime": time, "eventSource": format!("{}.amazonaws.com", operation.source),
        "eventName": operation.name, "awsRegion": REGION, "recipientAccountId": ACCOUNT, "eventType": "AwsApiCall",
        "sourceIPAddress": "203.0.113.9", "userAgent": "aws-sdk-rust/1.3", "requestParameters": request,
        "userIdentity": {"type": "AssumedRole", "accountId": ACCOUNT, "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/s"),
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::{ACCOUNT}:role/app")}}},
    });
    Call { event: decode_record(record.to_string().as_bytes()).unwrap(), members: maker.members }
}

struct Maker<'a> {
    operation: &'a Operation,
    actions: &'a [ActionEntry],
    only_required: bool,
    members: BTreeMap<String, PatternMember>,
    count: usize,
}

impl Maker<'_> {
    fn structure(&mut self, tree: &Value, around: &str, place: &[usize], depth: usize) -> Value {
        let mut out = Map::new();
        for (name, inner) in tree.as_object().unwrap() {
            let bare = name.trim_start_matches('!');
            if self.only_required && !name.starts_with('!') {
                continue;
            }
            let value = self.value(inner, bare, around, place, depth);
            out.insert(self.logged(bare, inner, depth), value);
        }
        Value::Object(out)
    }

    /// The name of a member as the log has it: the first letter is small.
    fn logged(&self, name: &str, inner: &Value, depth: usize) -> String {
        let lower = || name[..1].to_ascii_lowercase() + &name[1..];
        match (self.operation.model.as_str(), name) {
            ("s3", "Bucket") if depth == 1 => "bucketName".to_owned(),
            ("s3", "CopySource") => "x-amz-copy-source".to_owned(),
            ("ec2", _) if inner.is_array() => {
                format!("{}Set", lower().trim_end_matches("Ids").trim_end_matches('s'))
            }
            _ => lower(),
        }
    }

    fn value(
        &mut self,
        inner: &Value,
        name: &str,
        around: &str,
        place: &[usize],
        depth: usize,
    ) -> Value {
        match inner {
            Value::String(kind) => Value::String(self.text(kind, name, around, place, depth)),
            Value::Array(items) => {
                let at = |index: usize| [place, &[index]].concat();
                let list = (0..2).map(|index| {
                    let item = self.value(&items[0], name, around, &at(index), depth);
                    // EC2's log has lists of objects: `{"items": [{"instanceId": …}]}`.
                    let is_flat = self.operation.model == "ec2" && item.is_string();
                    let key = name.strip_suffix('s').unwrap_or(name);
                    let key = key[..1].to_ascii_lowercase() + &key[1..];
                    if is_flat { json!({ key: item }) } else { item }
                });
                let list: Vec<Value> = list.collect();
                if self.operation.model == "ec2" {
                    json!({"items": list})
                } else {
                    Value::Array(list)
                }
            }
            Value::Object(fields) => match fields.get("*") {
                Some(inner) => {
                    let key = if name == "RequestItems" {
                        self.text("s", "TableName", "", &[place, &[0]].concat(), depth)
                    } else {
                        "some".to_owned()
                    };
                    json!({ key: self.value(inner, "value", name, place, depth + 1) })
                }
                None => self.structure(inner, name, place, depth + 1),
            },
            _ => Value::Null,
        }
    }

    /// A value of the right form. No two are equal.
    fn text(
        &mut self,
        kind: &str,
        name: &str,
        around: &str,
        place: &[usize],
        depth: usize,
    ) -> String {
        if let Some(first) = kind.strip_prefix('=') {
            return first.to_owned();
        }
        self.count += 1;
        let key = plain(name);
        let is_arn = kind == "a" || key.ends_with("arn");
        let arn = is_arn.then(|| self.arn(&key, around)).flatten();
        let (value, arn_kind) = arn.unwrap_or_else(|| (self.name(&key), None));
        if key != "clienttoken" && key != "nexttoken" && key != "clientrequesttoken" {
            let place = place.to_vec();
            self.members.insert(value.clone(), PatternMember { name: key, depth, arn_kind, place });
        }
        value
    }

    fn name(&self, key: &str) -> String {
        let number = self.count;
        let ec2 = [
            ("instanceid", "i"),
            ("volumeid", "vol"),
            ("snapshotid", "snap"),
            ("imageid", "ami"),
            ("subnetid", "subnet"),
            ("vpcid", "vpc"),
            ("groupid", "sg"),
            ("securitygroupid", "sg"),
            ("networkinterfaceid", "eni"),
            ("routetableid", "rtb"),
            ("internetgatewayid", "igw"),
            ("transitgatewayid", "tgw"),
            ("allocationid", "eipalloc"),
        ];
        match ec2.iter().find(|(of, _)| *of == key) {
            Some((_, start))
                if matches!(self.operation.model.as_str(), "ec2" | "ssm" | "autoscaling") =>
            {
                format!("{start}-0f{number:04}")
            }
            _ if key == "queueurl" => {
                format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/q{number}")
            }
            _ if key == "copysource" => format!("from{number}/k{number}"),
            _ => format!("v{number}{key}"),
        }
    }

    /// An ARN of the type that the member's name speaks of, else of the action's first type;
    /// nothing where the member may as well be a name.
    fn arn(&self, key: &str, around: &str) -> Option<(String, Option<String>)> {
        let number = self.count;
        let base = ["arn", "identifier", "name", "id"]
            .iter()
            .find_map(|end| key.strip_suffix(end))
            .unwrap_or(key);
        let about = plain(if base.is_empty() { around } else { base });
        if about.ends_with("role") {
            return Some((format!("arn:aws:iam::{ACCOUNT}:role/r{number}"), None));
        }
        let all = || self.actions.iter().flat_map(|action| &action.resources);
        let noun = |name: &str| plain(name.split('/').next().unwrap_or(name));
        let of_variable = |used: &&ResourceUse| {
            let variable = used.formats[0]
                .rsplit_once("${")
                .map_or("", |(_, rest)| rest.trim_end_matches('}'));
            ["id", "name"].iter().any(|end| plain(variable).strip_suffix(end) == Some(&about))
        };
        let spoken = all()
            .find(|used| noun(&used.name) == about)
            .or_else(|| all().find(of_variable))
            .or_else(|| all().find(|used| about.ends_with(&noun(&used.name))));
        let is_generic = matches!(about.as_str(), "" | "resource" | "target");
        let generic =
            all().find(|used| used.required).or_else(|| all().next()).filter(|_| is_generic);
        match spoken.or(generic) {
            Some(used) => Some((fill(&used.formats[0], number), Some(used.name.clone()))),
            None if key.ends_with("arn") => {
                Some((format!("arn:aws:other:{REGION}:{ACCOUNT}:other-{about}/x{number}"), None))
            }
            None => None,
        }
    }
}

/// A format with made-up values for its variables.
fn fill(format: &str, number: usize) -> String {
    let mut out = place(format).replace('*', &format!("w{number}"));
    for at in 1.. {
        let Some((before, after)) = out.split_once("${") else { return out };
        out = format!("{before}w{number}p{at}{}", after.split_once('}').unwrap().1);
    }
    out
}

/// A format with the place of all calls. Some formats have `${AccountId}` or `*` for the account.
pub(crate) fn place(format: &str) -> String {
    let parts = format.splitn(6, ':').zip(0..).map(|(part, at)| match at {
        1 => "aws",
        3 if part.contains("Region") || part == "*" => REGION,
        4 if part.contains("Account") || part == "*" => ACCOUNT,
        _ => part,
    });
    parts.collect::<Vec<_>>().join(":").replace("${Region}", REGION).replace("${Account}", ACCOUNT)
}
