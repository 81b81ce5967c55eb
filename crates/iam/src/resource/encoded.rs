//! Decodes ARNs of a request that came URL-encoded from the path of a URL.

use std::borrow::Cow;

use aware_core::event::percent_decoded;
use serde_json::Value;

/// The request with its ARNs decoded: `arn%3Aaws%3Aeks%3A…` is an ARN.
pub(super) fn decode_arns(request: Option<&Value>) -> Option<Cow<'_, Value>> {
    let request = request?;
    if !holds_encoded(request) {
        return Some(Cow::Borrowed(request));
    }
    let mut plain = request.clone();
    decode_all(&mut plain);
    Some(Cow::Owned(plain))
}

fn is_encoded(text: &str) -> bool {
    text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("arn%3a"))
}

fn holds_encoded(value: &Value) -> bool {
    match value {
        Value::String(text) => is_encoded(text),
        Value::Array(items) => items.iter().any(holds_encoded),
        Value::Object(fields) => fields.values().any(holds_encoded),
        _ => false,
    }
}

fn decode_all(value: &mut Value) {
    match value {
        Value::String(text) if is_encoded(text) => *text = percent_decoded(text),
        Value::Array(items) => items.iter_mut().for_each(decode_all),
        Value::Object(fields) => fields.values_mut().for_each(decode_all),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_arns_are_decoded() {
        let request = serde_json::json!({
            "resource": "arn%3Aaws%3Aeks%3Aeu-west-1%3A222233334444%3Acluster%2Fparcels",
            "key": "a%3Ab", "list": ["ARN%3aaws%zz%"],
        });
        let plain = decode_arns(Some(&request)).unwrap();
        assert_eq!(plain["resource"], "arn:aws:eks:eu-west-1:222233334444:cluster/parcels");
        assert_eq!(plain["key"], "a%3Ab");
        assert_eq!(plain["list"][0], "ARN:aws%zz%");
        assert!(matches!(decode_arns(Some(&serde_json::json!({"a": 1}))), Some(Cow::Borrowed(_))));
        assert!(decode_arns(None).is_none());
    }
}
