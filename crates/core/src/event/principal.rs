//! Who acted: the role or the person, with the session beside it.

use serde_json::Value;

use super::field;

/// The kinds of `userIdentity.type`.
///
/// Source: CloudTrail user guide, "CloudTrail userIdentity element".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// The account's root user.
    Root,
    /// An IAM user.
    IamUser,
    /// A role session from `AssumeRole` and its kin.
    AssumedRole,
    /// A role acting without session details.
    Role,
    /// A session from `GetFederationToken`.
    FederatedUser,
    /// A directory user.
    Directory,
    /// Another account.
    AwsAccount,
    /// An AWS service acting for itself.
    AwsService,
    /// An IAM Identity Center user.
    IdentityCenterUser,
    /// A federated user by SAML.
    SamlUser,
    /// A federated user by web identity (OIDC).
    WebIdentityUser,
    /// Unknown to AWS, unknown to this program, or absent.
    Unknown,
}

impl PrincipalKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Root,
        Self::IamUser,
        Self::AssumedRole,
        Self::Role,
        Self::FederatedUser,
        Self::Directory,
        Self::AwsAccount,
        Self::AwsService,
        Self::IdentityCenterUser,
        Self::SamlUser,
        Self::WebIdentityUser,
        Self::Unknown,
    ];

    fn parse(text: &str) -> Self {
        match text {
            "Root" => Self::Root,
            "IAMUser" => Self::IamUser,
            "AssumedRole" => Self::AssumedRole,
            "Role" => Self::Role,
            "FederatedUser" => Self::FederatedUser,
            "Directory" => Self::Directory,
            "AWSAccount" => Self::AwsAccount,
            "AWSService" => Self::AwsService,
            "IdentityCenterUser" => Self::IdentityCenterUser,
            "SAMLUser" => Self::SamlUser,
            "WebIdentityUser" => Self::WebIdentityUser,
            _ => Self::Unknown,
        }
    }

    /// AWS's name of the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "Root",
            Self::IamUser => "IAMUser",
            Self::AssumedRole => "AssumedRole",
            Self::Role => "Role",
            Self::FederatedUser => "FederatedUser",
            Self::Directory => "Directory",
            Self::AwsAccount => "AWSAccount",
            Self::AwsService => "AWSService",
            Self::IdentityCenterUser => "IdentityCenterUser",
            Self::SamlUser => "SAMLUser",
            Self::WebIdentityUser => "WebIdentityUser",
            Self::Unknown => "Unknown",
        }
    }
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// What sort of identity it is.
    pub kind: PrincipalKind,
    /// What stays the same between the sessions of one role or person; part of fingerprints.
    pub key: String,
    /// What people call it: `user/alice`, `role/app`, `root`, `config.amazonaws.com`.
    pub name: String,
    /// The ARN of the user or role (not of the session), where it is known.
    pub arn: Option<String>,
    /// The role session's name, where there is one.
    pub session: Option<String>,
    /// The account of the principal.
    pub account: Option<String>,
    /// The access key id used.
    pub access_key: Option<String>,
    /// The AWS service that made the call for the principal.
    pub invoked_by: Option<String>,
    /// The Identity Center user on whose behalf it acted.
    pub on_behalf_of: Option<String>,
    /// Whether the session had MFA, where the record says so.
    pub mfa: Option<bool>,
    /// The ARN of the role or user that issued the session, where whoever asked for the session
    /// chose a name that is part of `key`: one intruder can be any number of such principals.
    pub issuer: Option<String>,
}

impl Principal {
    /// Reads the `userIdentity` of a whole record. A missing or odd one is an unknown principal.
    pub fn read(record: &Value) -> Self {
        let text = |field: &field::Path| field.text(record).map(str::to_owned);
        let kind = match field::USER_TYPE.text(record) {
            None | Some("") if is_service_event(record) => PrincipalKind::AwsService,
            kind => PrincipalKind::parse(kind.unwrap_or_default()),
        };
        let named = Named::read(kind, record);
        Self {
            kind,
            issuer: named.issuer(kind, record),
            key: named.key,
            name: named.name,
            arn: named.arn,
            session: session(record),
            account: text(&field::USER_ACCOUNT),
            access_key: text(&field::ACCESS_KEY),
            invoked_by: text(&field::INVOKED_BY),
            on_behalf_of: text(&field::ON_BEHALF_OF_USER),
            mfa: field::MFA.text(record).map(|mfa| mfa == "true"),
        }
    }

    /// True for AWS services acting for themselves: `AWSService`, and service-linked roles, whose
    /// policies are not the owner's to change.
    ///
    /// Only what AWS alone can write counts: the type, and the path `aws-service-role/` in the ARN of
    /// a role. A role's or a session's own name is its maker's choice, and a call that a service
    /// passes on (`invokedBy`) is a call of whoever asked the service.
    /// Sources: CloudTrail user guide, "CloudTrail userIdentity element"; IAM user guide,
    /// "Create a service-linked role".
    pub fn is_service(&self) -> bool {
        let is_role = matches!(self.kind, PrincipalKind::AssumedRole | PrincipalKind::Role);
        self.kind == PrincipalKind::AwsService
            || is_role && self.arn.as_deref().is_some_and(|arn| is_below(arn, SERVICE_LINKED))
    }
}

/// The path of service-linked roles, which only AWS can create.
const SERVICE_LINKED: &str = "role/aws-service-role/";
/// The path of the roles of IAM Identity Center, which names their sessions itself.
const IDENTITY_CENTER: &str = "role/aws-reserved/sso.amazonaws.com/";

/// Whether an ARN is of IAM, and its resource begins so. A path may hold colons, so that looking
/// for the text anywhere would find a path that somebody made up.
fn is_below(arn: &str, start: &str) -> bool {
    super::Arn::parse(arn)
        .is_some_and(|arn| arn.service() == "iam" && arn.resource().starts_with(start))
}

/// Whether a record without a type of identity is a service's own: AWS writes no more than
/// `accountId` and `invokedBy` then, in events that no request has caused. A caller always leaves
/// an id, an ARN or a key.
fn is_service_event(record: &Value) -> bool {
    let Some(Value::Object(identity)) = record.get("userIdentity") else { return false };
    let is_known = |name: &String| matches!(name.as_str(), "type" | "accountId" | "invokedBy");
    field::EVENT_TYPE.text(record) == Some("AwsServiceEvent")
        && identity.get("invokedBy").and_then(Value::as_str).is_some_and(|by| !by.is_empty())
        && identity.iter().all(|(name, value)| value.is_null() || is_known(name))
}

/// Key, name and ARN: the parts of a principal that depend on its kind.
struct Named {
    key: String,
    name: String,
    arn: Option<String>,
}

impl Named {
    /// See [`Principal::issuer`].
    fn issuer(&self, kind: PrincipalKind, record: &Value) -> Option<String> {
        match kind {
            PrincipalKind::AssumedRole | PrincipalKind::Role => {
                let is_chosen =
                    |arn: &&String| **arn != self.key && !is_below(arn, IDENTITY_CENTER);
                self.arn.as_ref().filter(is_chosen).cloned()
            }
            PrincipalKind::FederatedUser => field::ISSUER_ARN.text(record).map(str::to_owned),
            _ => None,
        }
    }

    fn read(kind: PrincipalKind, record: &Value) -> Self {
        match kind {
            PrincipalKind::AssumedRole | PrincipalKind::Role => Self::role(record),
            PrincipalKind::Root => Self::root(record),
            PrincipalKind::AwsService => Self::service(record),
            PrincipalKind::AwsAccount => Self::account(record),
            PrincipalKind::SamlUser | PrincipalKind::WebIdentityUser => Self::federated(record),
            PrincipalKind::IdentityCenterUser => Self::identity_center(record),
            PrincipalKind::FederatedUser => Self::federation_token(record),
            PrincipalKind::IamUser | PrincipalKind::Directory | PrincipalKind::Unknown => {
                Self::by_arn(record)
            }
        }
    }

    fn by_arn(record: &Value) -> Self {
        let arn = field::USER_ARN.text(record).filter(|arn| !arn.is_empty());
        let user = field::USER_NAME.text(record);
        let account = field::USER_ACCOUNT.text(record).unwrap_or_default();
        let key = arn
            .map(str::to_owned)
            .or_else(|| user.map(|name| format!("{account}/user/{name}")))
            .or_else(|| field::PRINCIPAL_ID.text(record).map(str::to_owned))
            .unwrap_or_else(|| "unknown".to_owned());
        let name = arn
            .map(short_name)
            .or_else(|| user.map(|name| format!("user/{name}")))
            .or_else(|| field::PRINCIPAL_ID.text(record).map(str::to_owned))
            .unwrap_or_else(|| "unknown principal".to_owned());
        Self { key, name, arn: arn.map(str::to_owned) }
    }

    fn role(record: &Value) -> Self {
        let arn = field::ISSUER_ARN
            .text(record)
            .map(str::to_owned)
            .or_else(|| field::USER_ARN.text(record).map(role_of_session));
        let Some(arn) = arn.filter(|arn| !arn.is_empty()) else { return Self::by_arn(record) };
        let role = short_name(&arn);
        match session(record).filter(|session| is_personal(&role, session)) {
            Some(person) => Self {
                key: format!("{arn}/{person}"),
                name: format!("{} as {person}", permission_set(&role)),
                arn: Some(arn),
            },
            None => Self { key: arn.clone(), name: role, arn: Some(arn) },
        }
    }

    fn root(record: &Value) -> Self {
        let account = field::USER_ACCOUNT.text(record).unwrap_or("unknown");
        let arn = field::USER_ARN.text(record).map(str::to_owned);
        Self { key: format!("root@{account}"), name: "root".to_owned(), arn }
    }

    fn service(record: &Value) -> Self {
        let name = field::INVOKED_BY.text(record).unwrap_or("AWS service").to_owned();
        Self { key: name.clone(), name, arn: None }
    }

    fn account(record: &Value) -> Self {
        let id = field::USER_ACCOUNT
            .text(record)
            .or_else(|| field::PRINCIPAL_ID.text(record))
            .unwrap_or("unknown");
        let arn = field::USER_ARN.text(record).map(str::to_owned);
        Self { key: format!("account/{id}"), name: format!("account {id}"), arn }
    }

    fn federated(record: &Value) -> Self {
        let provider = field::IDENTITY_PROVIDER.text(record).unwrap_or("unknown provider");
        let user = field::USER_NAME
            .text(record)
            .or_else(|| field::PRINCIPAL_ID.text(record))
            .unwrap_or("unknown");
        Self {
            key: format!("{provider}\n{user}"),
            name: format!("{user} by {provider}"),
            arn: None,
        }
    }

    fn identity_center(record: &Value) -> Self {
        let store = field::ON_BEHALF_OF_STORE.text(record).unwrap_or_default();
        let user = field::ON_BEHALF_OF_USER.text(record).unwrap_or("unknown");
        Self {
            key: format!("{store}\n{user}"),
            name: format!("Identity Center user {user}"),
            arn: None,
        }
    }

    fn federation_token(record: &Value) -> Self {
        let issuer = field::ISSUER_ARN.text(record).map(str::to_owned);
        let mut named = Self::by_arn(record);
        if let Some(issuer) = issuer {
            named.key = format!("{issuer}\n{}", named.name);
        }
        named
    }
}

/// `user/alice` of `arn:aws:iam::111122223333:user/team/alice`; paths are cut, except `root`.
fn short_name(arn: &str) -> String {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    match (resource.split_once('/'), resource.rsplit_once('/')) {
        (Some((kind, _)), Some((_, last))) => format!("{kind}/{last}"),
        _ => resource.to_owned(),
    }
}

/// The role's ARN from a session's: `…:sts::A:assumed-role/R/S` is `…:iam::A:role/R`. The role's
/// path is not in the session's ARN.
fn role_of_session(arn: &str) -> String {
    let mut parts = arn.splitn(6, ':');
    let (Some(_), Some(partition), Some("sts"), Some(_), Some(account), Some(resource)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return arn.to_owned();
    };
    match resource.strip_prefix("assumed-role/") {
        Some(rest) => {
            let role = rest.rsplit_once('/').map_or(rest, |(role, _)| role);
            format!("arn:{partition}:iam::{account}:role/{role}")
        }
        None => arn.to_owned(),
    }
}

/// The session's name: what follows the last slash of an assumed role's ARN, or the colon of a
/// principal id.
fn session(record: &Value) -> Option<String> {
    let from_arn = field::USER_ARN.text(record).and_then(|arn| {
        arn.contains(":assumed-role/").then(|| arn.rsplit_once('/').map(|(_, name)| name))?
    });
    let from_id = || field::PRINCIPAL_ID.text(record)?.split_once(':').map(|(_, name)| name);
    let name = from_arn.or_else(|| {
        (field::USER_TYPE.text(record) == Some("AssumedRole")).then(from_id).flatten()
    })?;
    Some(name.to_owned()).filter(|name| !name.is_empty())
}

/// A session that names a person: an Identity Center role's, or an e-mail address.
fn is_personal(role: &str, session: &str) -> bool {
    role.contains("AWSReservedSSO_") || session.contains('@') && session.contains('.')
}

/// `role/AWSReservedSSO_Admin_0123456789abcdef` is the permission set `Admin`.
fn permission_set(role: &str) -> String {
    let Some((_, reserved)) = role.split_once("AWSReservedSSO_") else { return role.to_owned() };
    let set = reserved.rsplit_once('_').map_or(reserved, |(set, _)| set);
    format!("permission set {set}")
}

#[cfg(test)]
mod tests;
