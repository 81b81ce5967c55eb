//! Whom a finding is about: the caller whose key or role it names, else an instance, else the
//! resource.

use serde_json::{Value, json};

use crate::event::{Arn, Principal, PrincipalKind};
use crate::source::cloudtrail::read_principal;

/// What a finding says of a caller.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NamedCaller<'r> {
    /// `IAMUser`, `AssumedRole`, `Root`, …
    pub(super) kind: &'r str,
    /// The name of the user or the role.
    pub(super) name: &'r str,
    /// `AROAEXAMPLE:session` or `AIDAEXAMPLE`.
    pub(super) principal_id: &'r str,
    pub(super) key: &'r str,
    /// The ARN of the user or role, where a finding has it.
    pub(super) arn: &'r str,
}

impl NamedCaller<'_> {
    /// The caller under the name that CloudTrail gives it, so that both are one principal. `None` if
    /// nothing names it.
    ///
    /// Findings have no path of a role's ARN, so that a role with a path is known by its key alone.
    pub(super) fn to_principal(self, account: Option<&str>) -> Option<Principal> {
        let named = [self.name, self.arn, self.key].iter().any(|text| !text.is_empty());
        if !named {
            return None;
        }
        let account = account.unwrap_or_default();
        let session = self.principal_id.split_once(':').map_or("", |(_, session)| session);
        let identity = match self.kind {
            "Root" => json!({"type": "Root", "arn": format!("arn:aws:iam::{account}:root")}),
            "AssumedRole" | "Role" => self.role_identity(account, session),
            "FederatedUser" => json!({
                "type": "FederatedUser",
                "arn": format!("arn:aws:sts::{account}:federated-user/{}", self.name),
            }),
            _ if !self.arn.is_empty() => json!({"type": "IAMUser", "arn": self.arn}),
            _ if !self.name.is_empty() => json!({
                "type": "IAMUser", "arn": format!("arn:aws:iam::{account}:user/{}", self.name),
                "userName": self.name,
            }),
            _ => return Some(self.known_by_key(account)),
        };
        let mut identity = identity;
        if let Some(members) = identity.as_object_mut() {
            let mut add = |name: &str, value: &str| {
                if !value.is_empty() {
                    members.insert(name.to_owned(), Value::from(value));
                }
            };
            add("accountId", account);
            add("accessKeyId", self.key);
            add("principalId", self.principal_id);
        }
        Some(read_principal(&json!({"userIdentity": identity})))
    }

    fn role_identity(self, account: &str, session: &str) -> Value {
        let name = self.name;
        let role = match self.arn.contains(":role/") {
            true => self.arn.to_owned(),
            false => format!("arn:aws:iam::{account}:role/{name}"),
        };
        let mut identity = json!({
            "type": "AssumedRole",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role, "userName": name}},
        });
        if !session.is_empty() {
            let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
            identity.as_object_mut().map(|members| members.insert("arn".to_owned(), arn.into()));
        }
        identity
    }

    fn known_by_key(self, account: &str) -> Principal {
        let tail: String =
            self.key.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        Principal {
            access_key: Some(self.key.to_owned()),
            account: Some(account.to_owned()).filter(|id| !id.is_empty()),
            ..Principal::from_name(PrincipalKind::Unknown, self.key, format!("key/…{tail}"))
        }
    }
}

/// An instance.
pub(super) fn instance(id: &str, account: Option<&str>) -> Principal {
    Principal {
        account: account.map(str::to_owned),
        ..Principal::from_name(PrincipalKind::Instance, id, id.to_owned())
    }
}

/// A resource by its ARN or its name: a finding is about what it is, rather than who did something.
pub(super) fn resource(name: &str, account: Option<&str>) -> Principal {
    let arn = Arn::parse(name);
    if let Some(id) = arn.as_ref().and_then(|arn| instance_id(arn)) {
        return instance(id, account);
    }
    if let Some(who) = arn.as_ref().and_then(|arn| user_or_role(arn, name)) {
        return who;
    }
    let shown = match &arn {
        Some(arn) if arn.service() == "s3" => format!("bucket/{}", arn.resource()),
        Some(arn) => format!("{}/{}", arn.service(), arn.resource()),
        None => name.to_owned(),
    };
    Principal {
        account: account.map(str::to_owned),
        ..Principal::from_name(PrincipalKind::Resource, name, shown)
    }
}

/// The account as a whole.
pub(super) fn whole_account(account: Option<&str>) -> Principal {
    let id = account.unwrap_or("unknown");
    Principal {
        account: account.map(str::to_owned),
        ..Principal::from_name(
            PrincipalKind::Resource,
            format!("account {id}"),
            format!("account/{id}"),
        )
    }
}

fn instance_id(arn: &Arn) -> Option<&str> {
    arn.resource().strip_prefix("instance/").filter(|_| arn.service() == "ec2")
}

fn user_or_role(arn: &Arn, text: &str) -> Option<Principal> {
    let kind = match arn.resource().split('/').next()? {
        "user" if arn.service() == "iam" => "IAMUser",
        "role" if arn.service() == "iam" => "AssumedRole",
        _ => return None,
    };
    let name = arn.resource().rsplit('/').next()?;
    let caller = NamedCaller { kind, name, arn: text, ..NamedCaller::default() };
    caller.to_principal(Some(arn.account()).filter(|id| !id.is_empty()))
}
