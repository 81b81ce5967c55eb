//! Puts a grant into the form that each policy takes: a resource's policy names a principal, a
//! trust policy has no resource, a key's policy covers only its key; across accounts, two policies
//! must agree.
//!
//! Sources: IAM user guide, "AWS JSON policy elements: Principal"; "Cross-account policy evaluation
//! logic"; KMS developer guide, "Key policies"; AWS PrivateLink guide, "Control access to VPC
//! endpoints using endpoint policies".

use super::facts::DenialFacts;
use super::{companion, policy};
use crate::denial::DenialLayer;
use crate::principal::IdentityKind;
use crate::resource::FoundResource;
use crate::suggest::Grant;

/// Actions that a role's trust policy must allow as well, even within one account.
const BY_TRUST_TOO: [&str; 2] = ["sts:TagSession", "sts:SetSourceIdentity"];

/// Each policy with its statement, the one that the denial is about first.
///
/// # Errors
/// If a statement would need a principal that is unknown.
pub(super) fn policy_statements(
    facts: &DenialFacts<'_>,
    action: &str,
    found: Option<&FoundResource>,
    (attach_to, grant): (&str, Grant),
) -> Result<Vec<(String, Grant)>, String> {
    let is_abroad = policy::other_account(facts, found).is_some();
    let is_role = action.starts_with("sts:");
    let own = |grant: Grant| facts.identity.identity_policy().map(|policy| (policy, grant));
    let theirs = |grant: &Grant| {
        let label = if is_role {
            policy::trust_label(found, "")
        } else {
            policy::resource_policy_label(facts, action, found)
        };
        resource_statement(facts, action, grant).map(|grant| (label, grant))
    };
    let as_it_is = |grant: Grant| (attach_to.to_owned(), grant);
    match facts.denial.layer {
        DenialLayer::VpcEndpoint => Ok(vec![as_it_is(with_principal(facts, grant)?)]),
        DenialLayer::Resource | DenialLayer::Trust => {
            let mut made = vec![as_it_is(resource_statement(facts, action, &grant)?)];
            made.extend(own(grant).filter(|_| is_abroad));
            Ok(made)
        }
        DenialLayer::Unknown if is_abroad => {
            let mut made = vec![theirs(&grant)?];
            made.extend(own(grant));
            Ok(made)
        }
        DenialLayer::Identity if is_abroad => {
            let mut made = vec![as_it_is(grant.clone())];
            made.extend(theirs(&grant).ok());
            Ok(made)
        }
        DenialLayer::Identity | DenialLayer::Unknown if needs_trust_too(action) => {
            let trust = theirs(&grant).ok();
            let first = own(grant.clone()).unwrap_or_else(|| as_it_is(grant));
            Ok(std::iter::once(first).chain(trust).collect())
        }
        _ => Ok(vec![as_it_is(grant)]),
    }
}

/// Whether a role's trust policy must allow an action as well.
pub(super) fn needs_trust_too(action: &str) -> bool {
    BY_TRUST_TOO.contains(&action)
}

/// What to know about a statement's form.
pub(super) fn statement_cautions(facts: &DenialFacts<'_>, grant: &Grant) -> Vec<String> {
    let mut cautions: Vec<String> = companion::companion_caution(grant).into_iter().collect();
    if !grant.principals.is_empty() && facts.identity.path_unknown {
        cautions.push(
            "the role's path is unknown: complete the principal's ARN, or AWS rejects the policy"
                .to_owned(),
        );
    }
    let is_kms = grant.actions.iter().all(|action| action.starts_with("kms:"));
    if !grant.principals.is_empty() && is_kms && grant.resources == ["*"] {
        cautions.push("in a key policy, `*` means only this key".to_owned());
    }
    let keys = grant.conditions.values().flat_map(|keys| keys.keys());
    for key in keys {
        match key.as_str() {
            "aws:userid" => cautions.push(
                "the path contains the session's own name, and the condition binds it to that session"
                    .to_owned(),
            ),
            "dynamodb:LeadingKeys" => cautions.push(
                "the item is the caller's own; the condition holds only if its name is the partition key"
                    .to_owned(),
            ),
            _ => {}
        }
    }
    cautions
}

/// A statement for the policy of the called resource.
fn resource_statement(
    facts: &DenialFacts<'_>,
    action: &str,
    grant: &Grant,
) -> Result<Grant, String> {
    let grant = with_principal(facts, grant.clone())?;
    let resources = match action.split(':').next() {
        Some("sts" | "iam") => Vec::new(),
        Some("kms") => vec!["*".to_owned()],
        _ => grant.resources.clone(),
    };
    Ok(grant.with_resources(resources))
}

fn with_principal(facts: &DenialFacts<'_>, mut grant: Grant) -> Result<Grant, String> {
    let identity = &facts.identity;
    if identity.kind == IdentityKind::Service {
        let name = facts.invoked_by.or(facts.denial.principal);
        let name = name.filter(|name| name.ends_with(".amazonaws.com"));
        let name = name.ok_or("it is unknown which AWS service called")?;
        let account = facts.accounts.own_account().unwrap_or(facts.evidence.place.account);
        if account.is_empty() {
            return Err("it is unknown for which account the AWS service called".to_owned());
        }
        let keys = grant.conditions.entry("StringEquals".to_owned()).or_default();
        keys.insert("aws:SourceAccount".to_owned(), vec![account.to_owned()]);
        return Ok(grant.for_principal("Service", name));
    }
    let is_one = matches!(
        identity.kind,
        IdentityKind::Role
            | IdentityKind::User
            | IdentityKind::PermissionSet(_)
            | IdentityKind::FederatedUser
            | IdentityKind::Root
    );
    match identity.arn.as_deref().filter(|_| is_one) {
        Some(arn) => Ok(grant.for_principal("AWS", arn)),
        None => Err("it is unknown which principal the statement must name".to_owned()),
    }
}
