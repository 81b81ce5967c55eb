//! Who acted, out of a record's `userIdentity`.
//!
//! Source: CloudTrail user guide, "CloudTrail userIdentity element".

use serde_json::Value;

use super::fields as field;
use super::rate_event;
use crate::event::{Principal, PrincipalKind, is_iam_resource_below};

/// The path of IAM Identity Center's roles; Identity Center itself names their sessions.
const IDENTITY_CENTER: &str = "role/aws-reserved/sso.amazonaws.com/";

/// Reads the `userIdentity` of a whole record. A missing or malformed one is an unknown
/// principal. An event that summarises many calls is by whoever made all of them, if that was one.
pub fn read_principal(record: &Value) -> Principal {
    match rate_event::sole_caller(record) {
        Some(stand_in) => read_identity(&stand_in),
        None => read_identity(record),
    }
}

fn read_identity(record: &Value) -> Principal {
    let text = |field: &field::FieldPath| field.text_in(record).map(str::to_owned);
    let kind = match field::USER_TYPE.text_in(record) {
        None | Some("") if is_service_event(record) => PrincipalKind::AwsService,
        kind => kind_of(kind.unwrap_or_default()),
    };
    let named = PrincipalNames::read_names(kind, record);
    Principal {
        kind,
        issuer: named.session_issuer(kind, record),
        key: named.key,
        name: named.name,
        arn: named.arn,
        session_arn: text(&field::USER_ARN),
        user_name: text(&field::USER_NAME),
        session: session_name(record),
        account: text(&field::USER_ACCOUNT),
        access_key: text(&field::ACCESS_KEY),
        invoked_by: text(&field::INVOKED_BY),
        on_behalf_of: text(&field::ON_BEHALF_OF_USER),
        mfa: field::MFA.text_in(record).map(|mfa| mfa == "true"),
    }
}

fn kind_of(text: &str) -> PrincipalKind {
    match text {
        "Root" => PrincipalKind::Root,
        "IAMUser" => PrincipalKind::IamUser,
        "AssumedRole" => PrincipalKind::AssumedRole,
        "Role" => PrincipalKind::Role,
        "FederatedUser" => PrincipalKind::FederatedUser,
        "Directory" => PrincipalKind::Directory,
        "AWSAccount" => PrincipalKind::AwsAccount,
        "AWSService" => PrincipalKind::AwsService,
        "IdentityCenterUser" => PrincipalKind::IdentityCenterUser,
        "SAMLUser" => PrincipalKind::SamlUser,
        "WebIdentityUser" => PrincipalKind::WebIdentityUser,
        _ => PrincipalKind::Unknown,
    }
}

/// Whether a record without an identity type is a service's own: AWS then writes only `accountId`
/// and `invokedBy`, in events that no request has caused. A caller always leaves an id, an ARN or a
/// key.
fn is_service_event(record: &Value) -> bool {
    let Some(Value::Object(identity)) = record.get("userIdentity") else { return false };
    let is_known = |name: &String| matches!(name.as_str(), "type" | "accountId" | "invokedBy");
    field::EVENT_TYPE.text_in(record) == Some("AwsServiceEvent")
        && identity.get("invokedBy").and_then(Value::as_str).is_some_and(|by| !by.is_empty())
        && identity.iter().all(|(name, value)| value.is_null() || is_known(name))
}

/// Key, name and ARN: the parts of a principal that depend on its kind.
struct PrincipalNames {
    key: String,
    name: String,
    arn: Option<String>,
}

impl PrincipalNames {
    /// See [`Principal::issuer`].
    fn session_issuer(&self, kind: PrincipalKind, record: &Value) -> Option<String> {
        match kind {
            PrincipalKind::AssumedRole | PrincipalKind::Role => {
                let is_chosen = |arn: &&String| {
                    **arn != self.key && !is_iam_resource_below(arn, IDENTITY_CENTER)
                };
                self.arn.as_ref().filter(is_chosen).cloned()
            }
            PrincipalKind::FederatedUser => field::ISSUER_ARN.text_in(record).map(str::to_owned),
            _ => None,
        }
    }

    fn read_names(kind: PrincipalKind, record: &Value) -> Self {
        match kind {
            PrincipalKind::AssumedRole | PrincipalKind::Role => Self::names_of_role(record),
            PrincipalKind::Root => Self::names_of_root(record),
            PrincipalKind::AwsService => Self::names_of_service(record),
            PrincipalKind::AwsAccount => Self::names_of_account(record),
            PrincipalKind::SamlUser | PrincipalKind::WebIdentityUser => {
                Self::names_of_federated(record)
            }
            PrincipalKind::IdentityCenterUser => Self::names_of_identity_center(record),
            PrincipalKind::FederatedUser => Self::names_of_federation_token(record),
            PrincipalKind::IamUser
            | PrincipalKind::Directory
            | PrincipalKind::Unknown
            | PrincipalKind::Instance
            | PrincipalKind::Endpoint
            | PrincipalKind::Address
            | PrincipalKind::Resource
            | PrincipalKind::ServiceAccount
            | PrincipalKind::KubernetesUser
            | PrincipalKind::ApplicationUser => Self::names_from_arn(record),
        }
    }

    fn names_from_arn(record: &Value) -> Self {
        let arn = field::USER_ARN.text_in(record).filter(|arn| !arn.is_empty());
        let user = field::USER_NAME.text_in(record);
        let account = field::USER_ACCOUNT.text_in(record).unwrap_or_default();
        let key = arn
            .map(str::to_owned)
            .or_else(|| user.map(|name| format!("{account}/user/{name}")))
            .or_else(|| field::PRINCIPAL_ID.text_in(record).map(str::to_owned))
            .unwrap_or_else(|| "unknown".to_owned());
        let name = arn
            .map(short_arn_name)
            .or_else(|| user.map(|name| format!("user/{name}")))
            .or_else(|| field::PRINCIPAL_ID.text_in(record).map(str::to_owned))
            .unwrap_or_else(|| "unknown principal".to_owned());
        Self { key, name, arn: arn.map(str::to_owned) }
    }

    fn names_of_role(record: &Value) -> Self {
        let arn = field::ISSUER_ARN
            .text_in(record)
            .map(str::to_owned)
            .or_else(|| field::USER_ARN.text_in(record).map(role_of_session));
        let Some(arn) = arn.filter(|arn| !arn.is_empty()) else {
            return Self::names_from_arn(record);
        };
        let role = short_arn_name(&arn);
        match session_name(record).filter(|session| is_personal_session(&role, session)) {
            Some(person) => Self {
                key: format!("{arn}/{person}"),
                name: format!("{} as {person}", permission_set_name(&role)),
                arn: Some(arn),
            },
            None => Self { key: arn.clone(), name: role, arn: Some(arn) },
        }
    }

    fn names_of_root(record: &Value) -> Self {
        let account = field::USER_ACCOUNT.text_in(record).unwrap_or("unknown");
        let arn = field::USER_ARN.text_in(record).map(str::to_owned);
        Self { key: format!("root@{account}"), name: "root".to_owned(), arn }
    }

    fn names_of_service(record: &Value) -> Self {
        let name = field::INVOKED_BY.text_in(record).unwrap_or("AWS service").to_owned();
        Self { key: name.clone(), name, arn: None }
    }

    fn names_of_account(record: &Value) -> Self {
        let id = field::USER_ACCOUNT
            .text_in(record)
            .or_else(|| field::PRINCIPAL_ID.text_in(record))
            .unwrap_or("unknown");
        let arn = field::USER_ARN.text_in(record).map(str::to_owned);
        Self { key: format!("account/{id}"), name: format!("account {id}"), arn }
    }

    fn names_of_federated(record: &Value) -> Self {
        let provider = field::IDENTITY_PROVIDER.text_in(record).unwrap_or("unknown provider");
        let user = field::USER_NAME
            .text_in(record)
            .or_else(|| field::PRINCIPAL_ID.text_in(record))
            .unwrap_or("unknown");
        Self {
            key: format!("{provider}\n{user}"),
            name: format!("{user} by {provider}"),
            arn: None,
        }
    }

    fn names_of_identity_center(record: &Value) -> Self {
        let store = field::ON_BEHALF_OF_STORE.text_in(record).unwrap_or_default();
        let user = field::ON_BEHALF_OF_USER.text_in(record).unwrap_or("unknown");
        Self {
            key: format!("{store}\n{user}"),
            name: format!("Identity Center user {user}"),
            arn: None,
        }
    }

    fn names_of_federation_token(record: &Value) -> Self {
        let issuer = field::ISSUER_ARN.text_in(record).map(str::to_owned);
        let mut named = Self::names_from_arn(record);
        if let Some(issuer) = issuer {
            named.key = format!("{issuer}\n{}", named.name);
        }
        named
    }
}

/// `user/alice` of `arn:aws:iam::111122223333:user/team/alice`; paths are removed, except for
/// `root`.
pub(in crate::source) fn short_arn_name(arn: &str) -> String {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    match (resource.split_once('/'), resource.rsplit_once('/')) {
        (Some((kind, _)), Some((_, last))) => format!("{kind}/{last}"),
        _ => resource.to_owned(),
    }
}

/// Derives the role's ARN from a session's: `…:sts::A:assumed-role/R/S` becomes `…:iam::A:role/R`.
/// The role's path is not in the session's ARN.
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

/// The session's name: the text after the last slash of an assumed role's ARN, or after the colon
/// of a principal id.
fn session_name(record: &Value) -> Option<String> {
    let from_arn = field::USER_ARN.text_in(record).and_then(|arn| {
        arn.contains(":assumed-role/").then(|| arn.rsplit_once('/').map(|(_, name)| name))?
    });
    let from_id = || field::PRINCIPAL_ID.text_in(record)?.split_once(':').map(|(_, name)| name);
    let name = from_arn.or_else(|| {
        (field::USER_TYPE.text_in(record) == Some("AssumedRole")).then(from_id).flatten()
    })?;
    Some(name.to_owned()).filter(|name| !name.is_empty())
}

/// Whether a session names a person: an Identity Center role's session, or an e-mail address.
fn is_personal_session(role: &str, session: &str) -> bool {
    role.contains("AWSReservedSSO_") || session.contains('@') && session.contains('.')
}

/// `role/AWSReservedSSO_Admin_0123456789abcdef` is the permission set `Admin`.
fn permission_set_name(role: &str) -> String {
    let Some((_, reserved)) = role.split_once("AWSReservedSSO_") else { return role.to_owned() };
    let set = reserved.rsplit_once('_').map_or(reserved, |(set, _)| set);
    format!("permission set {set}")
}

#[cfg(test)]
mod tests;
