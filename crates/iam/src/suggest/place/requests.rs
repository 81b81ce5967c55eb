//! Tells whose place a request names besides the resource: by the keys of a table or the prefix of
//! a listing.

use serde_json::Value;

use super::segment::{Named, Segment};
use super::{Other, Place, instance, of, only_session};
use crate::suggest::caller::Caller;

/// How many texts of a request to examine.
const MAX_TEXTS: usize = 256;
/// The longest of them, in bytes.
const MAX_TEXT: usize = 2_048;

/// Someone else's place in a resource or in the request on it.
pub fn others(caller: &Caller<'_>, pattern: &str, request: Option<&Value>) -> Option<Other> {
    let by_request = || match pattern.split(':').nth(2) {
        Some("dynamodb") => of_keys(caller, request),
        Some("s3") if !pattern.contains('/') => of_prefix(caller, pattern, request),
        _ => Place::Nobodys,
    };
    match (of(caller, pattern), by_request) {
        (Place::Others(other), _) => Some(other),
        (_, by_request) => match by_request() {
            Place::Others(other) => Some(other),
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
pub fn of_prefix(caller: &Caller<'_>, bucket: &str, request: Option<&Value>) -> Place {
    let prefix = request.and_then(|request| request.get("prefix")).and_then(Value::as_str);
    let Some(prefix) = prefix.filter(|prefix| prefix.len() <= MAX_TEXT) else {
        return Place::Nobodys;
    };
    let start = format!("{bucket}/");
    let whole = format!("{start}{}", crate::resource::literal(prefix));
    // A folder stands for everything below it.
    let below = || prefix.ends_with('/').then(|| of(caller, &format!("{whole}*")));
    let place = match of(caller, &whole) {
        Place::Nobodys => below().unwrap_or(Place::Nobodys),
        place => place,
    };
    match place {
        Place::Own { pattern, conditions } => {
            let pattern = pattern.strip_prefix(&start).unwrap_or_default().to_owned();
            Place::Own { pattern, conditions }
        }
        other => other,
    }
}

/// The owner that the keys of a request on a table name, with the condition for the caller's own
/// partition.
///
/// Source: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access
/// control": `dynamodb:LeadingKeys`.
pub fn of_keys(caller: &Caller<'_>, request: Option<&Value>) -> Place {
    let Some(request) = request else { return Place::Nobodys };
    let mut texts = Vec::new();
    collect(request, Part::Request, &mut texts);
    let mut own = Place::Nobodys;
    for (text, is_key) in texts {
        let segment = Segment { text, ..Segment::default() };
        let place = match segment.named(caller) {
            Named::Variable { text, private: true } => {
                let conditions = vec![("ForAllValues:StringEquals", "dynamodb:LeadingKeys", text)];
                Place::Own { pattern: String::new(), conditions }
            }
            Named::Other(other) => Place::Others(other),
            Named::Instance => match instance(caller, &segment) {
                None => Place::Nobodys,
                Some(Place::Others(other)) => Place::Others(other),
                Some(_) => own_key(caller, text),
            },
            Named::Session => own_key(caller, text),
            Named::Variable { .. } | Named::Nobody => Place::Nobodys,
        };
        match place {
            Place::Others(_) => return place,
            Place::Own { .. } if is_key && own == Place::Nobodys => own = place,
            _ => {}
        }
    }
    own
}

fn own_key(caller: &Caller<'_>, value: &str) -> Place {
    let leading = ("ForAllValues:StringEquals", "dynamodb:LeadingKeys", value.to_owned());
    Place::Own { pattern: String::new(), conditions: vec![leading, only_session(caller)] }
}

/// The kind of a part of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
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
/// Source: DynamoDB API reference: the requests of the item, batch, transaction and query operations.
fn collect<'v>(value: &'v Value, part: Part, texts: &mut Vec<(&'v str, bool)>) {
    if texts.len() >= MAX_TEXTS {
        return;
    }
    match (value, part) {
        (Value::Array(all), _) => all.iter().for_each(|one| collect(one, part, texts)),
        (Value::Object(fields), Part::Request) => {
            for (name, inner) in fields {
                let part = match name.as_str() {
                    "key" | "keys" => Part::Key,
                    "item" | "items" => Part::Item,
                    "expressionAttributeValues" | "keyConditions" => Part::Values,
                    "tableName" | "indexName" => continue,
                    _ => Part::Request,
                };
                collect(inner, part, texts);
            }
        }
        (Value::Object(fields), Part::Values) => {
            fields.values().for_each(|inner| collect(inner, part, texts));
        }
        (Value::Object(fields), _) => {
            let named = fields.iter().filter(|(name, _)| part == Part::Key || may_be_key(name));
            for (_, inner) in named {
                let text = inner.as_str().or_else(|| inner.get("S")?.as_str());
                take(text, part == Part::Key, texts);
            }
        }
        (Value::String(text), Part::Values) => take(Some(text), false, texts),
        _ => {}
    }
}

fn take<'v>(text: Option<&'v str>, is_key: bool, texts: &mut Vec<(&'v str, bool)>) {
    texts.extend(text.filter(|text| text.len() <= MAX_TEXT).map(|text| (text, is_key)));
}

/// Whether an attribute's name is typical of keys.
fn may_be_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = ["id", "key", "pk", "hash"];
    let whole = ["owner", "user", "username", "instance", "session", "principal", "tenant", "host"];
    ends.iter().any(|end| name.ends_with(end)) || whole.contains(&name.as_str())
}
