//! Asks AWS about a denial: STS decodes encoded authorization messages, and Access Troubleshooter
//! returns the evaluation behind an authorization id.
//!
//! Sources: STS API reference, "DecodeAuthorizationMessage"; IAM Toolbox API reference,
//! "GetRequestAuthorizationDetails". The caller needs these permissions.

use std::collections::HashMap;

use aws_sdk_iamtoolbox::types::{Evaluation, MatchedPolicy, PolicyInfo};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_types::{Document, Number};
use serde_json::{Value, json};

use crate::aws::{AwsSession, NoRegion, describe_error};

/// Why a message could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeProblem {
    /// AWS refused the call or cannot be reached.
    #[error("{0}")]
    Refused(String),
    /// No region is configured.
    #[error(transparent)]
    NoRegion(#[from] NoRegion),
    /// AWS returned an empty answer.
    #[error("the answer is empty")]
    Empty,
}

/// Decodes an encoded authorization message through STS; returns its JSON.
///
/// # Errors
/// [`DecodeProblem`]; the same call is likely to fail again.
pub async fn decode_message(aws: &AwsSession, encoded: &str) -> Result<String, DecodeProblem> {
    let client = aws_sdk_sts::Client::new(aws.regional_config().await?);
    let sent = client.decode_authorization_message().encoded_message(encoded).send().await;
    let answer =
        sent.map_err(|error| describe_refusal(&error, "sts:DecodeAuthorizationMessage"))?;
    answer.decoded_message.filter(|text| !text.is_empty()).ok_or(DecodeProblem::Empty)
}

/// The most pages read of one answer; each holds many evaluations.
const MAX_PAGES: usize = 20;

/// Fetches how AWS evaluated the request with this authorization id: the answer as JSON, all its
/// pages in one. AWS keeps it for at least 24 hours after the denial.
///
/// # Errors
/// [`DecodeProblem`]; the same call is likely to fail again.
pub async fn fetch_evaluation(aws: &AwsSession, id: &str) -> Result<String, DecodeProblem> {
    let client = aws_sdk_iamtoolbox::Client::new(aws.regional_config().await?);
    let (mut evaluations, mut policies, mut context) = (Vec::new(), Vec::new(), Value::Null);
    let mut token = None;
    for _ in 0..MAX_PAGES {
        let call = client.get_request_authorization_details().authorization_id(id);
        let sent = call.set_next_token(token).send().await;
        let page =
            sent.map_err(|error| describe_refusal(&error, "iam:GetRequestAuthorizationDetails"))?;
        evaluations.extend(page.evaluations.iter().map(evaluation_json));
        policies.extend(page.policies.iter().map(policy_json));
        context = object_json(&page.request_context);
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    if evaluations.is_empty() {
        return Err(DecodeProblem::Empty);
    }
    let whole =
        json!({ "requestContext": context, "evaluations": evaluations, "policies": policies });
    Ok(whole.to_string())
}

fn describe_refusal<E>(error: &SdkError<E>, action: &str) -> DecodeProblem
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    DecodeProblem::Refused(match error.code() {
        Some("AccessDenied" | "AccessDeniedException") => {
            format!("you may not call {action} (hint: ask an administrator for access)")
        }
        _ => describe_error(error, action),
    })
}

fn evaluation_json(it: &Evaluation) -> Value {
    json!({
        "action": it.action,
        "resource": it.resource,
        "evaluatedEffect": it.evaluated_effect.as_ref().map(|effect| effect.as_str()),
        "context": it.context.as_ref().map(object_json),
        "matchedPolicies": it.matched_policies().iter().map(matched_policy_json).collect::<Vec<_>>(),
    })
}

fn matched_policy_json(it: &MatchedPolicy) -> Value {
    let statement = |it: &aws_sdk_iamtoolbox::types::MatchedStatement| {
        let effect = it.evaluated_effect.as_ref().map(|effect| effect.as_str());
        json!({ "sid": it.sid, "evaluatedEffect": effect })
    };
    let statements: Vec<_> = it.matched_statements().iter().map(statement).collect();
    json!({ "uri": it.uri, "matchedStatements": statements })
}

fn policy_json(it: &PolicyInfo) -> Value {
    let kind = it.r#type.as_ref().map(|kind| kind.as_str());
    json!({ "uri": it.uri, "type": kind, "inline": it.inline })
}

fn object_json(members: &HashMap<String, Document>) -> Value {
    members.iter().map(|(name, value)| (name.clone(), document_json(value))).collect()
}

fn document_json(value: &Document) -> Value {
    match value {
        Document::Object(members) => object_json(members),
        Document::Array(list) => list.iter().map(document_json).collect(),
        Document::Number(Number::PosInt(number)) => (*number).into(),
        Document::Number(Number::NegInt(number)) => (*number).into(),
        Document::Number(Number::Float(number)) => (*number).into(),
        Document::String(text) => text.as_str().into(),
        Document::Bool(value) => (*value).into(),
        Document::Null => Value::Null,
    }
}
