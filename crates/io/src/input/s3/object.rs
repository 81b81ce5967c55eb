//! Reads one object, and explains why it cannot be read.

use aware_core::envelope::S3Object;
use aware_pipeline::port::InputError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};

use super::buckets::BucketClients;
use crate::aws::describe_error;

/// The permissions needed to read objects.
const ACTIONS: &str = "s3:GetObject, and kms:Decrypt if the trail is encrypted";

/// The largest object that a notice may announce, in bytes.
const MAX_NOTICED: u64 = 256 << 20;

/// Why an object could not be read.
#[derive(Debug)]
pub(in crate::input) enum GetError {
    /// It does not exist.
    Gone,
    /// The role may not read it: a change of its policy fixes that.
    Denied(String),
    /// It can never be read.
    Refused(String),
    /// S3 answers that it cannot return it now; perhaps it never can.
    Busy(String),
    /// S3 does not answer, or does not accept the caller: this says nothing about the object.
    Down(String),
}

impl GetError {
    /// Whether reading the same object may succeed later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Down(_))
    }

    /// The same, as an input's error.
    pub(in crate::input) fn into_input_error(self, origin: String) -> InputError {
        match self {
            Self::Gone => InputError::Gone(origin),
            Self::Denied(problem) | Self::Refused(problem) => {
                InputError::Unreadable { origin, problem }
            }
            Self::Busy(problem) | Self::Down(problem) => {
                InputError::Later(format!("{origin}: {problem}"))
            }
        }
    }
}

/// Reads an object that a notice announced. If the role may not read it, the notice is delivered
/// again: its policy can be fixed, and otherwise the dead-letter queue keeps the notice.
pub(in crate::input) async fn read_noticed(
    clients: &BucketClients,
    object: &S3Object,
) -> Result<Vec<u8>, InputError> {
    let origin = format!("s3://{}/{}", object.bucket, object.key);
    match read_object(clients, object, MAX_NOTICED).await {
        Err(GetError::Denied(problem)) => Err(InputError::Later(format!("{origin}: {problem}"))),
        body => body.map_err(|error| error.into_input_error(origin)),
    }
}

/// Reads one object of at most `max` bytes, in its bucket's region.
pub(in crate::input) async fn read_object(
    clients: &BucketClients,
    object: &S3Object,
    max: u64,
) -> Result<Vec<u8>, GetError> {
    let S3Object { bucket, key } = object;
    let ask = || clients.client_for(bucket).get_object().bucket(bucket).key(key).send();
    let mut sent = ask().await;
    if sent.as_ref().is_err_and(|error| clients.follow_region(bucket, error)) {
        sent = ask().await;
    }
    let answer = sent.map_err(|error| classify_error(&error))?;
    let length = u64::try_from(answer.content_length().unwrap_or_default()).unwrap_or_default();
    if length > max {
        return Err(too_large(max));
    }
    collect_body(answer, length, max).await
}

async fn collect_body(
    mut answer: GetObjectOutput,
    length: u64,
    max: u64,
) -> Result<Vec<u8>, GetError> {
    let mut body = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    while let Some(piece) = answer.body.next().await {
        body.extend_from_slice(&piece.map_err(|error| GetError::Down(error.to_string()))?);
        if body.len() as u64 > max {
            return Err(too_large(max));
        }
    }
    Ok(body)
}

/// An object over the limit.
pub(super) fn too_large(max: u64) -> GetError {
    GetError::Refused(format!("object is over the limit of {max} bytes"))
}

fn classify_error(error: &SdkError<GetObjectError>) -> GetError {
    let problem = explain_error(error, ACTIONS);
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    match (error.code(), status) {
        (Some("NoSuchKey" | "NoSuchBucket"), _) => GetError::Gone,
        (Some("AccessDenied" | "Forbidden"), _) => GetError::Denied(problem),
        (Some(code), _) if is_caller_fault(code) => GetError::Down(problem),
        (_, Some(404)) => GetError::Gone,
        (_, Some(429 | 500..)) => GetError::Busy(problem),
        (Some(_), Some(400..=499)) => GetError::Refused(problem),
        _ => GetError::Down(problem),
    }
}

/// Whether the caller's credentials or clock are at fault, which says nothing about the object.
fn is_caller_fault(code: &str) -> bool {
    let codes = [
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    ];
    codes.contains(&code)
}

/// What S3 answered, with a hint if one helps.
pub(in crate::input) fn explain_error<E>(error: &SdkError<E>, actions: &str) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.code() {
        Some("PermanentRedirect" | "AuthorizationHeaderMalformed") => {
            "the bucket is in another region, which S3 does not name (hint: set AWS_REGION or --aws-region)".to_owned()
        }
        Some("InvalidObjectState") => "the object is archived (hint: restore it)".to_owned(),
        Some("NoSuchBucket") => "there is no such bucket (hint: check its name)".to_owned(),
        _ => describe_error(error, actions),
    }
}
