//! Users, keys, passwords, second factors, and sessions that are handed on.

use aware_core::event::PrincipalKind;

use super::call::NotableCall;
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use super::value::{possession, short_key};
use crate::case::NotableClass::{Credentials, Defences};

pub(super) const READERS: &[CallReader] = &[
    CallReader::by("iam", "CreateAccessKey", read_access_key),
    CallReader::by("iam", "UpdateAccessKey", read_key_status),
    CallReader::by("iam", "CreateUser", read_user),
    CallReader::by("iam", "CreateLoginProfile", read_password),
    CallReader::by("iam", "UpdateLoginProfile", read_password),
    CallReader::row("iam", "ChangePassword", PASSWORD_CHANGE),
    CallReader::by("iam", "DeactivateMFADevice", read_mfa),
    CallReader::row("iam", "DeleteVirtualMFADevice", MFA_DELETED),
    CallReader::row("iam", "CreateVirtualMFADevice", MFA_CREATED),
    CallReader::row("iam", "EnableMFADevice", MFA_ENABLED),
    CallReader::row("iam", "ResyncMFADevice", MFA_ENABLED),
    CallReader::row("iam", "UploadSSHPublicKey", SSH_KEY),
    CallReader::row("iam", "UploadSigningCertificate", CERTIFICATE),
    CallReader::row("iam", "CreateServiceSpecificCredential", SERVICE_CREDENTIAL),
    CallReader::row("iam", "ResetServiceSpecificCredential", SERVICE_CREDENTIAL),
    CallReader::row("sts", "GetFederationToken", FEDERATION),
    CallReader::by("signin", "GetSigninToken", read_signin_token),
    CallReader::by("signin", "ConsoleLogin", read_sign_in),
    CallReader::by("signin", "PasswordUpdated", read_own_password),
    CallReader::by("signin", "PasswordRecoveryCompleted", read_own_password),
    CallReader::row("ec2", "CreateKeyPair", KEY_PAIR),
    CallReader::row("ec2", "ImportKeyPair", KEY_PAIR),
    CallReader::row("sso-directory", "CreateUser", DIRECTORY_USER),
    CallReader::row("identitystore", "CreateUser", DIRECTORY_USER),
    CallReader::row("sso-directory", "AddMemberToGroup", DIRECTORY_GROUP),
    CallReader::row("identitystore", "CreateGroupMembership", DIRECTORY_GROUP),
    CallReader::row("sso-directory", "UpdatePassword", DIRECTORY_PASSWORD),
    CallReader::row("sso-directory", "DeleteMfaDeviceForUser", DIRECTORY_MFA),
    CallReader::row("sso", "UpdateSsoConfiguration", DIRECTORY_SESSIONS),
    CallReader::by("rds", "ModifyDBInstance", read_database_change),
    CallReader::by("rds", "ModifyDBCluster", read_database_change),
    CallReader::row("iam", "UpdateAccountPasswordPolicy", PASSWORD_POLICY),
    CallReader::row("iam", "DeleteAccountPasswordPolicy", PASSWORD_POLICY),
    CallReader::row("ssm", "CreateActivation", ACTIVATION),
];

const KEY_BACK: BackRow = BackRow {
    title: "Deactivate access key {response.accessKey.accessKeyId#} of {named}",
    command: "aws iam update-access-key --user-name {user} --access-key-id {response.accessKey.accessKeyId} --status Inactive",
    breaks: "Anything that uses the key.",
    undo: "aws iam update-access-key --user-name {user} --access-key-id {response.accessKey.accessKeyId} --status Active",
};
const ROOT_KEY_BACK: BackRow = BackRow {
    title: "Delete access key {response.accessKey.accessKeyId#} of root, as root",
    command: "aws iam delete-access-key --access-key-id {response.accessKey.accessKeyId}",
    breaks: "Anything that uses the key.",
    undo: "",
};

fn read_access_key(call: &NotableCall<'_>) -> Option<FactDraft> {
    let key = call.text("response.accessKey.accessKeyId");
    let shown = key.as_deref().map_or_else(|| "(id not recorded)".to_owned(), short_key);
    let is_own = call.is_own_user();
    let is_root = is_own && call.is_root();
    // Whoever signs with a long-term key, and creates one for themselves, has two.
    let is_second =
        call.event.principal.access_key.as_deref().is_some_and(|key| key.starts_with("AKIA"));
    let whom = call.identity();
    let achieved = match (is_root, is_own, is_second) {
        (true, ..) => "created an access key for root".to_owned(),
        (_, true, true) => "created a second access key".to_owned(),
        (_, true, false) => "created an access key for themselves".to_owned(),
        _ => format!("created an access key for {whom}"),
    };
    let weight = match (is_root, is_own) {
        (true, _) => 4,
        (_, true) => 2,
        _ => 3,
    };
    let draft = FactDraft::new(Credentials, weight, format!("for {whom}: {shown}"), achieved);
    let place = if is_root {
        "root|key/{response.accessKey.accessKeyId}"
    } else {
        "user/{user}|key/{response.accessKey.accessKeyId}"
    };
    let back = if is_root { ROOT_KEY_BACK } else { KEY_BACK };
    Some(draft.keyed(call.key(place)).taken_back(call, &back))
}

fn read_key_status(call: &NotableCall<'_>) -> Option<FactDraft> {
    let shown = call.sentence("{accessKeyId#}");
    let whom = call.identity();
    let key = format!("access key {shown}");
    if !call.has("status", "Active") {
        let achieved = format!("deactivated {}", possession(&key, &whom));
        return Some(FactDraft::new(
            Credentials,
            0,
            format!("{shown} of {whom}: inactive"),
            achieved,
        ));
    }
    let achieved = format!("reactivated {}", possession(&key, &whom));
    let draft = FactDraft::new(Credentials, 3, format!("{shown} of {whom}: active"), achieved);
    let back = BackRow {
        title: "Deactivate access key {accessKeyId#} of {named}",
        command: "aws iam update-access-key --user-name {user} --access-key-id {accessKeyId} --status Inactive",
        breaks: "Anything that uses the key.",
        undo: "aws iam update-access-key --user-name {user} --access-key-id {accessKeyId} --status Active",
    };
    Some(draft.keyed(call.key("user/{user}|key/{accessKeyId}")).taken_back(call, &back))
}

fn read_user(call: &NotableCall<'_>) -> Option<FactDraft> {
    let user = call.sentence("user/{userName|response.user.userName}");
    let draft = FactDraft::new(Credentials, 1, user.clone(), format!("created {user}"));
    let back = BackRow {
        title: "Delete user/{userName}, once its keys, password and policies are gone",
        command: "aws iam delete-user --user-name {userName}",
        breaks: "Anything that acts as this user.",
        undo: "",
    };
    Some(draft.keyed(call.key("user/{user}")).taken_back(call, &back))
}

fn read_password(call: &NotableCall<'_>) -> Option<FactDraft> {
    let is_own = call.is_own_user();
    let whom = call.identity();
    let is_new = call.name() == "CreateLoginProfile";
    let achieved = match is_new {
        true => format!("gave {whom} a console password"),
        false => format!("changed {}", possession("console password", &whom)),
    };
    let weight = if is_own && !is_new { 1 } else { 3 };
    let draft = FactDraft::new(Credentials, weight, format!("for {whom}"), achieved);
    let back = BackRow {
        title: "Delete the console password of {named}",
        command: "aws iam delete-login-profile --user-name {user}",
        breaks: "Their console sign-in; open console sessions last until they expire.",
        undo: "",
    };
    Some(draft.keyed(call.key("user/{user}|password")).taken_back(call, &back))
}

const PASSWORD_CHANGE: FactRow =
    FactRow::new(Credentials, 1, "", "changed their own console password");

fn read_own_password(call: &NotableCall<'_>) -> Option<FactDraft> {
    let weight = if call.is_root() { 3 } else { 1 };
    let whose = if call.is_root() { "the password of root" } else { "their own console password" };
    Some(FactDraft::new(Credentials, weight, String::new(), format!("changed {whose}")))
}

fn read_mfa(call: &NotableCall<'_>) -> Option<FactDraft> {
    let is_root =
        call.text("serialNumber").is_some_and(|serial| serial.contains("root-account-mfa"));
    let whom = if is_root { "root".to_owned() } else { call.identity() };
    let weight = if is_root { 4 } else { 3 };
    let achieved = format!("deactivated {}", possession("MFA device", &whom));
    let draft = FactDraft::new(Defences, weight, format!("of {whom}"), achieved);
    Some(draft.keyed(call.key("user/{user}|mfa")))
}

const MFA_DELETED: FactRow =
    FactRow::new(Defences, 2, "{serialNumber}", "deleted MFA device {serialNumber}");
const MFA_CREATED: FactRow = FactRow::new(
    Credentials,
    1,
    "{virtualMFADeviceName}",
    "created MFA device {virtualMFADeviceName}",
);
const MFA_ENABLED: FactRow =
    FactRow::new(Credentials, 1, "for {identity}", "registered an MFA device for {identity}");
const SSH_KEY: FactRow =
    FactRow::new(Credentials, 2, "for {identity}", "uploaded an SSH key for {identity}")
        .keyed("user/{user}|ssh/{response.sSHPublicKey.sSHPublicKeyId}")
        .back(
            "Deactivate the SSH key of {named}",
            "aws iam update-ssh-public-key --user-name {user} --ssh-public-key-id {response.sSHPublicKey.sSHPublicKeyId} --status Inactive",
            "Their access to CodeCommit with this key.",
            "aws iam update-ssh-public-key --user-name {user} --ssh-public-key-id {response.sSHPublicKey.sSHPublicKeyId} --status Active",
        );
const CERTIFICATE: FactRow = FactRow::new(
    Credentials,
    3,
    "for {identity}",
    "uploaded a signing certificate for {identity}",
)
.keyed("user/{user}|certificate/{response.certificate.certificateId}")
.back(
    "Deactivate the signing certificate of {named}",
    "aws iam update-signing-certificate --user-name {user} --certificate-id {response.certificate.certificateId} --status Inactive",
    "Anything that signs with it.",
    "aws iam update-signing-certificate --user-name {user} --certificate-id {response.certificate.certificateId} --status Active",
);
const SERVICE_CREDENTIAL: FactRow = FactRow::new(
    Credentials,
    3,
    "for {identity}: {serviceName|response.serviceSpecificCredential.serviceName}",
    "created a credential for {serviceName|response.serviceSpecificCredential.serviceName} for {identity}",
)
.keyed("user/{user}|credential/{response.serviceSpecificCredential.serviceSpecificCredentialId}")
.back(
    "Deactivate the service-specific credential of {named}",
    "aws iam update-service-specific-credential --user-name {user} --service-specific-credential-id {response.serviceSpecificCredential.serviceSpecificCredentialId} --status Inactive",
    "Anything that uses the credential.",
    "aws iam update-service-specific-credential --user-name {user} --service-specific-credential-id {response.serviceSpecificCredential.serviceSpecificCredentialId} --status Active",
);
const FEDERATION: FactRow = FactRow::new(
    Credentials,
    2,
    "{name}",
    "created federated session {name}, which outlives its access key",
)
.for_workloads(1);

fn read_signin_token(call: &NotableCall<'_>) -> Option<FactDraft> {
    let arn = call.event.principal.arn.as_deref().unwrap_or_default();
    // Identity Center asks for such a token at each sign-in.
    let weight = if arn.contains("role/aws-reserved/sso.amazonaws.com/") { 0 } else { 2 };
    let achieved = "turned API credentials into a console session".to_owned();
    Some(FactDraft::new(Credentials, weight, String::new(), achieved))
}

fn read_sign_in(call: &NotableCall<'_>) -> Option<FactDraft> {
    let kind = call.event.principal.kind;
    let is_root = kind == PrincipalKind::Root;
    if !matches!(kind, PrincipalKind::Root | PrincipalKind::IamUser)
        || call.has("response.ConsoleLogin", "Failure")
    {
        return None;
    }
    let used = call.event.record.pointer("/additionalEventData/MFAUsed");
    let without = used.and_then(serde_json::Value::as_str) == Some("No");
    if !is_root {
        let achieved = "signed in to the console without MFA".to_owned();
        let draft = FactDraft::new(Credentials, 1, "without MFA".to_owned(), achieved);
        return without.then_some(draft);
    }
    let how = if without { " without MFA" } else { "" };
    let weight = if without { 2 } else { 1 };
    Some(FactDraft::new(
        Credentials,
        weight,
        format!("as root{how}"),
        format!("signed in to the console{how}"),
    ))
}

const KEY_PAIR: FactRow = FactRow::new(Credentials, 1, "{keyName}", "created key pair {keyName}")
    .for_workloads(0)
    .keyed("key-pair/{keyName}")
    .back(
        "Delete key pair {keyName}",
        "aws ec2 delete-key-pair --key-name {keyName}",
        "Launching instances with this key pair; running instances keep the key.",
        "",
    );
const DIRECTORY_USER: FactRow = FactRow::new(
    Credentials,
    2,
    "{userName|displayName}",
    "created Identity Center user {userName|displayName}",
)
.for_workloads(0)
.keyed("directory/user/{response.user.userId|response.userId}");
const DIRECTORY_GROUP: FactRow = FactRow::new(
    crate::case::NotableClass::Privileges,
    3,
    "{member.memberId|memberId.userId} to group {groupId}",
    "added Identity Center user {member.memberId|memberId.userId} to group {groupId}",
)
.for_workloads(0)
.keyed("directory/group/{groupId}/{member.memberId|memberId.userId}");
const DIRECTORY_PASSWORD: FactRow = FactRow::new(
    Credentials,
    3,
    "of user {userId}",
    "changed the password of Identity Center user {userId}",
);
const DIRECTORY_MFA: FactRow = FactRow::new(
    Defences,
    3,
    "of user {userId}",
    "removed an MFA device of Identity Center user {userId}",
);
const DIRECTORY_SESSIONS: FactRow =
    FactRow::new(Defences, 2, "", "changed how people sign in to Identity Center");

fn read_database_change(call: &NotableCall<'_>) -> Option<FactDraft> {
    let database = call.sentence("database {dBInstanceIdentifier|dBClusterIdentifier}");
    let workload = call.is_workload();
    if call.text("masterUserPassword").is_some() {
        let achieved = format!("changed the master password of {database}");
        let weight = if workload { 1 } else { 3 };
        return Some(FactDraft::new(
            Credentials,
            weight,
            format!("{database}: master password"),
            achieved,
        ));
    }
    if call.has("publiclyAccessible", "true") {
        let achieved = format!("made {database} publicly accessible");
        let weight = if workload { 2 } else { 3 };
        let class = crate::case::NotableClass::Exposure;
        return Some(FactDraft::new(class, weight, format!("{database}: public"), achieved));
    }
    if call.has("deletionProtection", "false") {
        let achieved = format!("switched off deletion protection of {database}");
        let weight = u8::from(!workload);
        return Some(FactDraft::new(
            Defences,
            weight,
            format!("{database}: deletion protection off"),
            achieved,
        ));
    }
    None
}

const PASSWORD_POLICY: FactRow =
    FactRow::new(Defences, 2, "", "changed the account's password policy").for_workloads(0);
const ACTIVATION: FactRow = FactRow::new(
    Credentials,
    3,
    "for role {iamRole}",
    "created an activation that lets any machine register as role {iamRole}",
)
.for_workloads(1)
.keyed("activation/{response.activationId}")
.back(
    "Delete the Systems Manager activation",
    "aws ssm delete-activation --activation-id {response.activationId}",
    "Machines that have not registered yet.",
    "",
);
