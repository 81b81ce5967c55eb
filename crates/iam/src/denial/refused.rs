//! Tells by a code and its words what refused a call, where that was no IAM policy.

use std::borrow::Cow;

use aware_core::event::Event;

use super::denied::Denial;
use super::refusal::Refusal;
use aware_core::explanation::{Effect, Layer};

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
const WORDS: [(&str, Refusal); 86] = [
    ("Failed authentication", Refusal::Credentials),
    ("security token included in the request", Refusal::Credentials),
    ("No username found in supplied account", Refusal::Credentials),
    ("validate the provided access credentials", Refusal::Credentials),
    ("Missing Authentication Token", Refusal::Credentials),
    ("provided token has expired", Refusal::Credentials),
    ("Session token not found or invalid", Refusal::Credentials),
    ("no basic auth credentials", Refusal::Credentials),
    ("request time and the current time is too large", Refusal::Credentials),
    ("Request has expired", Refusal::Credentials),
    ("Unable to locate credentials", Refusal::Credentials),
    ("authorization token has expired", Refusal::Credentials),
    ("session associated with this profile has expired", Refusal::Credentials),
    ("Token has expired and refresh failed", Refusal::Credentials),
    ("request signature we calculated does not match", Refusal::Credentials),
    ("Access Key Id you provided does not exist", Refusal::Credentials),
    ("no valid providers in chain", Refusal::Credentials),
    ("Could not load credentials from any providers", Refusal::Credentials),
    ("No valid credential sources found", Refusal::Credentials),
    ("You must be logged in to the server", Refusal::Credentials),
    ("Lake Formation permission", Refusal::LakeFormation),
    ("requester is not authorized to access requested permissions", Refusal::LakeFormation),
    ("no permissions and no grantable permissions", Refusal::LakeFormation),
    ("does not have any privilege on specified resource", Refusal::LakeFormation),
    ("Block Public Access", Refusal::BlockPublicAccess),
    ("prevented by the BlockPublic", Refusal::BlockPublicAccess),
    ("IAM user access not activated", Refusal::Billing),
    ("not enabled for cost explorer", Refusal::Billing),
    ("Cost Explorer has not been enabled", Refusal::Billing),
    ("has not been enabled for this account", Refusal::OptIn),
    ("not subscribed to this service", Refusal::OptIn),
    ("needs a subscription", Refusal::OptIn),
    ("need to accept terms and subscribe", Refusal::OptIn),
    ("requires AWS Premium Support", Refusal::OptIn),
    ("Premium Support Subscription is required", Refusal::OptIn),
    ("not signed up", Refusal::OptIn),
    ("is not enabled for this account", Refusal::OptIn),
    ("MultiFactorAuthentication failed", Refusal::Mfa),
    ("access to the model", Refusal::ModelAccess),
    ("access to model", Refusal::ModelAccess),
    ("access to Bedrock models", Refusal::ModelAccess),
    ("Access to this model is not available", Refusal::ModelAccess),
    ("Access to Anthropic models is not allowed", Refusal::ModelAccess),
    ("Model use case details have not been submitted", Refusal::ModelAccess),
    ("Model access is denied", Refusal::ModelAccess),
    ("from a member account", Refusal::Organization),
    ("management account", Refusal::Organization),
    ("master account", Refusal::Organization),
    ("delegated administrator", Refusal::Organization),
    ("declarative policy", Refusal::Organization),
    ("must be a delegated", Refusal::Organization),
    ("account is suspended", Refusal::Account),
    ("account is currently blocked", Refusal::Account),
    ("Your account is not authorized", Refusal::Account),
    ("account is not authorized to invoke this API", Refusal::Account),
    ("being verified", Refusal::Account),
    ("must be verified before", Refusal::Account),
    ("being validated", Refusal::Account),
    ("INVALID_PAYMENT_INSTRUMENT", Refusal::Account),
    ("Cross-account pass role is not allowed", Refusal::ServiceRule),
    ("with session credentials", Refusal::ServiceRule),
    ("no longer available to new customers", Refusal::ServiceRule),
    ("not available to new customers", Refusal::ServiceRule),
    ("no existing repository in this AWS account", Refusal::ServiceRule),
    ("is managed by AWS", Refusal::ServiceRule),
    ("Unauthenticated access is not supported for this identity pool", Refusal::ServiceRule),
    ("Not authorized for images", Refusal::NotShared),
    ("Unable to determine service/operation name", Refusal::NotServed),
    ("Access Denied to API Version", Refusal::NotServed),
    ("service is not available in this region", Refusal::NotServed),
    ("not supported in this region", Refusal::NotServed),
    ("on type Query", Refusal::OwnApi),
    ("on type Mutation", Refusal::OwnApi),
    ("on type Subscription", Refusal::OwnApi),
    ("when calling the GetRoleCredentials operation: No access", Refusal::Assignment),
    ("GetRoleCredentials, https response error StatusCode: 403", Refusal::Assignment),
    ("no permissions for [", Refusal::DataPermissions),
    ("[security_exception]", Refusal::DataPermissions),
    ("User does not have permissions for the requested resource", Refusal::DataPermissions),
    ("permission denied for ", Refusal::DataPermissions),
    ("Access denied for user '", Refusal::DataPermissions),
    ("is not authorized to load table", Refusal::DataPermissions),
    (" is forbidden: User ", Refusal::Kubernetes),
    ("access to Kubernetes objects", Refusal::Kubernetes),
    ("unable to accept connection, access denied", Refusal::DataPermissions),
    ("flag is set", Refusal::DryRun),
];

/// Completes a denial whose policy is unknown.
pub(super) fn judge(code: &str, text: &str, denial: &mut Denial<'_>) {
    let code =
        code.strip_prefix("Client.").or_else(|| code.strip_prefix("Server.")).unwrap_or(code);
    if code == "VpceAccessDenied" || text.contains("denied due to a VPC endpoint policy") {
        denial.layer = Layer::VpcEndpoint;
        denial.effect = Effect::Either;
        return;
    }
    if let Some(refusal) = of(code, text) {
        set(denial, refusal);
    }
}

/// Completes a denial whose words have a meaning of their own in the service that wrote them.
pub(super) fn judge_service(event: &Event, text: &str, denial: &mut Denial<'_>) {
    let refusal = match (event.action.service.as_str(), event.action.name.as_str()) {
        // Lake Formation words IAM's refusals as IAM does, and its own differently.
        ("lakeformation", _) if !text.is_empty() => Refusal::LakeFormation,
        // The API's own modes decide who may send queries; IAM's refusals have IAM's wording.
        ("appsync", "GraphQL") => Refusal::OwnApi,
        _ => return,
    };
    set(denial, refusal);
}

fn set(denial: &mut Denial<'_>, refusal: Refusal) {
    denial.refusal = Some(refusal);
    denial.effect = Effect::None;
    denial.layer = match refusal {
        Refusal::Credentials => Layer::Authentication,
        Refusal::DryRun => Layer::None,
        _ => Layer::NotIam,
    };
}

/// A text without its quoted parts, which may be names that a caller chose.
pub(super) fn outside_quotes(text: &str) -> Cow<'_, str> {
    let opens = |before: Option<char>| before.is_none_or(|c| !c.is_alphanumeric());
    if !text.contains(['\'', '"', '`']) {
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

fn of(code: &str, text: &str) -> Option<Refusal> {
    if code == "DryRunOperation" {
        return Some(Refusal::DryRun);
    }
    let words =
        || WORDS.iter().find(|(words, _)| text.contains(words)).map(|(_, refusal)| *refusal);
    let starts = |stems: &[&str]| stems.iter().any(|stem| code.starts_with(stem));
    if starts(&OPT_IN_CODES) {
        return Some(Refusal::OptIn);
    }
    if starts(&CREDENTIAL_CODES) && !code.ends_with("ServiceLinkedRoleCreationNotPermitted") {
        return words().filter(|found| *found == Refusal::NotShared).or(Some(Refusal::Credentials));
    }
    words().filter(|found| *found != Refusal::DryRun)
}
