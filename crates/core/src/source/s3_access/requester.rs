//! Who made a request.

use serde_json::{Value, json};

use super::fields as field;
use crate::event::{Arn, Principal, PrincipalKind};
use crate::source::cloudtrail;
use crate::source::http::{client_principal, full_text, named_principal};

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
        "identity" => identity(text),
        "service" => {
            let name = text.strip_prefix("svc:").unwrap_or(text).to_owned();
            named_principal(PrincipalKind::AwsService, name.clone(), name)
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
    named_principal(kind, format!("canonical/{id}"), name)
}

/// The principal that CloudTrail's decoder makes of the same ARN.
fn identity(arn: &str) -> Principal {
    let parsed = Arn::parse(arn);
    let (account, resource) =
        parsed.as_ref().map_or(("", ""), |one| (one.account(), one.resource()));
    let (kind, user) = match resource.split_once('/') {
        Some(("user", path)) => ("IAMUser", path.rsplit('/').next()),
        Some(("assumed-role", _)) => ("AssumedRole", None),
        Some(("role", _)) => ("Role", None),
        Some(("federated-user", name)) => ("FederatedUser", Some(name)),
        None if resource == "root" => ("Root", None),
        _ => ("Unknown", None),
    };
    cloudtrail::read_principal(&json!({"userIdentity":
        {"type": kind, "arn": arn, "accountId": account, "userName": user}}))
}
