//! Decides whose policy must change.

use aware_core::event::Arn;

use super::facts::DenialFacts;
use crate::denial::DenialLayer;
use crate::principal::IdentityKind;
use crate::resource::FoundResource;
use crate::suggest::is_account_id;

/// The policy to change, or `None` if changing a policy would not help.
pub(super) fn attach_to(
    facts: &DenialFacts<'_>,
    action: &str,
    found: Option<&FoundResource>,
) -> Option<String> {
    let identity = &facts.identity;
    match facts.denial.layer {
        _ if by_trust_alone(facts, action) => Some(trust_label(found, " (sub/aud condition)")),
        DenialLayer::Identity => identity.identity_policy(),
        DenialLayer::Boundary => {
            let label = identity.display_name();
            Some(format!("permissions boundary of {label} (identity policy may also need it)"))
        }
        DenialLayer::Session if identity.kind == IdentityKind::FederatedUser => {
            Some("policy passed to GetFederationToken".to_owned())
        }
        DenialLayer::Session => Some("session policy passed at AssumeRole".to_owned()),
        DenialLayer::VpcEndpoint => Some(match facts.endpoint {
            Some(id) => format!("VPC endpoint policy ({id})"),
            None => "VPC endpoint policy".to_owned(),
        }),
        DenialLayer::Trust => Some(trust_label(found, "")),
        DenialLayer::Resource | DenialLayer::ResourceOrMissing => {
            Some(resource_policy_label(facts, action, found))
        }
        DenialLayer::Unknown => attach_unstated(facts, action, found),
        DenialLayer::Scp
        | DenialLayer::Rcp
        | DenialLayer::KubernetesRbac
        | DenialLayer::KubernetesAdmission
        | DenialLayer::NetworkRule
        | DenialLayer::NetworkAcl
        | DenialLayer::NotIam
        | DenialLayer::Authentication
        | DenialLayer::None => None,
    }
}

/// The policy to change where AWS does not say which kind refused.
fn attach_unstated(
    facts: &DenialFacts<'_>,
    action: &str,
    found: Option<&FoundResource>,
) -> Option<String> {
    let identity = &facts.identity;
    match () {
        _ if other_account(facts, found).is_some() => {
            Some(both_policies_label(facts, action, found))
        }
        // A trust policy must list them, whatever the caller's own policies allow.
        _ if SESSION_ACTIONS.contains(&action) => {
            let own = identity.identity_policy()?;
            Some(format!("{own}, and {}", trust_label(found, "")))
        }
        // AWS does not say which of the two refused, nor does it name the key.
        _ if action == "kms:Decrypt" && facts.denial.worded.is_some() => {
            let own = identity.identity_policy()?;
            Some(format!("KMS key policy (not named), or {own}"))
        }
        _ if is_unnamed_role(facts) => Some(format!("identity policy of {}", lacking_label(facts))),
        _ => identity.identity_policy(),
    }
}

/// Actions that come with `sts:AssumeRole`.
const SESSION_ACTIONS: [&str; 2] = ["sts:TagSession", "sts:SetSourceIdentity"];

/// Whether a role lacks the permission that the call hands on, and its name is unknown.
fn is_unnamed_role(facts: &DenialFacts<'_>) -> bool {
    facts.caller.is_some() && facts.identity.arn.is_none()
}

/// Whose permission is lacking, for use in sentences.
pub(super) fn lacking_label(facts: &DenialFacts<'_>) -> String {
    if is_unnamed_role(facts) {
        "the role that the service was given".to_owned()
    } else {
        facts.identity.display_name()
    }
}

/// Whether a role's trust policy alone decides, because the caller has no policies of its own.
pub(super) fn by_trust_alone(facts: &DenialFacts<'_>, action: &str) -> bool {
    let is_trusted =
        facts.denial.layer == DenialLayer::Trust && facts.identity.kind == IdentityKind::Service;
    let is_federated = matches!(
        facts.identity.kind,
        IdentityKind::WebIdentity(_) | IdentityKind::Saml | IdentityKind::Service
    ) && !is_trusted;
    let federates = matches!(action, "sts:AssumeRoleWithWebIdentity" | "sts:AssumeRoleWithSAML");
    federates || is_federated && action.starts_with("sts:")
}

pub(super) fn trust_label(found: Option<&FoundResource>, what: &str) -> String {
    match found.filter(|found| found.whole && found.name != "*") {
        Some(found) => format!("trust policy of {}{what}", found.name),
        None => format!("trust policy of the target role (not named in the message){what}"),
    }
}

/// The account that owns the resource, if it is not the caller's.
pub(super) fn other_account(
    facts: &DenialFacts<'_>,
    found: Option<&FoundResource>,
) -> Option<String> {
    let own = facts.identity.account.as_deref().filter(|id| is_account_id(id))?;
    let arn = found.and_then(|found| Arn::parse(&found.name));
    let named = arn.as_ref().map(|arn| arn.account().to_owned()).filter(|id| !id.is_empty());
    let listed = || facts.accounts.owner_of(arn.as_ref().map(Arn::as_str)).map(str::to_owned);
    let account = named.or_else(listed)?;
    (is_account_id(&account) && account != own).then_some(account)
}

/// The name of a permission set that allows everything, if the denial claims that an identity-based
/// policy is missing: something else denies the call, since nothing can be added.
///
/// Source: IAM Identity Center user guide, "Predefined permissions"; Control Tower user guide.
pub(super) fn allows_everything<'f>(facts: &'f DenialFacts<'_>) -> Option<&'f str> {
    let IdentityKind::PermissionSet(set) = &facts.identity.kind else { return None };
    let is_own = matches!(facts.denial.layer, DenialLayer::Identity | DenialLayer::Unknown);
    let is_all = matches!(set.as_str(), "AdministratorAccess" | "AWSAdministratorAccess");
    (is_own && is_all).then_some(set)
}

pub(super) fn resource_policy_label(
    facts: &DenialFacts<'_>,
    action: &str,
    found: Option<&FoundResource>,
) -> String {
    let label = policy_label(action, found);
    if let Some(account) = other_account(facts, found) {
        return format!("{label} in {account} (cross-account: identity policy also needed)");
    }
    match found.filter(|found| found.name != "*") {
        Some(found) => format!("{label} of {}", found.name),
        None => format!("{label} (not named)"),
    }
}

fn both_policies_label(
    facts: &DenialFacts<'_>,
    action: &str,
    found: Option<&FoundResource>,
) -> String {
    let account = other_account(facts, found).unwrap_or_default();
    let label = policy_label(action, found);
    match facts.identity.identity_policy() {
        Some(own) => format!("{label} in {account} (cross-account), and {own}"),
        None => format!("{label} in {account} (cross-account)"),
    }
}

/// What the service calls the policies of its resources.
fn policy_label(action: &str, found: Option<&FoundResource>) -> &'static str {
    let kind = found.and_then(|found| found.kind.as_deref()).unwrap_or_default();
    match (action.split(':').next().unwrap_or_default(), kind) {
        ("s3", _) => "bucket policy",
        ("sqs", _) => "queue policy",
        ("sns", _) => "topic policy",
        ("kms", _) => "KMS key policy",
        ("secretsmanager", _) => "resource policy of the secret",
        ("lambda", _) => "function policy",
        ("ecr" | "ecr-public", _) => "repository policy",
        ("logs", "destination") => "destination access policy",
        ("events", _) => "event bus policy",
        ("sts" | "iam", _) => "trust policy of the role",
        ("elasticfilesystem", _) => "file system policy",
        ("backup", _) => "vault access policy",
        ("execute-api", _) => "API's resource policy",
        _ => "resource-based policy",
    }
}
