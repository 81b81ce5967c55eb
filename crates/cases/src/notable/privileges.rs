//! Permissions of identities: policies, groups, boundaries.

use super::call::NotableCall;
use super::document::{PolicyDocument, PolicyReach};
use super::draft::{BackRow, CallReader, FactDraft};
use super::value::{possession, short_name, show_name};
use crate::case::NotableClass::Privileges;
use crate::triage::{WIDE, takes_away_a_denial};

pub(super) const READERS: &[CallReader] = &[
    CallReader::by("iam", "PutUserPolicy", read_grant),
    CallReader::by("iam", "PutRolePolicy", read_grant),
    CallReader::by("iam", "PutGroupPolicy", read_grant),
    CallReader::by("iam", "AttachUserPolicy", read_grant),
    CallReader::by("iam", "AttachRolePolicy", read_grant),
    CallReader::by("iam", "AttachGroupPolicy", read_grant),
    CallReader::by("iam", "CreatePolicy", read_policy),
    CallReader::by("iam", "CreatePolicyVersion", read_policy),
    CallReader::by("iam", "SetDefaultPolicyVersion", read_default_version),
    CallReader::by("iam", "AddUserToGroup", read_group),
    CallReader::by("iam", "DetachUserPolicy", read_removal),
    CallReader::by("iam", "DetachRolePolicy", read_removal),
    CallReader::by("iam", "DetachGroupPolicy", read_removal),
    CallReader::by("iam", "DeleteUserPolicy", read_removal),
    CallReader::by("iam", "DeleteRolePolicy", read_removal),
    CallReader::by("iam", "DeleteGroupPolicy", read_removal),
    CallReader::by("iam", "RemoveUserFromGroup", read_removal),
    CallReader::by("iam", "DeleteUserPermissionsBoundary", read_boundary_removal),
    CallReader::by("iam", "DeleteRolePermissionsBoundary", read_boundary_removal),
    CallReader::by("iam", "PutUserPermissionsBoundary", read_boundary),
    CallReader::by("iam", "PutRolePermissionsBoundary", read_boundary),
];

/// What a policy in a request gives: its reach, and its name or its widest statement.
struct Given {
    reach: PolicyReach,
    words: String,
}

fn read_given(call: &NotableCall<'_>) -> Given {
    let name = call.text("policyArn").map(|arn| show_name(short_name(&arn)));
    let document = call.value("policyDocument").and_then(PolicyDocument::read);
    match (name, document) {
        (Some(words), None) => Given { reach: reach_of_managed(call), words },
        (_, Some(document)) => Given { reach: document.reach(), words: document.summary() },
        (None, None) => {
            let policy = call.text("policyName").map(|name| format!("policy {}", show_name(&name)));
            let words = policy.unwrap_or_else(|| "a policy that is not recorded".to_owned());
            Given { reach: PolicyReach::Something, words }
        }
    }
}

/// AWS's own policies that allow nothing; a policy with such a name of the account's own may say
/// anything.
const DENYING: [&str; 4] = [
    "arn:aws:iam::aws:policy/AWSDenyAll",
    "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine",
    "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2",
    "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
];

fn reach_of_managed(call: &NotableCall<'_>) -> PolicyReach {
    let arn = call.text("policyArn").unwrap_or_default();
    match arn {
        arn if DENYING.contains(&arn.as_str()) => PolicyReach::Nothing,
        arn if WIDE.iter().any(|end| arn.ends_with(end)) => PolicyReach::Everything,
        _ => PolicyReach::Something,
    }
}

fn read_grant(call: &NotableCall<'_>) -> Option<FactDraft> {
    let given = read_given(call);
    let whom = call.identity();
    let is_own = call.is_own_grant() && whom != "an unnamed identity";
    let weight = weigh_grant(call, given.reach, is_own);
    let achieved = match (given.reach, is_own) {
        (PolicyReach::Nothing, _) => format!("restricted {whom}: {}", given.words),
        (PolicyReach::Everything, true) => "made themselves administrator".to_owned(),
        (PolicyReach::Everything, false) => format!("gave {whom} administrator rights"),
        (_, true) => format!("gave themselves permissions: {}", given.words),
        (_, false) => format!("gave {whom} permissions: {}", given.words),
    };
    let detail = format!("on {whom}: {}", given.words);
    let mut draft = FactDraft::new(Privileges, weight, detail, achieved);
    draft.is_restriction = given.reach == PolicyReach::Nothing;
    let draft = draft.keyed(call.key(grant_key(call)));
    Some(match grant_back(call) {
        Some(back) if given.reach > PolicyReach::Nothing => draft.taken_back(call, &back),
        _ => draft,
    })
}

fn weigh_grant(call: &NotableCall<'_>, reach: PolicyReach, is_own: bool) -> u8 {
    let is_role = call.text("roleName").is_some();
    match reach {
        // Whoever denies something to others may lock them out.
        PolicyReach::Nothing => u8::from(!is_own && !call.is_workload()),
        PolicyReach::Everything if is_own => 5,
        PolicyReach::Everything if is_role => 3,
        PolicyReach::Everything => 4,
        _ if is_own => 4,
        PolicyReach::Escalating if !is_role => 3,
        PolicyReach::Escalating => u8::from(!call.is_workload()),
        PolicyReach::Something => u8::from(!is_role && !call.is_workload()),
    }
}

/// The undo key of what an identity's policy is put as.
pub(super) fn grant_key(call: &NotableCall<'_>) -> &'static str {
    let kind = |user, role, group| match () {
        () if call.text("roleName").is_some() => role,
        () if call.text("groupName").is_some() => group,
        () => user,
    };
    if call.text("policyArn").is_some() {
        let user = "user/{user}|attached/{policyArn}";
        kind(user, "role/{roleName}|attached/{policyArn}", "group/{groupName}|attached/{policyArn}")
    } else {
        let user = "user/{user}|inline/{policyName}";
        kind(user, "role/{roleName}|inline/{policyName}", "group/{groupName}|inline/{policyName}")
    }
}

fn grant_back(call: &NotableCall<'_>) -> Option<BackRow> {
    let (title, command, undo) = match call.name() {
        "PutUserPolicy" => (
            "Delete inline policy {policyName} of user/{userName}",
            "aws iam delete-user-policy --user-name {userName} --policy-name {policyName}",
            "",
        ),
        "PutRolePolicy" => (
            "Delete inline policy {policyName} of role/{roleName}",
            "aws iam delete-role-policy --role-name {roleName} --policy-name {policyName}",
            "",
        ),
        "PutGroupPolicy" => (
            "Delete inline policy {policyName} of group/{groupName}",
            "aws iam delete-group-policy --group-name {groupName} --policy-name {policyName}",
            "",
        ),
        "AttachUserPolicy" => (
            "Detach policy {policyArn} from user/{userName}",
            "aws iam detach-user-policy --user-name {userName} --policy-arn {policyArn}",
            "aws iam attach-user-policy --user-name {userName} --policy-arn {policyArn}",
        ),
        "AttachRolePolicy" => (
            "Detach policy {policyArn} from role/{roleName}",
            "aws iam detach-role-policy --role-name {roleName} --policy-arn {policyArn}",
            "aws iam attach-role-policy --role-name {roleName} --policy-arn {policyArn}",
        ),
        "AttachGroupPolicy" => (
            "Detach policy {policyArn} from group/{groupName}",
            "aws iam detach-group-policy --group-name {groupName} --policy-arn {policyArn}",
            "aws iam attach-group-policy --group-name {groupName} --policy-arn {policyArn}",
        ),
        _ => return None,
    };
    Some(BackRow { title, command, breaks: "Anything that only this policy allows.", undo })
}

fn read_policy(call: &NotableCall<'_>) -> Option<FactDraft> {
    let given = read_given_document(call)?;
    let is_new = call.name() == "CreatePolicy";
    let is_default = !call.has("setAsDefault", "false");
    let is_wide = given.reach == PolicyReach::Everything;
    let weight = match (is_wide, is_new) {
        (true, false) if is_default => 4,
        (true, _) => 1,
        (false, false) if given.reach == PolicyReach::Escalating => 2,
        (false, _) => u8::from(!is_new && !call.is_workload()),
    };
    let name = call.sentence("{policyArn|policyName|response.policy.arn}");
    let achieved = match (is_new, is_wide) {
        (true, _) => format!("created policy {name}: {}", given.words),
        (false, true) => format!("gave policy {name} administrator rights"),
        (false, false) => format!("changed policy {name}: {}", given.words),
    };
    let detail = format!("{name}: {}", given.words);
    let draft = FactDraft::new(Privileges, weight, detail, achieved);
    if is_new {
        return Some(draft.keyed(call.key("policy/{response.policy.arn|policyName}")));
    }
    let key = "policy/{policyArn}|version/{response.policyVersion.versionId}";
    Some(draft.keyed(call.key(key)).taken_back(call, &VERSION_BACK))
}

const VERSION_BACK: BackRow = BackRow {
    title: "Find the previous default version of policy {policyArn}, and make it the default again",
    command: "aws iam list-policy-versions --policy-arn {policyArn}",
    breaks: "Anything that only the new version allows.",
    undo: "",
};

fn read_given_document(call: &NotableCall<'_>) -> Option<Given> {
    let document = call.value("policyDocument").and_then(PolicyDocument::read)?;
    Some(Given { reach: document.reach(), words: document.summary() })
}

fn read_default_version(call: &NotableCall<'_>) -> Option<FactDraft> {
    let weight = if call.is_workload() { 1 } else { 2 };
    let detail = call.sentence("{policyArn}: {versionId}");
    let achieved = call.sentence("made version {versionId} the default of policy {policyArn}");
    let draft = FactDraft::new(Privileges, weight, detail, achieved);
    Some(
        draft
            .keyed(call.key("policy/{policyArn}|version/{versionId}"))
            .taken_back(call, &VERSION_BACK),
    )
}

fn read_group(call: &NotableCall<'_>) -> Option<FactDraft> {
    let group = call.text("groupName").unwrap_or_default().to_ascii_lowercase();
    let is_wide = ["admin", "power", "root", "owner"].iter().any(|word| group.contains(word));
    let weight = match (call.is_own_grant(), is_wide) {
        (true, true) => 5,
        (true, false) => 4,
        (false, true) => 3,
        (false, false) => 1,
    };
    let user = if call.is_own_grant() {
        "themselves".to_owned()
    } else {
        format!("user/{}", call.sentence("{userName}"))
    };
    let group = call.sentence("group/{groupName}");
    let draft = FactDraft::new(
        Privileges,
        weight,
        format!("{user} to {group}"),
        format!("added {user} to {group}"),
    );
    let back = BackRow {
        title: "Remove user/{userName} from group/{groupName}",
        command: "aws iam remove-user-from-group --user-name {userName} --group-name {groupName}",
        breaks: "Anything that only membership of the group allows.",
        undo: "aws iam add-user-to-group --user-name {userName} --group-name {groupName}",
    };
    Some(draft.keyed(call.key("user/{userName}|group/{groupName}")).taken_back(call, &back))
}

fn read_removal(call: &NotableCall<'_>) -> Option<FactDraft> {
    let what = call.sentence("{policyArn|policyName|groupName}");
    let is_leaving = call.name() == "RemoveUserFromGroup";
    let whom =
        if is_leaving { format!("user/{}", call.sentence("{userName}")) } else { call.identity() };
    let lifts = takes_away_a_denial(call.request);
    let is_own = call.is_own_removal();
    let whom = if is_own { "themselves".to_owned() } else { whom };
    let weight = match (lifts, is_own) {
        (true, true) => 5,
        (true, false) => 4,
        // Whoever gives up something of their own gets rid of what it forbids.
        (false, true) if call.is_workload() => 1,
        (false, true) => 3,
        (false, false) => 0,
    };
    let achieved = match (lifts, is_leaving) {
        (true, false) => format!("removed deny policy {what} from {whom}"),
        (true, true) => format!("removed {whom} from group/{what}, which restricts its members"),
        (false, true) => format!("removed {whom} from group/{what}"),
        (false, false) => format!("removed policy {what} from {whom}"),
    };
    let mut draft = FactDraft::new(Privileges, weight, format!("on {whom}: {what}"), achieved);
    draft.is_own_change = is_own;
    Some(removal_undo(call, draft))
}

/// How a removal is taken back, where the record says all that is needed.
fn removal_undo(call: &NotableCall<'_>, draft: FactDraft) -> FactDraft {
    let (command, key) = match call.name() {
        "DetachUserPolicy" => (
            "aws iam attach-user-policy --user-name {userName} --policy-arn {policyArn}",
            "user/{user}|detached/{policyArn}",
        ),
        "DetachRolePolicy" => (
            "aws iam attach-role-policy --role-name {roleName} --policy-arn {policyArn}",
            "role/{roleName}|detached/{policyArn}",
        ),
        "DetachGroupPolicy" => (
            "aws iam attach-group-policy --group-name {groupName} --policy-arn {policyArn}",
            "group/{groupName}|detached/{policyArn}",
        ),
        "RemoveUserFromGroup" => (
            "aws iam add-user-to-group --user-name {userName} --group-name {groupName}",
            "user/{user}|left/{groupName}",
        ),
        "DeleteUserPolicy" => return draft.keyed(call.key("user/{user}|deleted/{policyName}")),
        "DeleteRolePolicy" => return draft.keyed(call.key("role/{roleName}|deleted/{policyName}")),
        _ => return draft.keyed(call.key("group/{groupName}|deleted/{policyName}")),
    };
    let title = "Restore {policyArn|groupName}";
    draft.keyed(call.key(key)).taken_back(
        call,
        &BackRow { title, command, breaks: "Anything it denies, if it denies anything.", undo: "" },
    )
}

fn read_boundary_removal(call: &NotableCall<'_>) -> Option<FactDraft> {
    let weight = match (call.is_own_grant(), call.is_workload()) {
        (true, _) => 5,
        (false, true) => 1,
        (false, false) => 3,
    };
    let whom = call.identity();
    let detail = format!("of {whom}");
    let achieved = format!("removed {}", possession("permissions boundary", &whom));
    let draft = FactDraft::new(Privileges, weight, detail, achieved);
    let of_user = "user/{userName}|boundary-removed";
    let key = call.key(of_user).or_else(|| call.key("role/{roleName}|boundary-removed"));
    Some(draft.keyed(key))
}

fn read_boundary(call: &NotableCall<'_>) -> Option<FactDraft> {
    let weight = if call.is_own_grant() { 4 } else { u8::from(!call.is_workload()) };
    let whom = call.identity();
    let policy = call.sentence("{permissionsBoundary}");
    let detail = format!("of {whom}: {policy}");
    let achieved = format!("set {} to {policy}", possession("permissions boundary", &whom));
    let draft = FactDraft::new(Privileges, weight, detail, achieved);
    let key = call.key("user/{userName}|boundary");
    Some(draft.keyed(key.or_else(|| call.key("role/{roleName}|boundary"))))
}
