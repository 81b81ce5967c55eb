//! Tells whose place a request names besides the resource: by the keys of a table or the prefix of
//! a listing.

use serde_json::Value;

use super::find_place_owner;
use super::owner::{OtherPlace, PlaceOwner};
use super::segment::{NameOwner, PathSegment};
use super::session::{instance_owner, session_condition};
use crate::suggest::caller::CallerNames;

/// How many texts of a request to examine.
const MAX_TEXTS: usize = 256;
/// The longest of them, in bytes.
const MAX_TEXT: usize = 2_048;

/// Someone else's place in a resource or in the request on it.
pub fn find_other_place(
    caller: &CallerNames<'_>,
    pattern: &str,
    request: Option<&Value>,
) -> Option<OtherPlace> {
    let by_request = || match pattern.split(':').nth(2) {
        Some("dynamodb") => owner_of_keys(caller, request),
        Some("s3") if !pattern.contains('/') => owner_of_prefix(caller, pattern, request),
        _ => PlaceOwner::Nobodys,
    };
    match (find_place_owner(caller, pattern), by_request) {
        (PlaceOwner::Others(other), _) => Some(other),
        (_, by_request) => match by_request() {
            PlaceOwner::Others(other) => Some(other),
            _ => None,
        },
    }
}

/// Whether the place's owner may depend on more of this action's request than the resource.
pub fn is_by_request(action: &str) -> bool {
    let starts = ["dynamodb:", "s3:List", "s3:CopyObject", "s3:UploadPartCopy"];
    starts.iter().any(|start| action.starts_with(start))
}

/// Whose place the prefix of a listing names; the pattern in the result is the prefix's, without
/// the bucket.
///
/// Source: S3 user guide, "Bucket policy examples using condition keys": `s3:prefix`.
pub fn owner_of_prefix(
    caller: &CallerNames<'_>,
    bucket: &str,
    request: Option<&Value>,
) -> PlaceOwner {
    let prefix = request.and_then(|request| request.get("prefix")).and_then(Value::as_str);
    let Some(prefix) = prefix.filter(|prefix| prefix.len() <= MAX_TEXT) else {
        return PlaceOwner::Nobodys;
    };
    let start = format!("{bucket}/");
    let whole = format!("{start}{}", crate::resource::escape_literal(prefix));
    // A folder stands for everything below it.
    let below = || prefix.ends_with('/').then(|| find_place_owner(caller, &format!("{whole}*")));
    let place = match find_place_owner(caller, &whole) {
        PlaceOwner::Nobodys => below().unwrap_or(PlaceOwner::Nobodys),
        place => place,
    };
    match place {
        PlaceOwner::Own { pattern, conditions } => {
            let pattern = pattern.strip_prefix(&start).unwrap_or_default().to_owned();
            PlaceOwner::Own { pattern, conditions }
        }
        other => other,
    }
}

/// The owner that the keys of a request on a table name, with the condition for the caller's own
/// partition.
///
/// Source: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access
/// control": `dynamodb:LeadingKeys`.
pub fn owner_of_keys(caller: &CallerNames<'_>, request: Option<&Value>) -> PlaceOwner {
    let Some(request) = request else { return PlaceOwner::Nobodys };
    let mut texts = Vec::new();
    collect_texts(request, KeyPart::Request, &mut texts);
    let mut own = PlaceOwner::Nobodys;
    for (text, is_key) in texts {
        let segment = PathSegment { text, ..PathSegment::default() };
        let place = match segment.find_owner(caller) {
            NameOwner::Variable { text, private: true } => {
                let conditions = vec![("ForAllValues:StringEquals", "dynamodb:LeadingKeys", text)];
                PlaceOwner::Own { pattern: String::new(), conditions }
            }
            NameOwner::Other(other) => PlaceOwner::Others(other),
            NameOwner::Instance => match instance_owner(caller, &segment) {
                None => PlaceOwner::Nobodys,
                Some(PlaceOwner::Others(other)) => PlaceOwner::Others(other),
                Some(_) => own_key_place(caller, text),
            },
            NameOwner::Session => own_key_place(caller, text),
            NameOwner::Variable { .. } | NameOwner::Nobody => PlaceOwner::Nobodys,
        };
        match place {
            PlaceOwner::Others(_) => return place,
            PlaceOwner::Own { .. } if is_key && own == PlaceOwner::Nobodys => own = place,
            _ => {}
        }
    }
    own
}

fn own_key_place(caller: &CallerNames<'_>, value: &str) -> PlaceOwner {
    let leading = ("ForAllValues:StringEquals", "dynamodb:LeadingKeys", value.to_owned());
    PlaceOwner::Own { pattern: String::new(), conditions: vec![leading, session_condition(caller)] }
}

/// The kind of a part of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyPart {
    /// The request, or a list of requests in it.
    Request,
    /// Names of attributes with values, all of which belong to a key.
    Key,
    /// The same for an item, of which only some may belong to its key.
    Item,
    /// Only values.
    Values,
}

/// Collects the texts that may name a partition, and whether they certainly do.
///
/// Source: DynamoDB API reference: the requests of the item, batch, transaction and query
/// operations.
fn collect_texts<'v>(value: &'v Value, part: KeyPart, texts: &mut Vec<(&'v str, bool)>) {
    if texts.len() >= MAX_TEXTS {
        return;
    }
    match (value, part) {
        (Value::Array(all), _) => all.iter().for_each(|one| collect_texts(one, part, texts)),
        (Value::Object(fields), KeyPart::Request) => {
            for (name, inner) in fields {
                let part = match name.as_str() {
                    "key" | "keys" => KeyPart::Key,
                    "item" | "items" => KeyPart::Item,
                    "expressionAttributeValues" | "keyConditions" => KeyPart::Values,
                    "tableName" | "indexName" => continue,
                    _ => KeyPart::Request,
                };
                collect_texts(inner, part, texts);
            }
        }
        (Value::Object(fields), KeyPart::Values) => {
            fields.values().for_each(|inner| collect_texts(inner, part, texts));
        }
        (Value::Object(fields), _) => {
            let named = fields.iter().filter(|(name, _)| part == KeyPart::Key || may_be_key(name));
            for (_, inner) in named {
                let text = inner.as_str().or_else(|| inner.get("S")?.as_str());
                take_text(text, part == KeyPart::Key, texts);
            }
        }
        (Value::String(text), KeyPart::Values) => take_text(Some(text), false, texts),
        _ => {}
    }
}

fn take_text<'v>(text: Option<&'v str>, is_key: bool, texts: &mut Vec<(&'v str, bool)>) {
    texts.extend(text.filter(|text| text.len() <= MAX_TEXT).map(|text| (text, is_key)));
}

/// Whether an attribute's name is typical of keys.
fn may_be_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = ["id", "key", "pk", "hash"];
    let whole = ["owner", "user", "username", "instance", "session", "principal", "tenant", "host"];
    ends.iter().any(|end| name.ends_with(end)) || whole.contains(&name.as_str())
}
