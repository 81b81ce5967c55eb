//! Turns one record of an access log into an event.

use serde_json::Value;

use super::fields as field;
use super::identify::ID;
use super::identity::record_id;
use super::requester::{principal, requester_kind};
use crate::event::{
    Action, CallOrigin, Event, EventClass, Outcome, Request, TargetResource, TlsDetails,
    is_account_id, percent_decoded,
};
use crate::source::contract::{RecordContext, RecordProblem};
use crate::source::field::FieldPath;
use crate::source::http::{full_text as text, is_reading_method, number_in};
use crate::source::json::parse_record;
use crate::source::time::required_time;

/// Error codes of a request whose credentials are wrong or have expired, which S3 answers with 400
/// or 403: nothing was asked of a policy.
///
/// Source: Amazon S3 API reference, "Error responses".
const WRONG_CREDENTIALS: [&str; 15] = [
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "CredentialsNotSupported",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidSecurity",
    "InvalidToken",
    "InvalidTokenId",
    "MissingSecurityHeader",
    "NotSignedUp",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "XAmzContentSHA256Mismatch",
];

/// Decodes one record's bytes.
///
/// # Errors
/// [`RecordProblem`] when it is not a JSON object, is too long, or lacks a readable `request_time`.
/// Every other field may be missing or malformed.
pub(super) fn decode(bytes: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
    let record = parse_record(bytes)?;
    let time = required_time(&record, &field::TIME, "request_time")?;
    let owned = |path: &FieldPath| text(&record, path).map(str::to_owned);
    let tls = owned(&field::TLS).map(|version| TlsDetails {
        version,
        cipher: owned(&field::CIPHER).unwrap_or_default(),
        host: owned(&field::HOST).unwrap_or_default(),
    });
    Ok(Event {
        source: ID,
        id: record_id(&record),
        time,
        region: region(&record).unwrap_or_default().to_owned(),
        action: action(&record),
        principal: principal(&record),
        account: context.owner.filter(|owner| is_account_id(owner)).map(str::to_owned),
        outcome: outcome(&record),
        resources: resource(&record, context).into_iter().collect(),
        network: CallOrigin {
            source: owned(&field::ADDRESS),
            user_agent: owned(&field::AGENT),
            vpc_endpoint: None,
            tls,
        },
        class: EventClass::Request(Request {
            kind: "S3Request".to_owned(),
            error_code: failure(&record),
            why: why(&record),
        }),
        record,
    })
}

/// The operation in S3's own words: `s3:REST.GET.OBJECT`.
pub(super) fn action(record: &Value) -> Action {
    let name = text(record, &field::OPERATION).unwrap_or("Request").to_owned();
    let method = name.split('.').nth(1).unwrap_or_default();
    // The source of a copy has a record of its own: `REST.COPY.OBJECT_GET`.
    let read_only = Some(is_reading_method(method) || name.ends_with("_GET"));
    Action { service: "s3".to_owned(), read_only, name }
}

/// What S3 refused for lack of permission is denied. A wrong or expired credential is a failure,
/// and so is every other error.
pub(super) fn outcome(record: &Value) -> Outcome {
    let status = number_in(record, &field::STATUS);
    match (text(record, &field::ERROR), status) {
        (Some("AccessDenied"), _) | (None, Some(403)) => Outcome::Denied,
        (Some(_), _) => Outcome::Failed,
        (None, status) if status.is_some_and(|status| status >= 400) => Outcome::Failed,
        (None, _) => Outcome::Success,
    }
}

/// The key as its owner knows it: S3 writes it URL-encoded twice.
pub(super) fn key(record: &Value) -> Option<String> {
    text(record, &field::KEY).map(|key| percent_decoded(&percent_decoded(key)))
}

/// The name of the bucket.
pub(super) fn bucket(record: &Value) -> Option<&str> {
    let of_arn = || text(record, &field::BUCKET_ARN)?.rsplit(':').next();
    text(record, &field::BUCKET).or_else(of_arn)
}

/// Whether the requester's credentials were wrong or had expired.
pub(super) fn has_wrong_credentials(record: &Value) -> bool {
    text(record, &field::ERROR).is_some_and(|code| WRONG_CREDENTIALS.contains(&code))
}

/// S3's code of the error, or the status.
fn failure(record: &Value) -> Option<String> {
    let code = text(record, &field::ERROR).map(str::to_owned);
    let status = number_in(record, &field::STATUS).filter(|status| *status >= 400);
    code.or_else(|| status.map(|status| status.to_string()))
}

/// `403 AccessDenied`
fn answer(record: &Value) -> String {
    let status = number_in(record, &field::STATUS).map(|status| status.to_string());
    let code = text(record, &field::ERROR).map(str::to_owned);
    status.into_iter().chain(code).collect::<Vec<String>>().join(" ")
}

/// The reason for the outcome, in a sentence.
pub(super) fn why(record: &Value) -> Option<String> {
    let answer = answer(record);
    match outcome(record) {
        Outcome::Success => None,
        Outcome::Denied if requester_kind(record) == "anonymous" => {
            Some(format!("S3 refused a request without credentials ({answer})"))
        }
        Outcome::Denied => Some(format!("S3 refused permission ({answer})")),
        Outcome::Failed if has_wrong_credentials(record) => {
            Some(format!("wrong or expired credentials, not a missing permission ({answer})"))
        }
        Outcome::Failed => Some(format!("S3 answered with {answer}")),
    }
}

/// The object or the bucket, by the ARN that CloudTrail gives it.
fn resource(record: &Value, context: RecordContext<'_>) -> Option<TargetResource> {
    let of_group = || context.log_group?.strip_prefix("/aws/vendedlogs/s3/")?.split('/').next();
    let bucket = bucket(record).or_else(of_group)?;
    let (kind, name) = match key(record) {
        Some(key) => ("AWS::S3::Object", format!("{bucket}/{key}")),
        None => ("AWS::S3::Bucket", bucket.to_owned()),
    };
    let partition = match region(record).unwrap_or_default() {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let name = format!("arn:{partition}:s3:::{name}");
    Some(TargetResource { kind: Some(kind.to_owned()), ..TargetResource::from_name(&name) })
}

/// The region in the endpoint's name: `eu-west-1` of `logs.s3.eu-west-1.amazonaws.com`.
pub(super) fn region(record: &Value) -> Option<&str> {
    let host = text(record, &field::HOST)?;
    let host = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
    let last = host.rsplit('.').next()?;
    let region = last.strip_prefix("s3-").unwrap_or(last);
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = region.split('-').count() >= 3
        && (9..=24).contains(&region.len())
        && region.ends_with(|end: char| end.is_ascii_digit())
        && region.bytes().all(is_plain);
    fits.then_some(region)
}

#[cfg(test)]
mod tests;
