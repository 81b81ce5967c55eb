//! Who acted: the role or the person, along with the session.

/// The kinds of principals: those of CloudTrail's `userIdentity.type`, and those that other logs
/// know.
///
/// Source: CloudTrail user guide, "CloudTrail userIdentity element".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// The account's root user.
    Root,
    /// An IAM user.
    IamUser,
    /// A role session from `AssumeRole` and related calls.
    AssumedRole,
    /// A role acting without session details.
    Role,
    /// A session from `GetFederationToken`.
    FederatedUser,
    /// A directory user.
    Directory,
    /// Another account.
    AwsAccount,
    /// An AWS service acting on its own behalf.
    AwsService,
    /// An IAM Identity Center user.
    IdentityCenterUser,
    /// A user federated through SAML.
    SamlUser,
    /// A user federated through web identity (OIDC).
    WebIdentityUser,
    /// Unknown to AWS, unknown to this program, or absent.
    Unknown,
    /// A virtual machine.
    Instance,
    /// An endpoint of a network.
    Endpoint,
    /// An address in a network.
    Address,
    /// Nobody: a finding is about a resource.
    Resource,
    /// A service account of Kubernetes.
    ServiceAccount,
    /// Another user of Kubernetes.
    KubernetesUser,
    /// A user of an application, as its own log calls them.
    ApplicationUser,
}

impl PrincipalKind {
    /// All kinds of `userIdentity.type`.
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
            Self::Instance => "Instance",
            Self::Endpoint => "Endpoint",
            Self::Address => "Address",
            Self::Resource => "Resource",
            Self::ServiceAccount => "ServiceAccount",
            Self::KubernetesUser => "KubernetesUser",
            Self::ApplicationUser => "ApplicationUser",
        }
    }
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// What sort of identity it is.
    pub kind: PrincipalKind,
    /// What stays the same across the sessions of one role or person; part of fingerprints.
    pub key: String,
    /// The display name: `user/alice`, `role/app`, `root`, `config.amazonaws.com`.
    pub name: String,
    /// The ARN of the user or role (not of the session), if known.
    pub arn: Option<String>,
    /// The ARN as the log has it: a session's for roles.
    pub session_arn: Option<String>,
    /// The name as the log has it, without what kind it is.
    pub user_name: Option<String>,
    /// The role session's name, if there is one.
    pub session: Option<String>,
    /// The account of the principal.
    pub account: Option<String>,
    /// The access key id used.
    pub access_key: Option<String>,
    /// The AWS service that made the call on the principal's behalf.
    pub invoked_by: Option<String>,
    /// The Identity Center user on whose behalf it acted.
    pub on_behalf_of: Option<String>,
    /// Whether the session had MFA, if the record says so.
    pub mfa: Option<bool>,
    /// The ARN of the role or user that issued the session, where whoever requested the session
    /// chose a name that is part of `key`: one intruder can be any number of such principals.
    pub issuer: Option<String>,
}

impl PrincipalKind {
    /// Whether it is a person; of a role session, whether its key names a session of one, `has_own_key`.
    pub fn is_person(self, has_own_key: bool) -> bool {
        match self {
            Self::IamUser | Self::Root | Self::IdentityCenterUser => true,
            Self::AssumedRole => has_own_key,
            Self::Role
            | Self::FederatedUser
            | Self::Directory
            | Self::AwsAccount
            | Self::AwsService
            | Self::SamlUser
            | Self::WebIdentityUser
            | Self::Unknown
            | Self::Instance
            | Self::Endpoint
            | Self::Address
            | Self::Resource
            | Self::ServiceAccount
            | Self::KubernetesUser
            | Self::ApplicationUser => false,
        }
    }
}

impl Principal {
    /// A principal of which nothing is known but its name, such as an address or an instance.
    ///
    /// ```
    /// use aware_core::event::{Principal, PrincipalKind};
    ///
    /// let host = Principal::from_name(PrincipalKind::Address, "vpc-1/10.0.0.5", "10.0.0.5");
    /// assert_eq!((host.key.as_str(), host.arn), ("vpc-1/10.0.0.5", None));
    /// ```
    pub fn from_name(kind: PrincipalKind, key: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind,
            key: key.into(),
            name: name.into(),
            arn: None,
            session_arn: None,
            user_name: None,
            session: None,
            account: None,
            access_key: None,
            invoked_by: None,
            on_behalf_of: None,
            mfa: None,
            issuer: None,
        }
    }

    /// True for AWS services acting on their own behalf: `AWSService`, and service-linked roles,
    /// whose policies their owner can't change.
    ///
    /// Only what AWS alone can write counts: the type, and the path `aws-service-role/` in the ARN
    /// of a role. The name of a role or session is its creator's choice, and a call that a service
    /// passes on (`invokedBy`) belongs to whoever asked the service.
    /// Sources: CloudTrail user guide, "CloudTrail userIdentity element"; IAM user guide, "Create a
    /// service-linked role".
    pub fn is_aws_service(&self) -> bool {
        let is_role = matches!(self.kind, PrincipalKind::AssumedRole | PrincipalKind::Role);
        self.kind == PrincipalKind::AwsService
            || is_role
                && self.arn.as_deref().is_some_and(|arn| is_iam_resource_below(arn, SERVICE_LINKED))
    }
}

/// The path of service-linked roles, which only AWS can create.
const SERVICE_LINKED: &str = "role/aws-service-role/";
/// Whether an ARN is of IAM and its resource begins with this path. A path may contain colons, so
/// searching for the text anywhere would match a path that somebody made up.
pub(crate) fn is_iam_resource_below(arn: &str, start: &str) -> bool {
    super::Arn::parse(arn)
        .is_some_and(|arn| arn.service() == "iam" && arn.resource().starts_with(start))
}
