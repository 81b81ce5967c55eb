//! Encoded authorization messages, decoded by STS.
//!
//! Source: STS API reference, "DecodeAuthorizationMessage"; the caller needs that permission.

use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata};

use crate::aws::Aws;

/// Why a message could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeProblem {
    /// AWS refused, or cannot be reached.
    #[error("{0}")]
    Refused(String),
    /// AWS answered nothing.
    #[error("the answer is empty")]
    Empty,
}

/// Asks AWS what an encoded authorization message says: JSON.
///
/// # Errors
/// [`DecodeProblem`]; the same call will mostly fail again.
pub async fn decode(aws: &Aws, encoded: &str) -> Result<String, DecodeProblem> {
    let client = aws_sdk_sts::Client::new(aws.config().await);
    let sent = client.decode_authorization_message().encoded_message(encoded).send().await;
    let answer = sent.map_err(|error| {
        let said = match (error.code(), error.message()) {
            (Some("AccessDenied" | "AccessDeniedException"), _) => {
                "you may not call sts:DecodeAuthorizationMessage (hint: ask somebody who may)"
                    .to_owned()
            }
            (Some(code), message) => format!("{code}: {}", message.unwrap_or_default()),
            (None, _) => DisplayErrorContext(&error).to_string(),
        };
        DecodeProblem::Refused(said)
    })?;
    answer.decoded_message.filter(|text| !text.is_empty()).ok_or(DecodeProblem::Empty)
}
