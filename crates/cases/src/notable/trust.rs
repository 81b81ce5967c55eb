//! Who may become what: trust policies, identity providers, organizations, Identity Center, EKS.

use super::call::NotableCall;
use super::document::{PolicyDocument, PolicyReach};
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use crate::case::NotableClass::{Defences, Privileges};
use crate::triage::WIDE;

pub(super) const READERS: &[CallReader] = &[
    CallReader::by("iam", "CreateRole", read_trust),
    CallReader::by("iam", "UpdateAssumeRolePolicy", read_trust),
    CallReader::row("iam", "CreateOpenIDConnectProvider", OPENID),
    CallReader::row("iam", "AddClientIDToOpenIDConnectProvider", OPENID_CHANGE),
    CallReader::row("iam", "UpdateOpenIDConnectProviderThumbprint", OPENID_CHANGE),
    CallReader::row("iam", "CreateSAMLProvider", SAML),
    CallReader::row("iam", "UpdateSAMLProvider", SAML_CHANGE),
    CallReader::row("rolesanywhere", "CreateTrustAnchor", TRUST_ANCHOR),
    CallReader::row("rolesanywhere", "CreateProfile", ANYWHERE_PROFILE),
    CallReader::row("rolesanywhere", "UpdateTrustAnchor", ANCHOR_CHANGE),
    CallReader::row("sso", "CreateAccountAssignment", ASSIGNMENT),
    CallReader::by("sso", "AttachManagedPolicyToPermissionSet", read_permission_set),
    CallReader::by(
        "sso",
        "AttachCustomerManagedPolicyReferenceToPermissionSet",
        read_permission_set,
    ),
    CallReader::by("sso", "PutInlinePolicyToPermissionSet", read_permission_set),
    CallReader::row("organizations", "LeaveOrganization", LEAVE),
    CallReader::row("organizations", "DeleteOrganization", DISSOLVE),
    CallReader::row("organizations", "DetachPolicy", POLICY_OFF),
    CallReader::row("organizations", "DeletePolicy", POLICY_DELETED),
    CallReader::row("organizations", "UpdatePolicy", POLICY_CHANGED),
    CallReader::row("organizations", "DisablePolicyType", POLICY_TYPE),
    CallReader::row("organizations", "RemoveAccountFromOrganization", ACCOUNT_OUT),
    CallReader::row("organizations", "CloseAccount", ACCOUNT_CLOSED),
    CallReader::row("organizations", "InviteAccountToOrganization", ACCOUNT_INVITED),
    CallReader::row("organizations", "CreateAccount", ACCOUNT_CREATED),
    CallReader::row("organizations", "MoveAccount", ACCOUNT_MOVED),
    CallReader::row("organizations", "RegisterDelegatedAdministrator", DELEGATED),
    CallReader::row("eks", "CreateAccessEntry", ACCESS_ENTRY),
    CallReader::by("eks", "AssociateAccessPolicy", read_access_policy),
    CallReader::row("iam", "EnableOrganizationsRootSessions", ROOT_SESSIONS),
    CallReader::row("iam", "EnableOrganizationsRootCredentialsManagement", ROOT_SESSIONS),
    CallReader::row("sts", "AssumeRoot", ASSUME_ROOT),
];

fn read_trust(call: &NotableCall<'_>) -> Option<FactDraft> {
    let is_new = call.name() == "CreateRole";
    let parameter = if is_new { "assumeRolePolicyDocument" } else { "policyDocument" };
    let document = call.value(parameter).and_then(PolicyDocument::read);
    let role = call.sentence("role/{roleName}");
    let own = |account: &str| call.is_own_account(account);
    let admission = document.map(|document| document.admits(&own)).unwrap_or_default();
    let Some(whom) = admission.words() else {
        let weight = u8::from(!is_new && !call.is_workload());
        let done = if is_new { "created" } else { "changed who may assume" };
        let draft = FactDraft::new(Privileges, weight, role.clone(), format!("{done} {role}"));
        return Some(keep_trust(call, draft));
    };
    let weight = match (admission.is_foreign(), is_new) {
        (true, false) => 5,
        (true, true) => 4,
        (false, _) => 2,
    };
    let created = if is_new { " (new)" } else { "" };
    let detail = format!("{role}{created}: lets {whom} assume it");
    let draft = FactDraft::new(Privileges, weight, detail, format!("let {whom} assume {role}"));
    Some(keep_trust(call, draft))
}

fn keep_trust(call: &NotableCall<'_>, draft: FactDraft) -> FactDraft {
    if call.name() == "CreateRole" {
        let title = "Delete role/{roleName}, once its policies are detached";
        let command = "aws iam delete-role --role-name {roleName}";
        let breaks = "Anything that runs with the role.";
        let back = BackRow { title, command, breaks, undo: "" };
        return draft.keyed(call.key("role/{roleName}")).taken_back(call, &back);
    }
    let back = BackRow {
        title: "See who may assume role/{roleName} now, and restore its trust policy",
        command: "aws iam get-role --role-name {roleName}",
        breaks: "Nothing: it only reads.",
        undo: "",
    };
    draft.keyed(call.key("role/{roleName}|trust")).taken_back(call, &back)
}

const OPENID: FactRow = FactRow::new(
    Privileges,
    2,
    "{url|response.openIDConnectProviderArn}",
    "added identity provider {url|response.openIDConnectProviderArn}",
)
.for_workloads(1)
.keyed("openid/{response.openIDConnectProviderArn|url}")
.back(
    "Delete identity provider {url|response.openIDConnectProviderArn}",
    "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn {response.openIDConnectProviderArn}",
    "Anyone who assumes a role through this provider.",
    "",
);
const OPENID_CHANGE: FactRow = FactRow::new(
    Privileges,
    3,
    "{openIDConnectProviderArn}",
    "changed whom identity provider {openIDConnectProviderArn} lets in",
)
.for_workloads(1);
const SAML: FactRow = FactRow::new(
    Privileges,
    4,
    "{name|response.sAMLProviderArn}",
    "added SAML provider {name|response.sAMLProviderArn}",
)
.for_workloads(2)
.keyed("saml/{response.sAMLProviderArn|name}")
.back(
    "Delete SAML provider {name|response.sAMLProviderArn}",
    "aws iam delete-saml-provider --saml-provider-arn {response.sAMLProviderArn}",
    "Every sign-in through this provider.",
    "",
);
const SAML_CHANGE: FactRow = FactRow::new(
    Privileges,
    4,
    "{sAMLProviderArn}",
    "replaced the metadata of SAML provider {sAMLProviderArn}",
)
.for_workloads(2)
.keyed("saml/{sAMLProviderArn}|metadata");
const TRUST_ANCHOR: FactRow = FactRow::new(
    Privileges,
    5,
    "{name}",
    "added Roles Anywhere trust anchor {name}",
)
.for_workloads(3)
.keyed("anchor/{response.trustAnchor.trustAnchorId|name}")
.back(
    "Disable trust anchor {name}",
    "aws rolesanywhere disable-trust-anchor --trust-anchor-id {response.trustAnchor.trustAnchorId}",
    "Anything that authenticates with certificates of this authority.",
    "aws rolesanywhere enable-trust-anchor --trust-anchor-id {response.trustAnchor.trustAnchorId}",
);
const ANCHOR_CHANGE: FactRow = FactRow::new(
    Privileges,
    4,
    "{trustAnchorId|name}",
    "changed the certificate authority of trust anchor {trustAnchorId|name}",
)
.for_workloads(2);
// A profile lets nobody in without a trust anchor, which weighs more.
const ANYWHERE_PROFILE: FactRow = FactRow::new(
    Privileges,
    2,
    "{name}: {roleArns&}",
    "let certificates assume {roleArns&} through Roles Anywhere profile {name}",
)
.for_workloads(1)
.keyed("profile/{response.profile.profileId|name}")
.back(
    "Disable profile {name}",
    "aws rolesanywhere disable-profile --profile-id {response.profile.profileId}",
    "Anything that authenticates through this profile.",
    "aws rolesanywhere enable-profile --profile-id {response.profile.profileId}",
);
const ASSIGNMENT: FactRow = FactRow::new(
    Privileges,
    4,
    "{principalType} {principalId} in account {targetId}: {permissionSetArn}",
    "gave {principalType} {principalId} permission set {permissionSetArn} in account {targetId}",
)
.for_workloads(1)
.keyed("assignment/{targetId}/{permissionSetArn}/{principalId}")
.back(
    "Remove the assignment of {principalType} {principalId}",
    "aws sso-admin delete-account-assignment --instance-arn {instanceArn} --target-id {targetId} --target-type {targetType} --permission-set-arn {permissionSetArn} --principal-type {principalType} --principal-id {principalId}",
    "Their access to the account.",
    "",
);

fn read_permission_set(call: &NotableCall<'_>) -> Option<FactDraft> {
    let arn = call.text("managedPolicyArn").unwrap_or_default();
    let document = call.value("inlinePolicy").and_then(PolicyDocument::read);
    let reach = document.as_ref().map_or(PolicyReach::Something, PolicyDocument::reach);
    let is_wide = WIDE.iter().any(|end| arn.ends_with(end)) || reach == PolicyReach::Everything;
    let words = document.map(|document| document.summary());
    let policy = "{managedPolicyArn|customerManagedPolicyReference.name}";
    let words = words.unwrap_or_else(|| call.sentence(policy));
    let weight = match (is_wide, call.is_workload()) {
        (true, false) => 4,
        (true, true) => 3,
        (false, false) => 2,
        (false, true) => 0,
    };
    let set = call.sentence("permission set {permissionSetArn}");
    let achieved = if is_wide {
        format!("gave {set} administrator rights")
    } else {
        format!("gave {set} permissions: {words}")
    };
    let draft = FactDraft::new(Privileges, weight, format!("on {set}: {words}"), achieved);
    let key = "permission-set/{permissionSetArn}|policy/{managedPolicyArn|customerManagedPolicyReference.name}";
    let inline = "permission-set/{permissionSetArn}|inline";
    Some(draft.keyed(call.key(key).or_else(|| call.key(inline))))
}

const LEAVE: FactRow = FactRow::new(
    Defences,
    5,
    "",
    "took account {account} out of its organization and service control policies",
);
const DISSOLVE: FactRow = FactRow::new(Defences, 5, "", "deleted the organization");
const POLICY_OFF: FactRow = FactRow::new(
    Defences,
    4,
    "{policyId} from {targetId}",
    "detached organization policy {policyId} from {targetId}",
)
.for_workloads(2)
.keyed("policy/{policyId}|target/{targetId}")
.back(
    "Attach organization policy {policyId} to {targetId} again",
    "aws organizations attach-policy --policy-id {policyId} --target-id {targetId}",
    "Anything that the policy denies.",
    "aws organizations detach-policy --policy-id {policyId} --target-id {targetId}",
);
const POLICY_DELETED: FactRow =
    FactRow::new(Defences, 4, "{policyId}", "deleted organization policy {policyId}")
        .for_workloads(2);
const POLICY_CHANGED: FactRow =
    FactRow::new(Defences, 3, "{policyId}", "changed organization policy {policyId}")
        .for_workloads(1);
const POLICY_TYPE: FactRow = FactRow::new(
    Defences,
    5,
    "{policyType} of {rootId}",
    "switched off every policy of type {policyType} in the organization",
)
.keyed("policy-type/{policyType}")
.back(
    "Enable policy type {policyType} again",
    "aws organizations enable-policy-type --root-id {rootId} --policy-type {policyType}",
    "Anything that these policies deny; they must be attached again.",
    "",
);
const ACCOUNT_OUT: FactRow =
    FactRow::new(Defences, 4, "{accountId}", "removed account {accountId} from the organization");
const ACCOUNT_CLOSED: FactRow = FactRow::new(
    crate::case::NotableClass::Destruction,
    5,
    "{accountId}",
    "closed account {accountId}",
);
const ACCOUNT_INVITED: FactRow = FactRow::new(
    Privileges,
    3,
    "{target.id}",
    "invited account {target.id} to join the organization",
);
const ACCOUNT_CREATED: FactRow =
    FactRow::new(Privileges, 2, "{accountName}", "created account {accountName}").for_workloads(1);
const ACCOUNT_MOVED: FactRow = FactRow::new(
    Defences,
    3,
    "{accountId} to {destinationParentId}",
    "moved account {accountId} to {destinationParentId}, where other policies may apply",
)
.for_workloads(1);
const DELEGATED: FactRow = FactRow::new(
    Privileges,
    3,
    "{accountId} for {servicePrincipal}",
    "made account {accountId} delegated administrator of {servicePrincipal}",
)
.keyed("delegated/{accountId}/{servicePrincipal}")
.back(
    "Deregister account {accountId}",
    "aws organizations deregister-delegated-administrator --account-id {accountId} --service-principal {servicePrincipal}",
    "What the account administers for the organization.",
    "",
);
const ACCESS_ENTRY: FactRow = FactRow::new(
    Privileges,
    3,
    "{principalArn} in cluster {clusterName|name}",
    "gave {principalArn} access to cluster {clusterName|name}",
)
.for_workloads(1)
.keyed("cluster/{clusterName|name}|entry/{principalArn}")
.back(
    "Delete the access entry of {principalArn}",
    "aws eks delete-access-entry --cluster-name {clusterName|name} --principal-arn {principalArn}",
    "Its access to the cluster.",
    "",
);

fn read_access_policy(call: &NotableCall<'_>) -> Option<FactDraft> {
    let is_admin = call.text("policyArn").is_some_and(|arn| arn.contains("Admin"));
    let weight = match (is_admin, call.is_workload()) {
        (true, false) => 4,
        (false, false) => 2,
        (_, true) => 1,
    };
    let detail = call.sentence("{principalArn} in cluster {clusterName|name}: {policyArn}");
    let achieved =
        call.sentence("gave {principalArn} policy {policyArn} in cluster {clusterName|name}");
    let draft = FactDraft::new(Privileges, weight, detail, achieved);
    let key = "cluster/{clusterName|name}|entry/{principalArn}|policy/{policyArn}";
    let back = BackRow {
        title: "Disassociate policy {policyArn} from {principalArn}",
        command: "aws eks disassociate-access-policy --cluster-name {clusterName|name} --principal-arn {principalArn} --policy-arn {policyArn}",
        breaks: "Anything that only this policy allows in the cluster.",
        undo: "",
    };
    Some(draft.keyed(call.key(key)).taken_back(call, &back))
}

const ROOT_SESSIONS: FactRow =
    FactRow::new(Privileges, 3, "", "enabled root sessions across the organization's accounts");
const ASSUME_ROOT: FactRow =
    FactRow::new(Privileges, 4, "{targetPrincipal}", "assumed root in account {targetPrincipal}");
