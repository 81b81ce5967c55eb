//! A request's values, each with its key reduced to plain letters, as far as they can name a
//! resource.

use std::borrow::Cow;

use serde_json::Value;

/// The most values to examine, and how deep they may be.
pub(super) const MAX_VALUES: usize = 1_000;
const MAX_DEPTH: usize = 8;
/// The longest value that can be a name or an ARN, in bytes; S3 keys have at most 1024.
const MAX_VALUE: usize = 2_048;

/// Keys that wrap a value of the surrounding key, as the APIs of EC2 and of older services write
/// lists and flagged values.
const WRAPPERS: [&str; 6] = ["items", "item", "member", "members", "content", "entry"];

/// Keys below which no value names what a call is made on.
pub(super) const IGNORED_KEYS: [&str; 31] = [
    "tags",
    "tag",
    "tagset",
    "tagkeys",
    "tagspecification",
    "tagspecifications",
    "tagspecificationset",
    "filter",
    "filters",
    "filterset",
    "environment",
    "environmentvariables",
    "description",
    "policy",
    "policydocument",
    "assumerolepolicydocument",
    "encryptioncontext",
    "nexttoken",
    "clienttoken",
    "clientrequesttoken",
    "idempotencytoken",
    "host",
    "userdata",
    "principal",
    "expressionattributenames",
    "expressionattributevalues",
    "sourceencryptioncontext",
    "destinationencryptioncontext",
    "dryrun",
    "marker",
    "maxresults",
];

/// Maps whose keys are names, and what they name.
const MAPS_OF_NAMES: [(&str, &str); 1] = [("requestitems", "tablename")];

/// One value of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestLeaf<'e> {
    /// Its key in plain letters and singular: `instanceid` for `instanceIds`.
    pub(super) key: String,
    /// The key of the surrounding object, empty at the top.
    pub(super) parent: String,
    /// The value.
    pub(super) value: Cow<'e, str>,
    /// How many objects surround it.
    pub(super) depth: usize,
    /// Its index in each surrounding list.
    pub(super) place: Vec<usize>,
}

impl RequestLeaf<'_> {
    /// Whether the value is an ARN.
    pub(super) fn is_arn(&self) -> bool {
        self.value.starts_with("arn:")
    }
}

/// The values of a request, outer ones before inner ones.
pub(super) fn collect_leaves(request: Option<&Value>) -> Vec<RequestLeaf<'_>> {
    let mut reader = LeafReader { leaves: Vec::new() };
    if let Some(request) = request {
        let top =
            LeafPosition { key: String::new(), parent: String::new(), depth: 0, place: Vec::new() };
        reader.visit_value(request, &top, MAX_DEPTH);
    }
    reader.leaves.sort_by_key(|leaf| leaf.depth);
    reader.leaves
}

/// The position of a value in a request.
#[derive(Clone)]
struct LeafPosition {
    key: String,
    parent: String,
    depth: usize,
    place: Vec<usize>,
}

struct LeafReader<'e> {
    leaves: Vec<RequestLeaf<'e>>,
}

impl<'e> LeafReader<'e> {
    fn visit_value(&mut self, value: &'e Value, spot: &LeafPosition, left: usize) {
        if left == 0 || self.leaves.len() >= MAX_VALUES {
            return;
        }
        match value {
            Value::String(text) if !text.is_empty() && text.len() <= MAX_VALUE => {
                self.push_leaf(Cow::Borrowed(text.as_str()), spot);
            }
            Value::Number(number)
                if spot.key.ends_with("version") || spot.key.ends_with("revision") =>
            {
                self.push_leaf(Cow::Owned(number.to_string()), spot);
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let mut inner = LeafPosition { key: list_singular(&spot.key), ..spot.clone() };
                    inner.place.push(at);
                    self.visit_value(item, &inner, left - 1);
                }
            }
            Value::Object(fields) => {
                let names = MAPS_OF_NAMES.iter().find(|(map, _)| *map == spot.key);
                for (at, (key, item)) in fields.iter().enumerate() {
                    match names {
                        Some((_, meaning)) => self.push_name(key, meaning, spot, at),
                        None => self.visit_field(key, item, spot, left),
                    }
                }
            }
            _ => {}
        }
    }

    fn visit_field(&mut self, key: &str, item: &'e Value, spot: &LeafPosition, left: usize) {
        let key = plain_letters(key);
        // A set of environment variables is ignored; the name of an environment is not.
        if IGNORED_KEYS.contains(&key.as_str()) && !(key == "environment" && item.is_string()) {
            return;
        }
        if WRAPPERS.contains(&key.as_str()) {
            let bare = spot.key.strip_suffix("set").unwrap_or(&spot.key);
            return self.visit_value(
                item,
                &LeafPosition { key: to_singular(bare), ..spot.clone() },
                left - 1,
            );
        }
        // `CreateVpcEndpointRequest` contains the whole request, one level down.
        let is_whole = spot.depth == 0 && key.ends_with("request") && item.is_object();
        let inner = LeafPosition {
            parent: if is_whole { String::new() } else { to_singular(&spot.key) },
            key: if is_whole { String::new() } else { key },
            depth: spot.depth + usize::from(!is_whole),
            place: spot.place.clone(),
        };
        self.visit_value(item, &inner, left - 1);
    }

    fn push_name(&mut self, name: &'e str, meaning: &str, spot: &LeafPosition, at: usize) {
        let mut spot = LeafPosition { key: meaning.to_owned(), ..spot.clone() };
        spot.place.push(at);
        self.push_leaf(Cow::Borrowed(name), &spot);
    }

    fn push_leaf(&mut self, value: Cow<'e, str>, spot: &LeafPosition) {
        let (key, parent) = (to_singular(&spot.key), spot.parent.clone());
        let LeafPosition { depth, place, .. } = spot.clone();
        self.leaves.push(RequestLeaf { key, parent, value, depth, place });
    }
}

/// Letters and digits in lower case.
pub(super) fn plain_letters(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// `instanceids` becomes `instanceid`; `access` and `status` stay.
pub(super) fn to_singular(plain: &str) -> String {
    if let Some(stem) = plain.strip_suffix("ies").filter(|stem| stem.len() > 2) {
        return format!("{stem}y");
    }
    let keeps = ["ss", "us", "is", "alias"].iter().any(|ending| plain.ends_with(ending));
    let stem = if keeps { plain } else { plain.strip_suffix('s').unwrap_or(plain) };
    stem.to_owned()
}

/// The singular of a list's key: `secretIdList` and `secretIds` are lists of `secretid`.
fn list_singular(key: &str) -> String {
    to_singular(key.strip_suffix("list").filter(|rest| !rest.is_empty()).unwrap_or(key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(request: Value) -> Vec<String> {
        collect_leaves(Some(&request))
            .iter()
            .map(|leaf| format!("{}.{}={}", leaf.parent, leaf.key, leaf.value))
            .collect()
    }

    #[test]
    fn lists_maps_and_wrappers() {
        let request = json!({
            "instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]},
            "names": ["/a", "/b"],
            "requestItems": {"T1": {"keys": []}, "T2": {}},
            "tags": [{"key": "name", "value": "x"}],
            "resourceArn": "arn:aws:sns:eu-west-1:1:t",
        });
        assert_eq!(
            keys(request),
            [
                ".name=/a",
                ".name=/b",
                ".tablename=T1",
                ".tablename=T2",
                ".resourcearn=arn:aws:sns:eu-west-1:1:t",
                "instance.instanceid=i-1",
                "instance.instanceid=i-2",
            ]
        );
        let flagged = json!({"CreateXRequest": {"SubnetId": {"tag": 1, "content": "subnet-1"}}});
        assert_eq!(keys(flagged), [".subnetid=subnet-1"]);
    }
}
