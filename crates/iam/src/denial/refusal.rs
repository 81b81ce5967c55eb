//! Refusals that do not come from an IAM policy: no policy would cure them.

/// What refused a call, if it was not an IAM policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NonIamRefusal {
    /// The credentials were wrong, unknown or expired.
    Credentials,
    /// The user has no access to billing data, which only the account's root user can enable.
    Billing,
    /// The permissions of AWS Lake Formation itself.
    LakeFormation,
    /// The account has not opted in to, or subscribed to, a service or Region.
    OptIn,
    /// S3 Block Public Access.
    BlockPublicAccess,
    /// A wrong or missing one-time code.
    Mfa,
    /// The account has not requested access to a Bedrock model.
    ModelAccess,
    /// Only the organization's management or delegated account may do it.
    Organization,
    /// The account is new, suspended, or being verified.
    Account,
    /// A rule of the service itself.
    ServiceRule,
    /// The owner of the resource has not shared it.
    NotShared,
    /// The service does not offer the operation in this Region.
    NotServed,
    /// The authorization of an API that the account itself created.
    OwnApi,
    /// No assignment in IAM Identity Center.
    Assignment,
    /// The permissions of a database or an index itself.
    DataPermissions,
    /// The authorization of the Kubernetes API server itself.
    Kubernetes,
    /// Nothing was refused: a dry run proves that the permission exists.
    DryRun,
}

impl NonIamRefusal {
    /// The reason, for people.
    pub fn describe_why(self) -> &'static str {
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
            Self::Account => "the account's status does not allow it",
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

    /// Who can fix it, or `None` if nobody needs to.
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
