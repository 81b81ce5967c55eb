//! Tells by a code and its words what refused a call, where that was no IAM policy.

use std::borrow::Cow;

use aware_core::event::Event;
use aware_core::explanation::{DenialEffect, DenialLayer};

use super::denied::Denial;
use super::refusal::NonIamRefusal;
use crate::steps::scan;

/// Beginnings of error codes about the caller's identity.
const CREDENTIAL_CODES: [&str; 14] = [
    "RequestTimeTooSkewed",
    "ExpiredToken",
    "InvalidClientTokenId",
    "UnrecognizedClient",
    "SignatureDoesNotMatch",
    "InvalidSignature",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidToken",
    "AuthFailure",
    "RequestExpired",
    "MissingAuthenticationToken",
    "UnauthorizedSSOToken",
    "NotAuthorizedException",
];

/// Beginnings of error codes for accounts without a subscription.
const OPT_IN_CODES: [&str; 4] =
    ["OptInRequired", "SubscriptionRequired", "NotSignedUp", "PendingVerification"];

/// Phrases and what they mean; the first one in the text counts.
const REFUSAL_WORDS: [(&str, NonIamRefusal); 86] = [
    ("Failed authentication", NonIamRefusal::Credentials),
    ("security token included in the request", NonIamRefusal::Credentials),
    ("No username found in supplied account", NonIamRefusal::Credentials),
    ("validate the provided access credentials", NonIamRefusal::Credentials),
    ("Missing Authentication Token", NonIamRefusal::Credentials),
    ("provided token has expired", NonIamRefusal::Credentials),
    ("Session token not found or invalid", NonIamRefusal::Credentials),
    ("no basic auth credentials", NonIamRefusal::Credentials),
    ("request time and the current time is too large", NonIamRefusal::Credentials),
    ("Request has expired", NonIamRefusal::Credentials),
    ("Unable to locate credentials", NonIamRefusal::Credentials),
    ("authorization token has expired", NonIamRefusal::Credentials),
    ("session associated with this profile has expired", NonIamRefusal::Credentials),
    ("Token has expired and refresh failed", NonIamRefusal::Credentials),
    ("request signature we calculated does not match", NonIamRefusal::Credentials),
    ("Access Key Id you provided does not exist", NonIamRefusal::Credentials),
    ("no valid providers in chain", NonIamRefusal::Credentials),
    ("Could not load credentials from any providers", NonIamRefusal::Credentials),
    ("No valid credential sources found", NonIamRefusal::Credentials),
    ("You must be logged in to the server", NonIamRefusal::Credentials),
    ("Lake Formation permission", NonIamRefusal::LakeFormation),
    ("requester is not authorized to access requested permissions", NonIamRefusal::LakeFormation),
    ("no permissions and no grantable permissions", NonIamRefusal::LakeFormation),
    ("does not have any privilege on specified resource", NonIamRefusal::LakeFormation),
    ("Block Public Access", NonIamRefusal::BlockPublicAccess),
    ("prevented by the BlockPublic", NonIamRefusal::BlockPublicAccess),
    ("IAM user access not activated", NonIamRefusal::Billing),
    ("not enabled for cost explorer", NonIamRefusal::Billing),
    ("Cost Explorer has not been enabled", NonIamRefusal::Billing),
    ("has not been enabled for this account", NonIamRefusal::OptIn),
    ("not subscribed to this service", NonIamRefusal::OptIn),
    ("needs a subscription", NonIamRefusal::OptIn),
    ("need to accept terms and subscribe", NonIamRefusal::OptIn),
    ("requires AWS Premium Support", NonIamRefusal::OptIn),
    ("Premium Support Subscription is required", NonIamRefusal::OptIn),
    ("not signed up", NonIamRefusal::OptIn),
    ("is not enabled for this account", NonIamRefusal::OptIn),
    ("MultiFactorAuthentication failed", NonIamRefusal::Mfa),
    ("access to the model", NonIamRefusal::ModelAccess),
    ("access to model", NonIamRefusal::ModelAccess),
    ("access to Bedrock models", NonIamRefusal::ModelAccess),
    ("Access to this model is not available", NonIamRefusal::ModelAccess),
    ("Access to Anthropic models is not allowed", NonIamRefusal::ModelAccess),
    ("Model use case details have not been submitted", NonIamRefusal::ModelAccess),
    ("Model access is denied", NonIamRefusal::ModelAccess),
    ("from a member account", NonIamRefusal::Organization),
    ("management account", NonIamRefusal::Organization),
    ("master account", NonIamRefusal::Organization),
    ("delegated administrator", NonIamRefusal::Organization),
    ("declarative policy", NonIamRefusal::Organization),
    ("must be a delegated", NonIamRefusal::Organization),
    ("account is suspended", NonIamRefusal::Account),
    ("account is currently blocked", NonIamRefusal::Account),
    ("Your account is not authorized", NonIamRefusal::Account),
    ("account is not authorized to invoke this API", NonIamRefusal::Account),
    ("being verified", NonIamRefusal::Account),
    ("must be verified before", NonIamRefusal::Account),
    ("being validated", NonIamRefusal::Account),
    ("INVALID_PAYMENT_INSTRUMENT", NonIamRefusal::Account),
    ("Cross-account pass role is not allowed", NonIamRefusal::ServiceRule),
    ("with session credentials", NonIamRefusal::ServiceRule),
    ("no longer available to new customers", NonIamRefusal::ServiceRule),
    ("not available to new customers", NonIamRefusal::ServiceRule),
    ("no existing repository in this AWS account", NonIamRefusal::ServiceRule),
    ("is managed by AWS", NonIamRefusal::ServiceRule),
    ("Unauthenticated access is not supported for this identity pool", NonIamRefusal::ServiceRule),
    ("Not authorized for images", NonIamRefusal::NotShared),
    ("Unable to determine service/operation name", NonIamRefusal::NotServed),
    ("Access Denied to API Version", NonIamRefusal::NotServed),
    ("service is not available in this region", NonIamRefusal::NotServed),
    ("not supported in this region", NonIamRefusal::NotServed),
    ("on type Query", NonIamRefusal::OwnApi),
    ("on type Mutation", NonIamRefusal::OwnApi),
    ("on type Subscription", NonIamRefusal::OwnApi),
    ("when calling the GetRoleCredentials operation: No access", NonIamRefusal::Assignment),
    ("GetRoleCredentials, https response error StatusCode: 403", NonIamRefusal::Assignment),
    ("no permissions for [", NonIamRefusal::DataPermissions),
    ("[security_exception]", NonIamRefusal::DataPermissions),
    ("User does not have permissions for the requested resource", NonIamRefusal::DataPermissions),
    ("permission denied for ", NonIamRefusal::DataPermissions),
    ("Access denied for user '", NonIamRefusal::DataPermissions),
    ("is not authorized to load table", NonIamRefusal::DataPermissions),
    (" is forbidden: User ", NonIamRefusal::Kubernetes),
    ("access to Kubernetes objects", NonIamRefusal::Kubernetes),
    ("unable to accept connection, access denied", NonIamRefusal::DataPermissions),
    ("flag is set", NonIamRefusal::DryRun),
];

/// Completes a denial whose policy is unknown.
pub(super) fn classify_refusal(code: &str, text: &str, denial: &mut Denial<'_>) {
    let code =
        code.strip_prefix("Client.").or_else(|| code.strip_prefix("Server.")).unwrap_or(code);
    if code == "VpceAccessDenied" || text.contains("denied due to a VPC endpoint policy") {
        denial.layer = DenialLayer::VpcEndpoint;
        denial.effect = DenialEffect::Either;
        return;
    }
    if let Some(refusal) = find_refusal(code, text) {
        set_refusal(denial, refusal);
    }
}

/// Completes a denial whose words have a meaning of their own in the service that wrote them.
pub(super) fn classify_by_service(event: &Event, text: &str, denial: &mut Denial<'_>) {
    let refusal = match (event.action.service.as_str(), event.action.name.as_str()) {
        // Lake Formation words IAM's refusals as IAM does, and its own differently.
        ("lakeformation", _) if !text.is_empty() => NonIamRefusal::LakeFormation,
        // The API's own modes decide who may send queries; IAM's refusals have IAM's wording.
        ("appsync", "GraphQL") => NonIamRefusal::OwnApi,
        _ => return,
    };
    set_refusal(denial, refusal);
}

fn set_refusal(denial: &mut Denial<'_>, refusal: NonIamRefusal) {
    denial.refusal = Some(refusal);
    denial.effect = DenialEffect::None;
    denial.layer = match refusal {
        NonIamRefusal::Credentials => DenialLayer::Authentication,
        NonIamRefusal::DryRun => DenialLayer::None,
        _ => DenialLayer::NotIam,
    };
}

/// A text without its quoted parts, which may be names that a caller chose.
pub(super) fn outside_quotes(text: &str) -> Cow<'_, str> {
    let opens = |before: Option<char>| before.is_none_or(|c| !c.is_alphanumeric());
    if !scan(text).contains(['\'', '"', '`']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut open = None;
    let mut before = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends = letters.peek().is_none_or(|next| !next.is_alphanumeric());
        match (letter, open) {
            (quote @ ('\'' | '"' | '`'), None) if opens(before) => open = Some(quote),
            (quote, Some(opened))
                if (quote == opened || opened == '`' && quote == '\'') && ends =>
            {
                open = None;
            }
            (_, Some(_)) => {}
            (letter, None) => out.push(letter),
        }
        before = Some(letter);
    }
    Cow::Owned(out)
}

fn find_refusal(code: &str, text: &str) -> Option<NonIamRefusal> {
    if code == "DryRunOperation" {
        return Some(NonIamRefusal::DryRun);
    }
    let words = || {
        REFUSAL_WORDS
            .iter()
            .find(|(words, _)| scan(text).contains(words))
            .map(|(_, refusal)| *refusal)
    };
    let starts = |stems: &[&str]| stems.iter().any(|stem| code.starts_with(stem));
    if starts(&OPT_IN_CODES) {
        return Some(NonIamRefusal::OptIn);
    }
    if starts(&CREDENTIAL_CODES) && !code.ends_with("ServiceLinkedRoleCreationNotPermitted") {
        return words()
            .filter(|found| *found == NonIamRefusal::NotShared)
            .or(Some(NonIamRefusal::Credentials));
    }
    words().filter(|found| *found != NonIamRefusal::DryRun)
}
