//! Values of a request or an answer, whatever the case of their names.
//!
//! CloudTrail writes the same parameter as `userName`, `UserName` or `dBInstanceIdentifier`, wraps
//! EC2's in `items`, `content` or an object named like the request, and each service differs.

use aware_core::text::clip_text;
use serde_json::Value;

/// How much of a name a sentence shows.
const MAX_NAME: usize = 80;
/// How many names of a list a sentence shows.
const MAX_NAMES: usize = 3;
/// How many texts of a list are read.
const MAX_TEXTS: usize = 100;
/// How deep a value is searched.
const MAX_DEPTH: usize = 12;

/// The value at a dotted path; names match in any case, and one wrapper named like
/// `CreateFlowLogsRequest` is looked through. Of a list it is the first one.
pub(super) fn find_path<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    find_all(value, path).into_iter().next()
}

/// The values at a dotted path, one for each member of a list on the way.
pub(super) fn find_all<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    if let Value::Array(many) = value {
        let each = many.iter().take(MAX_TEXTS);
        return each.flat_map(|one| find_all(one, path)).take(MAX_TEXTS).collect();
    }
    let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    let found = find_name(value, first)
        .or_else(|| find_name(wrapped(value)?, first))
        .filter(|found| !found.is_null());
    match (found, rest) {
        (Some(found), Some(rest)) => find_all(found, rest),
        (found, _) => found.into_iter().collect(),
    }
}

fn find_name<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let fields = value.as_object()?;
    fields.get(name).or_else(|| {
        fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

fn wrapped(value: &Value) -> Option<&Value> {
    const ENDS: [&str; 4] = ["Request", "Req", "Input", "Response"];
    let is_wrapper = |name: &str| ENDS.iter().any(|end| name.ends_with(end));
    let fields = value.as_object()?;
    fields.iter().find(|(name, inner)| inner.is_object() && is_wrapper(name)).map(|(_, one)| one)
}

/// The text of a single value.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Object(fields) => {
            fields.get("content").or_else(|| fields.get("value")).and_then(text_of)
        }
        Value::Array(many) if many.len() == 1 => many.first().and_then(text_of),
        _ => None,
    }
}

/// The texts of a list: a JSON list, EC2's `items`, or a single value.
pub(super) fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().flat_map(texts_of).take(MAX_TEXTS).collect(),
        Value::Object(fields) => match fields.get("items") {
            Some(items) => texts_of(items),
            None => text_of(value).or_else(|| only_text(value)).into_iter().collect(),
        },
        _ => text_of(value).into_iter().collect(),
    }
}

/// The only text of an object: `{"instanceId": "i-1"}`.
fn only_text(value: &Value) -> Option<String> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.values().next().and_then(text_of)
}

/// Calls `see` with the name and the text of every text below a value, each list's texts under the
/// list's name.
pub(super) fn each_text(value: &Value, see: &mut dyn FnMut(&str, &str)) {
    walk("", value, 0, see);
}

fn walk(name: &str, value: &Value, depth: usize, see: &mut dyn FnMut(&str, &str)) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::String(text) => see(name, text),
        Value::Array(many) => many.iter().for_each(|one| walk(name, one, depth + 1, see)),
        Value::Object(fields) => {
            fields.iter().for_each(|(key, one)| walk(key, one, depth + 1, see));
        }
        _ => {}
    }
}

/// The name that an ARN or a URL ends in: `main` of `arn:aws:cloudtrail:…:trail/main`; every other
/// text is a name itself.
pub(super) fn short_name(text: &str) -> &str {
    if text.starts_with("https://") || text.starts_with("arn:") {
        let tail = text.rsplit(['/', ':']).find(|part| !part.is_empty() && *part != "*");
        return tail.unwrap_or(text);
    }
    text
}

/// An access key id as sentences have it: `AKIA…ER02`.
pub(super) fn short_key(id: &str) -> String {
    match (id.get(..4), id.len().checked_sub(4).and_then(|at| id.get(at..))) {
        (Some(start), Some(end)) if id.len() > 8 => format!("{start}…{end}"),
        _ => id.to_owned(),
    }
}

/// A name from the log, clipped for a sentence.
pub(super) fn show_name(name: &str) -> String {
    clip_text(name, MAX_NAME).into_owned()
}

/// `their own console password`, `the console password of user/bob`.
pub(super) fn possession(thing: &str, whom: &str) -> String {
    match whom {
        "themselves" => format!("their own {thing}"),
        whom => format!("the {thing} of {whom}"),
    }
}

/// `a`, `a and b`, `a, b, c and 4 more`.
pub(super) fn list_names(names: &[String]) -> String {
    let (shown, rest) = names.split_at(names.len().min(MAX_NAMES));
    match (shown, rest.len()) {
        ([], _) => String::new(),
        ([one], 0) => one.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_found_in_every_shape() {
        let request = json!({
            "DBSnapshotIdentifier": "a",
            "CreateFlowLogsRequest": {"FlowLogId": {"content": "fl-1", "tag": 1}},
            "set": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]},
        });
        let text = |path: &str| find_path(&request, path).and_then(text_of);
        assert_eq!(text("dBSnapshotIdentifier").as_deref(), Some("a"));
        assert_eq!(text("flowLogId").as_deref(), Some("fl-1"));
        assert_eq!(text("none.at.all"), None);
        assert_eq!(texts_of(find_path(&request, "set").unwrap()), ["i-1", "i-2"]);
    }

    #[test]
    fn names_and_keys_are_shortened() {
        assert_eq!(short_name("arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"), "main");
        assert_eq!(short_name("arn:aws:sns:eu-west-1:111122223333:alerts"), "alerts");
        assert_eq!(short_name("https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"), "jobs");
        assert_eq!(short_name("/aws/vpc/flow"), "/aws/vpc/flow");
        assert_eq!(short_key("AKIAIOSFODNN7EXAMPLE"), "AKIA…MPLE");
        assert_eq!(short_key("AKIA"), "AKIA");
    }
}
