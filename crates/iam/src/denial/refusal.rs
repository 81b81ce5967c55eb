//! Refusals by something that is no IAM policy: nothing that a policy says would cure them.

use std::borrow::Cow;

use aware_core::event::Event;

use super::{Denial, Effect, Layer};

/// What refused a call, where that was no IAM policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The credentials were wrong, unknown or expired.
    Credentials,
    /// The user has no access to billing data, which an account's root user switches on.
    Billing,
    /// AWS Lake Formation's own permissions.
    LakeFormation,
    /// The account has not opted in to, or subscribed to, a service or region.
    OptIn,
    /// S3 Block Public Access.
    BlockPublicAccess,
    /// A wrong or missing one-time code.
    Mfa,
    /// Access to a model of Bedrock has not been requested.
    ModelAccess,
    /// Only the organization's management or delegated account may do it.
    Organization,
    /// The account is new, suspended, or being verified.
    Account,
    /// A rule of the service itself.
    ServiceRule,
    /// The owner of what was asked for has not shared it.
    NotShared,
    /// The service does not offer the operation where it was called.
    NotServed,
    /// The authorization of an API that the account itself has made.
    OwnApi,
    /// No assignment in IAM Identity Center.
    Assignment,
    /// A database's or an index's own permissions.
    DataPermissions,
    /// The Kubernetes API server's own authorization.
    Kubernetes,
    /// Nothing was refused: a dry run proves that the permission is there.
    DryRun,
}

impl Refusal {
    /// Why, for people.
    pub fn why(self) -> &'static str {
        match self {
            Self::Credentials => {
                "the caller's credentials were not accepted: authentication, not permission"
            }
            Self::Billing => {
                "access to billing data is not switched on for IAM users and roles of this account"
            }
            Self::LakeFormation => "AWS Lake Formation has not granted it",
            Self::OptIn => {
                "the account is not subscribed to, or has not opted in to, this service or region"
            }
            Self::BlockPublicAccess => "S3 Block Public Access prevents it",
            Self::Mfa => "the one-time code was wrong or missing",
            Self::ModelAccess => "access to this model has not been granted to the account",
            Self::Organization => {
                "only the organization's management account, or a delegated administrator, may do it"
            }
            Self::Account => "the account's standing does not allow it",
            Self::ServiceRule => "the service itself does not allow it, whatever the policies say",
            Self::NotShared => "its owner has not shared it with this account",
            Self::NotServed => "the service does not offer this operation in this Region",
            Self::OwnApi => "the API's own authorization refused it, not IAM",
            Self::Assignment => {
                "IAM Identity Center has not assigned this account and permission set to the user"
            }
            Self::DataPermissions => {
                "the service's own permissions on the data refused it, not IAM"
            }
            Self::Kubernetes => "Kubernetes refused it by its own roles (RBAC), not IAM",
            Self::DryRun => "not denied: the permission exists, and a dry run changes nothing",
        }
    }

    /// Who can mend it, or `None` where nobody has to.
    pub fn decided_by(self) -> Option<&'static str> {
        match self {
            Self::Credentials | Self::Mfa => Some("whoever holds the credentials"),
            Self::Billing => Some("the account's root user, in the billing preferences"),
            Self::LakeFormation => Some("a Lake Formation administrator"),
            Self::OptIn | Self::Account => Some("the account's administrator"),
            Self::BlockPublicAccess => {
                Some("the owner of the bucket's and the account's Block Public Access settings")
            }
            Self::ModelAccess => {
                Some("the account's administrator, on Bedrock's page of model access")
            }
            Self::Organization => Some("the organization's management account"),
            Self::NotShared => Some("the owner of the resource"),
            Self::OwnApi => Some("the owner of the API, by its authorization modes"),
            Self::Assignment => Some("an administrator of IAM Identity Center"),
            Self::DataPermissions => {
                Some("whoever administers the data, by the service's own roles")
            }
            Self::Kubernetes => {
                Some("whoever administers the cluster, by its role bindings and access entries")
            }
            Self::ServiceRule | Self::NotServed | Self::DryRun => None,
        }
    }
}

/// Codes about who the caller is, by their beginnings.
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

/// Codes of accounts that lack a subscription, by their beginnings.
const OPT_IN_CODES: [&str; 4] =
    ["OptInRequired", "SubscriptionRequired", "NotSignedUp", "PendingVerification"];

/// Words and what they mean; the first that a text holds counts.
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

/// Completes a denial of which no policy is known.
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

/// Completes a denial whose words mean something by the service that wrote them.
pub(super) fn judge_service(event: &Event, text: &str, denial: &mut Denial<'_>) {
    let refusal = match (event.action.service.as_str(), event.action.name.as_str()) {
        // Lake Formation words IAM's refusals as IAM does, and its own in its own words.
        ("lakeformation", _) if !text.is_empty() => Refusal::LakeFormation,
        // Who may send queries is up to the API's modes; IAM's are worded as IAM words them.
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

/// A text without what it quotes: names that a caller chose.
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
