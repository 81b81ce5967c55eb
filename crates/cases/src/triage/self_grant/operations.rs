//! The operations by which somebody gives themselves permissions, and how each shows for whom.

/// How an operation shows whether it concerns the caller itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrantAim {
    /// The request names the user or role under this key.
    Named(&'static str),
    /// As [`GrantAim::Named`]; a policy that allows nearly everything, given to another identity,
    /// can be used through that identity.
    Policy(&'static str),
    /// As [`GrantAim::Named`]; what is removed may be what denied something.
    Removal(&'static str),
    /// Credentials of the identity that the request names under this key, or of the caller if there
    /// is no name. With another's credentials the caller can act as that identity.
    Credentials(&'static str),
    /// The request contains the caller's ARN: a policy of a resource that admits the caller. A
    /// policy that admits everybody also admits the caller.
    Mentioned,
    /// A role's trust policy: the request names the caller's own role, or admits the caller. The
    /// account's root in it stands for everybody who may assume roles.
    Trust,
    /// The request does not say whose policy it is: the actions in its document decide.
    Document,
    /// A role is passed to something that runs for the caller.
    PassesRole,
    /// It admits strangers, or lifts what restricts the caller; the request does not say for whom.
    Anybody,
    /// A canned ACL that admits everybody.
    PublicAcl,
}

use GrantAim::{
    Anybody, Credentials, Document, Mentioned, Named, PassesRole, Policy, PublicAcl, Removal, Trust,
};

/// Operations that give permissions or credentials: the service, the name, whom it concerns.
/// Source: IAM API reference; the escalation paths are those of published research.
const OPERATIONS: [(&str, &str, GrantAim); 89] = [
    ("iam", "PutUserPolicy", Policy("userName")),
    ("iam", "AttachUserPolicy", Policy("userName")),
    ("iam", "PutRolePolicy", Policy("roleName")),
    ("iam", "AttachRolePolicy", Policy("roleName")),
    ("iam", "DeleteUserPermissionsBoundary", Named("userName")),
    ("iam", "DeleteRolePermissionsBoundary", Named("roleName")),
    ("iam", "PutUserPermissionsBoundary", Named("userName")),
    ("iam", "PutRolePermissionsBoundary", Named("roleName")),
    ("iam", "DetachUserPolicy", Removal("userName")),
    ("iam", "DetachRolePolicy", Removal("roleName")),
    ("iam", "DeleteUserPolicy", Removal("userName")),
    ("iam", "DeleteRolePolicy", Removal("roleName")),
    ("iam", "RemoveUserFromGroup", Removal("userName")),
    ("iam", "DetachGroupPolicy", Anybody),
    ("iam", "DeleteGroupPolicy", Anybody),
    ("iam", "AddUserToGroup", Named("userName")),
    ("iam", "CreateLoginProfile", Credentials("userName")),
    ("iam", "UpdateLoginProfile", Credentials("userName")),
    ("iam", "CreateAccessKey", Credentials("userName")),
    ("iam", "UpdateAssumeRolePolicy", Trust),
    ("iam", "CreateRole", Trust),
    ("iam", "PutGroupPolicy", Document),
    ("iam", "AttachGroupPolicy", Document),
    ("iam", "CreatePolicyVersion", Document),
    ("iam", "SetDefaultPolicyVersion", Document),
    ("iam", "CreateOpenIDConnectProvider", Anybody),
    ("iam", "AddClientIDToOpenIDConnectProvider", Anybody),
    ("iam", "UpdateOpenIDConnectProviderThumbprint", Anybody),
    ("iam", "CreateSAMLProvider", Anybody),
    ("iam", "UpdateSAMLProvider", Anybody),
    ("iam", "AddRoleToInstanceProfile", PassesRole),
    ("s3", "PutBucketPolicy", Mentioned),
    ("s3", "PutBucketAcl", PublicAcl),
    ("kms", "PutKeyPolicy", Mentioned),
    ("kms", "CreateGrant", Mentioned),
    ("secretsmanager", "PutResourcePolicy", Mentioned),
    ("lambda", "AddPermission", Mentioned),
    ("ecr", "SetRepositoryPolicy", Mentioned),
    ("eks", "CreateAccessEntry", Mentioned),
    ("eks", "AssociateAccessPolicy", Mentioned),
    ("lakeformation", "GrantPermissions", Mentioned),
    ("lakeformation", "PutDataLakeSettings", Mentioned),
    ("sso", "CreateAccountAssignment", Anybody),
    ("sso", "AttachManagedPolicyToPermissionSet", Anybody),
    ("sso", "AttachCustomerManagedPolicyReferenceToPermissionSet", Anybody),
    ("sso", "PutInlinePolicyToPermissionSet", Anybody),
    ("sso", "DeleteInlinePolicyFromPermissionSet", Anybody),
    ("sso", "DetachManagedPolicyFromPermissionSet", Anybody),
    ("sso", "PutPermissionsBoundaryToPermissionSet", Anybody),
    ("sso", "DeletePermissionsBoundaryFromPermissionSet", Anybody),
    ("organizations", "DetachPolicy", Anybody),
    ("organizations", "UpdatePolicy", Anybody),
    ("organizations", "DeletePolicy", Anybody),
    ("organizations", "DisablePolicyType", Anybody),
    ("organizations", "LeaveOrganization", Anybody),
    ("ec2", "RunInstances", PassesRole),
    ("ec2", "RequestSpotInstances", PassesRole),
    ("ec2", "AssociateIamInstanceProfile", PassesRole),
    ("ec2", "ReplaceIamInstanceProfileAssociation", PassesRole),
    ("ec2", "CreateLaunchTemplate", PassesRole),
    ("ec2", "CreateLaunchTemplateVersion", PassesRole),
    ("autoscaling", "CreateLaunchConfiguration", PassesRole),
    ("lambda", "CreateFunction", PassesRole),
    ("lambda", "UpdateFunctionConfiguration", PassesRole),
    ("ecs", "RegisterTaskDefinition", PassesRole),
    ("ecs", "RunTask", PassesRole),
    ("ecs", "StartTask", PassesRole),
    ("glue", "CreateJob", PassesRole),
    ("glue", "UpdateJob", PassesRole),
    ("glue", "CreateSession", PassesRole),
    ("glue", "CreateDevEndpoint", PassesRole),
    ("sagemaker", "CreateNotebookInstance", PassesRole),
    ("sagemaker", "CreateTrainingJob", PassesRole),
    ("sagemaker", "CreateProcessingJob", PassesRole),
    ("codebuild", "CreateProject", PassesRole),
    ("codebuild", "UpdateProject", PassesRole),
    ("codebuild", "StartBuild", PassesRole),
    ("cloudformation", "CreateStack", PassesRole),
    ("cloudformation", "UpdateStack", PassesRole),
    ("cloudformation", "CreateChangeSet", PassesRole),
    ("states", "CreateStateMachine", PassesRole),
    ("states", "UpdateStateMachine", PassesRole),
    ("batch", "RegisterJobDefinition", PassesRole),
    ("elasticmapreduce", "RunJobFlow", PassesRole),
    ("datapipeline", "PutPipelineDefinition", PassesRole),
    ("apprunner", "CreateService", PassesRole),
    ("scheduler", "CreateSchedule", PassesRole),
    ("ssm", "StartAutomationExecution", PassesRole),
    ("bedrock-agentcore", "CreateCodeInterpreter", PassesRole),
];

/// Operations whose events carry an API version after the name.
///
/// Source: Lambda developer guide, "Logging AWS Lambda API calls using AWS CloudTrail".
const VERSIONED: [(&str, &str); 4] = [
    ("lambda", "CreateFunction20150331"),
    ("lambda", "UpdateFunctionConfiguration20150331v2"),
    ("lambda", "AddPermission20150331"),
    ("lambda", "AddPermission20150331v2"),
];

/// The names of the operations as events have them, each once: what logs are searched for.
pub fn list_operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPERATIONS.iter().map(|(service, name, _)| (*service, *name)).chain(VERSIONED)
}

/// How an operation shows whom it concerns; `None` for operations that give nobody anything.
pub(super) fn find_aim(service: &str, name: &str) -> Option<GrantAim> {
    let found = OPERATIONS.iter().find(|(of, is, _)| *of == service && *is == name);
    found.map(|(.., aim)| *aim)
}
