//! Which part of a request each action of a call is about.

use aware_core::event::percent_decoded;
use serde_json::{Map, Value, json};

use super::part::{RequestPart, ResourcePick};
use super::partiql;

/// The parts of a call. Empty if the request shows none of the parts that it may have.
pub(super) fn split_request(
    first: &str,
    operation: &str,
    actions: Vec<String>,
    request: Option<&Value>,
) -> Vec<RequestPart> {
    match (first, operation) {
        ("s3:GetObject", "CopyObject" | "UploadPartCopy") => copy_parts(request),
        ("kms:ReEncryptFrom", _) => re_encrypt_parts(request),
        ("dynamodb:PutItem", "TransactWriteItems") => transaction_parts(&actions, request),
        (first, _) if first.starts_with("dynamodb:PartiQL") => partiql::parse_partiql(request),
        ("ssm:GetParametersByPath", _) => path_parts(first, request),
        ("s3:GetObject" | "s3:DeleteObject", _) => version_parts(first, actions, request),
        _ => actions.into_iter().map(RequestPart::whole_request).collect(),
    }
}

/// A copy reads what `x-amz-copy-source` names and writes to the bucket and key of the request.
///
/// Source: S3 API reference, `CopyObject`: `bucket/key?versionId=…`, encoded for a URL, or the ARN
/// of an access point, `/object/` and the key.
fn copy_parts(request: Option<&Value>) -> Vec<RequestPart> {
    let read = match request_text(request, "x-amz-copy-source")
        .or_else(|| request_text(request, "copySource"))
    {
        Some(source) => {
            let (source, version) = source.split_once("?versionId=").unwrap_or((source, ""));
            let action = if version.is_empty() { "s3:GetObject" } else { "s3:GetObjectVersion" };
            let source = percent_decoded(source.trim_start_matches('/'));
            if source.starts_with("arn:") {
                RequestPart::with_request(action, json!({"resourceArn": source}))
            } else {
                let (bucket, key) = source.split_once('/').unwrap_or_default();
                RequestPart::with_request(action, json!({"bucketName": bucket, "key": key}))
            }
        }
        None => RequestPart::with_request("s3:GetObject", Value::Null),
    };
    let mut kept = request_fields(request).cloned().unwrap_or_default();
    kept.retain(|key, _| !key.to_ascii_lowercase().contains("copy"));
    vec![read, RequestPart::with_request("s3:PutObject", Value::Object(kept))]
}

/// AWS checks a path as written, including its last slash; the root covers all parameters.
fn path_parts(action: &str, request: Option<&Value>) -> Vec<RequestPart> {
    let path = request_text(request, "path").map(|path| path.trim_start_matches('/'));
    match path.filter(|path| !path.is_empty()) {
        Some(path) => {
            let part = RequestPart::with_request(action, json!({"name": path}));
            vec![RequestPart { operation: Some("GetParameter"), ..part }]
        }
        None => vec![RequestPart::whole_request(action.to_owned())],
    }
}

/// Source: KMS developer guide, "ReEncrypt": the log's first resource is the source key.
fn re_encrypt_parts(request: Option<&Value>) -> Vec<RequestPart> {
    let side = |action: &str, key: &str, pick: ResourcePick| {
        let part = RequestPart::with_request(action, json!({"keyId": request_text(request, key)}));
        let is_named = request_text(request, key).is_some_and(|key| key.starts_with("arn:"));
        RequestPart { resources: if is_named { ResourcePick::None } else { pick }, ..part }
    };
    vec![
        side("kms:ReEncryptFrom", "sourceKeyId", ResourcePick::First),
        side("kms:ReEncryptTo", "destinationKeyId", ResourcePick::Last),
    ]
}

/// The parts of a transaction: `{"transactItems": [{"put": {"tableName": …}}, …]}`.
fn transaction_parts(actions: &[String], request: Option<&Value>) -> Vec<RequestPart> {
    let items = request.and_then(|request| request.get("transactItems")).and_then(Value::as_array);
    let part = |action: &String| {
        let name = action.split_once(':')?.1;
        let key = name.strip_suffix("Item").unwrap_or(name);
        let is_key = |found: &String| found.eq_ignore_ascii_case(key);
        let objects = items?.iter().filter_map(Value::as_object);
        let below: Vec<&Value> =
            objects.flatten().filter(|(key, _)| is_key(key)).map(|(_, item)| item).collect();
        (!below.is_empty()).then(|| RequestPart::with_request(action, json!({ "items": below })))
    };
    actions.iter().filter_map(part).collect()
}

/// Reading or deleting one version of an object is an action of its own.
///
/// Source: S3 user guide, "Actions, resources, and condition keys": `s3:GetObjectVersion`.
fn version_parts(first: &str, actions: Vec<String>, request: Option<&Value>) -> Vec<RequestPart> {
    let named = request_text(request, "versionId").is_some();
    let actions = actions
        .into_iter()
        .map(|action| if named && action == first { format!("{action}Version") } else { action });
    actions.map(RequestPart::whole_request).collect()
}

pub(super) fn request_text<'v>(request: Option<&'v Value>, key: &str) -> Option<&'v str> {
    let fields = request_fields(request)?;
    let (_, value) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
    let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
    value.as_str().filter(|value| !value.is_empty())
}

fn request_fields(request: Option<&Value>) -> Option<&Map<String, Value>> {
    request.and_then(Value::as_object)
}
