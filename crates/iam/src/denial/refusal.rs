//! Refusals by something that is no IAM policy: nothing that a policy says would cure them.

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
            Self::ServiceRule | Self::DryRun => None,
        }
    }
}

/// Codes about who the caller is, by their beginnings.
const CREDENTIAL_CODES: [&str; 13] = [
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
const WORDS: [(&str, Refusal); 29] = [
    ("Failed authentication", Refusal::Credentials),
    ("security token included in the request", Refusal::Credentials),
    ("No username found in supplied account", Refusal::Credentials),
    ("Lake Formation permission", Refusal::LakeFormation),
    ("Block Public Access", Refusal::BlockPublicAccess),
    ("prevented by the BlockPublic", Refusal::BlockPublicAccess),
    ("IAM user access not activated", Refusal::Billing),
    ("not enabled for cost explorer", Refusal::Billing),
    ("not subscribed to this service", Refusal::OptIn),
    ("needs a subscription", Refusal::OptIn),
    ("not signed up", Refusal::OptIn),
    ("MultiFactorAuthentication failed", Refusal::Mfa),
    ("access to the model", Refusal::ModelAccess),
    ("Model access is denied", Refusal::ModelAccess),
    ("from a member account", Refusal::Organization),
    ("management account", Refusal::Organization),
    ("master account", Refusal::Organization),
    ("delegated administrator", Refusal::Organization),
    ("account is suspended", Refusal::Account),
    ("account is currently blocked", Refusal::Account),
    ("being verified", Refusal::Account),
    ("being validated", Refusal::Account),
    ("Cross-account pass role is not allowed", Refusal::ServiceRule),
    ("with session credentials", Refusal::ServiceRule),
    ("no longer available to new customers", Refusal::ServiceRule),
    ("not available to new customers", Refusal::ServiceRule),
    ("no existing repository in this AWS account", Refusal::ServiceRule),
    ("Not authorized for images", Refusal::NotShared),
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
    let Some(refusal) = of(code, text) else { return };
    denial.refusal = Some(refusal);
    denial.effect = Effect::None;
    denial.layer = match refusal {
        Refusal::Credentials => Layer::Authentication,
        Refusal::DryRun => Layer::None,
        _ => Layer::NotIam,
    };
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
    if starts(&CREDENTIAL_CODES) {
        return words().filter(|found| *found == Refusal::NotShared).or(Some(Refusal::Credentials));
    }
    words().filter(|found| *found != Refusal::DryRun)
}
