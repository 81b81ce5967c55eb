//! Who made a request.

use serde_json::Value;

use super::fields as field;
use crate::event::{Principal, PrincipalKind};
use crate::source::arn_principal::principal_of_arn;
use crate::source::http::{client_principal, full_text};

/// What a requester is, for rules: `anonymous`, `identity` (an ARN), `service` or `account`.
pub(super) fn requester_kind(record: &Value) -> &'static str {
    match full_text(record, &field::REQUESTER) {
        None | Some("-") => "anonymous",
        Some(text) if text.starts_with("arn:") => "identity",
        Some(text) if is_service(text) => "service",
        Some(_) => "account",
    }
}

/// The requester. Users and roles are the same principals as in CloudTrail's records, so that what
/// both logs say of one is one story; without credentials it is the address.
pub(super) fn principal(record: &Value) -> Principal {
    let requester = full_text(record, &field::REQUESTER).filter(|text| *text != "-");
    let Some(text) = requester else {
        return client_principal(full_text(record, &field::ADDRESS));
    };
    match requester_kind(record) {
        "identity" => principal_of_arn(text)
            .unwrap_or_else(|| Principal::from_name(PrincipalKind::Unknown, text, text)),
        "service" => {
            let name = text.strip_prefix("svc:").unwrap_or(text).to_owned();
            Principal::from_name(PrincipalKind::AwsService, name.clone(), name)
        }
        _ => account(text),
    }
}

/// AWS alone writes this field; no identity's name looks like this.
fn is_service(text: &str) -> bool {
    text == "AmazonS3" || text.starts_with("svc:") || text.ends_with(".amazonaws.com")
}

/// A canonical id is another form of an account's id, and long.
fn account(id: &str) -> Principal {
    let is_id = id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let short = id.get(..16).filter(|_| is_id);
    let name = short.map_or_else(|| id.to_owned(), |short| format!("canonical id {short}…"));
    let kind = if is_id { PrincipalKind::AwsAccount } else { PrincipalKind::Unknown };
    Principal::from_name(kind, format!("canonical/{id}"), name)
}
