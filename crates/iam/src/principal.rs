//! Who was denied, and which policy belongs to them.
//!
//! A session's policies are those of its role, whose path only `sessionIssuer` shows; only Identity
//! Center can write a permission set's role; nobody can write a service-linked role.

use aware_core::event::{Arn, Event, PrincipalKind};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

/// The kind of principal, as far as its policies matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// An IAM role.
    Role,
    /// A role that Identity Center created for a permission set.
    PermissionSet(String),
    /// A role that belongs to an AWS service and that nobody else can edit.
    ServiceLinked,
    /// An IAM user.
    User,
    /// A session of `GetFederationToken`; its policies are those of the user that created it.
    FederatedUser,
    /// A subject of an OIDC provider, such as a CI job.
    WebIdentity(WebIdentity),
    /// A subject of a SAML provider.
    Saml,
    /// A user of Identity Center.
    IdentityCenterUser,
    /// The account's root user, bound only by the organization's policies.
    Root,
    /// An AWS service.
    Service,
    /// Another account.
    Account,
    /// Unknown.
    Unknown,
}

/// A subject of an OIDC provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebIdentity {
    /// The provider, `token.actions.githubusercontent.com`.
    pub provider: String,
    /// The subject as the token states it.
    pub subject: String,
    /// The repository or project, if the subject names it.
    pub repository: Option<String>,
    /// The branch, tag, environment or pull request, if the subject names it.
    pub reference: Option<String>,
}

/// A principal and the identity that its policies are attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalIdentity {
    /// Its kind.
    pub kind: IdentityKind,
    /// The ARN of the role or user, never of a session; with the path if it is known.
    pub arn: Option<String>,
    /// Its account.
    pub account: Option<String>,
    /// Whether the ARN may lack a path.
    pub path_unknown: bool,
    /// The web identity that assumed the session's role, if any.
    pub through: Option<WebIdentity>,
}

impl PrincipalIdentity {
    /// Reads an event's principal.
    pub fn from_event(event: &Event) -> Self {
        let record = &event.record;
        let principal = &event.principal;
        let issuer = field::ISSUER_ARN.text_in(record).map(str::to_owned);
        let mut identity = Self {
            kind: identity_kind(event),
            arn: principal.arn.clone(),
            account: principal.account.clone(),
            path_unknown: false,
            through: find_web_identity(record),
        };
        if principal.kind == PrincipalKind::FederatedUser && issuer.is_some() {
            identity.arn.clone_from(&issuer);
        }
        identity.path_unknown = identity.kind == IdentityKind::Role && issuer.is_none();
        if let Some(role) = identity.arn.as_deref().and_then(reserved_kind) {
            identity.kind = role;
        }
        identity
    }

    /// Reads a principal as a text or a decoded message names it; everything else is unknown.
    pub fn from_name(name: &str) -> Self {
        let mut identity = Self {
            kind: IdentityKind::Unknown,
            arn: None,
            account: None,
            path_unknown: false,
            through: None,
        };
        if name.ends_with(".amazonaws.com") {
            identity.kind = IdentityKind::Service;
            return identity;
        }
        if let Some((_, account)) = name.split_once("accountId: ") {
            identity.kind = IdentityKind::Account;
            identity.account = Some(account.to_owned());
            return identity;
        }
        let Some(arn) = Arn::parse(name) else { return identity };
        identity.account = Some(arn.account().to_owned()).filter(|account| !account.is_empty());
        let (kind, rest) = arn.resource().split_once('/').unwrap_or((arn.resource(), ""));
        match kind {
            "assumed-role" => identity.set_assumed_role(&arn, rest),
            "role" => identity.set_kind(IdentityKind::Role, name),
            "user" => identity.set_kind(IdentityKind::User, name),
            "root" => identity.set_kind(IdentityKind::Root, name),
            "federated-user" => identity.set_kind(IdentityKind::FederatedUser, name),
            _ => {}
        }
        if let Some(role) = identity.arn.as_deref().and_then(reserved_kind) {
            identity.kind = role;
        }
        identity
    }

    /// Whether a text names someone else: another role or user, or one in another account. A name
    /// that says less than this one does not count as another.
    pub fn is_other(&self, named: &Self) -> bool {
        let Some(named_arn) = &named.arn else { return false };
        if matches!(named.kind, IdentityKind::FederatedUser | IdentityKind::Root) {
            return false;
        }
        let Some(own) = self.arn.as_deref().filter(|own| own.contains(':')) else { return true };
        let parts = |arn: &str| {
            let (kind, path) = arn.rsplit(':').next()?.split_once('/')?;
            Some((kind.to_owned(), path.rsplit('/').next()?.to_owned()))
        };
        let is_id = |id: &&str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        let account = |of: &Option<String>| of.as_deref().filter(is_id).map(str::to_owned);
        let accounts = account(&self.account).zip(account(&named.account));
        parts(own) != parts(named_arn) || accounts.is_some_and(|(own, other)| own != other)
    }

    fn set_assumed_role(&mut self, arn: &Arn, rest: &str) {
        let role = rest.split('/').next().unwrap_or(rest);
        let text = format!("arn:{}:iam::{}:role/{role}", arn.partition(), arn.account());
        self.set_kind(IdentityKind::Role, &text);
        self.path_unknown = true;
    }

    fn set_kind(&mut self, kind: IdentityKind, arn: &str) {
        self.kind = kind;
        self.arn = Some(arn.to_owned());
    }

    /// Its name for sentences: the ARN if there is one.
    pub fn display_name(&self) -> String {
        match (&self.kind, &self.arn) {
            (IdentityKind::WebIdentity(web), _) => web.display_name(),
            (_, Some(arn)) => arn.clone(),
            (IdentityKind::Account, None) => {
                format!("account {}", self.account.as_deref().unwrap_or("unknown"))
            }
            (IdentityKind::IdentityCenterUser, None) => "the Identity Center user".to_owned(),
            (IdentityKind::Service, None) => "the AWS service".to_owned(),
            _ => "the caller".to_owned(),
        }
    }

    /// The policy that holds the permissions of this principal, or `None` if nobody can write one.
    pub fn identity_policy(&self) -> Option<String> {
        match &self.kind {
            IdentityKind::Role | IdentityKind::User => {
                let note = if self.path_unknown { " (its path is unknown)" } else { "" };
                self.arn.as_ref().map(|arn| format!("identity policy of {arn}{note}"))
            }
            IdentityKind::FederatedUser => {
                let arn = self.arn.as_ref()?;
                Some(format!(
                    "identity policy of {arn}, and the policy passed to GetFederationToken"
                ))
            }
            IdentityKind::PermissionSet(set) => {
                Some(format!("IAM Identity Center permission set {set}"))
            }
            IdentityKind::IdentityCenterUser => {
                Some("the permission set assigned to the Identity Center user".to_owned())
            }
            IdentityKind::WebIdentity(_) | IdentityKind::Saml => {
                Some("trust policy of the requested role".to_owned())
            }
            IdentityKind::Account => {
                let account = self.account.as_deref().unwrap_or("unknown");
                Some(format!("identity policy of the caller in account {account}"))
            }
            IdentityKind::Unknown => Some("identity policy of the caller".to_owned()),
            IdentityKind::ServiceLinked | IdentityKind::Root | IdentityKind::Service => None,
        }
    }

    /// Why nobody can write a policy for it, or what to know about it, for people.
    pub fn policy_note(&self) -> Option<String> {
        match &self.kind {
            IdentityKind::ServiceLinked => Some(
                "a service-linked role: only its AWS service can change its policy, and service control policies do not bind it"
                    .to_owned(),
            ),
            IdentityKind::Root => Some(
                "the root user: no policy of the account binds it, only those of the organization"
                    .to_owned(),
            ),
            IdentityKind::PermissionSet(set) => Some(format!(
                "the role is Identity Center's: change the permission set {set}, not the role"
            )),
            IdentityKind::FederatedUser => Some(
                "a federated session may do only what both its user's policies and the policy passed to GetFederationToken allow"
                    .to_owned(),
            ),
            _ => self.through.as_ref().map(|web| format!("assumed by {}", web.display_name())),
        }
    }
}

impl WebIdentity {
    /// Reads a provider, by ARN, URL or host name, and a subject.
    pub fn new(provider: &str, subject: &str) -> Self {
        let provider = provider.rsplit_once("oidc-provider/").map_or(provider, |(_, host)| host);
        let provider = provider.strip_prefix("https://").unwrap_or(provider);
        let (repository, reference) = parse_subject(subject);
        Self { provider: provider.to_owned(), subject: subject.to_owned(), repository, reference }
    }

    /// Its name for sentences.
    pub fn display_name(&self) -> String {
        let provider = &self.provider;
        match (&self.repository, &self.reference) {
            (Some(repository), Some(reference)) => {
                format!("a job of {repository} ({reference}) by {provider}")
            }
            (Some(repository), None) => format!("a job of {repository} by {provider}"),
            (None, _) => format!("{} by {provider}", self.subject),
        }
    }
}

/// Repository and reference of a subject: GitHub's `repo:o/r:ref:refs/heads/main`, GitLab's
/// `project_path:g/p:ref_type:branch:ref:main`, HCP Terraform's `organization:o:project:p:…`.
///
/// Source: the providers' guides on OpenID Connect.
fn parse_subject(subject: &str) -> (Option<String>, Option<String>) {
    let parts: Vec<&str> = subject.splitn(16, ':').collect();
    let after = |name: &str| {
        let mut pairs = parts.windows(2);
        pairs.find_map(|pair| match pair {
            [key, value] if *key == name => Some((*value).to_owned()),
            _ => None,
        })
    };
    let repository = match parts.first().copied() {
        Some("repo" | "repository" | "project_path") => parts.get(1).map(|name| (*name).to_owned()),
        Some("organization") => {
            let inner = after("workspace").or_else(|| after("pipeline")).unwrap_or_default();
            after("organization").map(|name| format!("{name}/{inner}"))
        }
        Some("system") => match parts.as_slice() {
            [_, "serviceaccount", namespace, account, ..] => {
                Some(format!("service account {namespace}/{account}"))
            }
            _ => None,
        },
        _ => None,
    };
    let pull = parts.contains(&"pull_request").then(|| "pull request".to_owned());
    let reference = after("ref").or_else(|| after("environment")).or(pull);
    let short =
        reference.map(|name| name.strip_prefix("refs/heads/").map_or(name.clone(), str::to_owned));
    (repository.filter(|name| !name.is_empty()), short)
}

fn identity_kind(event: &Event) -> IdentityKind {
    let record = &event.record;
    match event.principal.kind {
        PrincipalKind::AssumedRole | PrincipalKind::Role => IdentityKind::Role,
        PrincipalKind::IamUser => IdentityKind::User,
        PrincipalKind::FederatedUser => IdentityKind::FederatedUser,
        PrincipalKind::WebIdentityUser => {
            let provider = field::IDENTITY_PROVIDER.text_in(record).unwrap_or_default();
            let subject = field::USER_NAME.text_in(record).unwrap_or_default();
            IdentityKind::WebIdentity(WebIdentity::new(provider, subject))
        }
        PrincipalKind::SamlUser => IdentityKind::Saml,
        PrincipalKind::IdentityCenterUser => IdentityKind::IdentityCenterUser,
        PrincipalKind::Root => IdentityKind::Root,
        PrincipalKind::AwsService => IdentityKind::Service,
        PrincipalKind::AwsAccount => IdentityKind::Account,
        PrincipalKind::Directory
        | PrincipalKind::Unknown
        | PrincipalKind::Instance
        | PrincipalKind::Endpoint
        | PrincipalKind::Address
        | PrincipalKind::Resource
        | PrincipalKind::ServiceAccount
        | PrincipalKind::KubernetesUser
        | PrincipalKind::ApplicationUser => IdentityKind::Unknown,
    }
}

/// The kind of a role that its account cannot edit. Only the path identifies a service-linked role,
/// since only AWS can create roles there; anybody may give a role such a name.
fn reserved_kind(arn: &str) -> Option<IdentityKind> {
    let (_, role) = arn.split_once(":role/")?;
    let name = role.rsplit('/').next().unwrap_or(role);
    if role.starts_with("aws-service-role/") {
        return Some(IdentityKind::ServiceLinked);
    }
    let set = name.strip_prefix("AWSReservedSSO_")?;
    let set = set.rsplit_once('_').map_or(set, |(set, _)| set);
    Some(IdentityKind::PermissionSet(set.to_owned()))
}

/// The web identity behind a role session.
fn find_web_identity(record: &Value) -> Option<WebIdentity> {
    let data = field::WEB_FEDERATION.find_in(record)?;
    let provider = data.get("federatedProvider").and_then(Value::as_str)?;
    let attributes = data.get("attributes").and_then(Value::as_object);
    let subject = attributes.into_iter().flatten().find(|(key, _)| key.ends_with("sub"));
    let subject = subject.and_then(|(_, value)| value.as_str()).unwrap_or_default();
    Some(WebIdentity::new(provider, subject)).filter(|web| !web.provider.is_empty())
}

#[cfg(test)]
mod tests;
