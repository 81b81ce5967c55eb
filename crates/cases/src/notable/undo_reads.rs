//! Inverses that their parameters decide.

use super::call::NotableCall;
use super::network::IngressRule;
use super::resource_policies::HOLDER;
use super::shares::{SHARED, ShareChange, joined_key};
use super::template::key_part;
use super::trails::{TrailSetting, narrowed_selectors};

fn keys<const N: usize>(call: &NotableCall<'_>, templates: [&str; N]) -> Vec<String> {
    templates.iter().filter_map(|template| call.key(template)).collect()
}

pub(super) fn deleted_key(call: &NotableCall<'_>) -> Vec<String> {
    // Root's keys are deleted by root, without a name.
    keys(call, ["user/{user}|key/{accessKeyId}", "root|key/{accessKeyId}"])
}

/// Whether what the request names is made inactive.
fn becomes_inactive(call: &NotableCall<'_>) -> bool {
    call.has("status", "Inactive")
}

pub(super) fn inactive_key(call: &NotableCall<'_>) -> Vec<String> {
    if becomes_inactive(call) { deleted_key(call) } else { Vec::new() }
}

pub(super) fn inactive_ssh_key(call: &NotableCall<'_>) -> Vec<String> {
    let keys = keys(call, ["user/{user}|ssh/{sSHPublicKeyId}"]);
    if becomes_inactive(call) { keys } else { Vec::new() }
}

pub(super) fn inactive_certificate(call: &NotableCall<'_>) -> Vec<String> {
    let keys = keys(call, ["user/{user}|certificate/{certificateId}"]);
    if becomes_inactive(call) { keys } else { Vec::new() }
}

pub(super) fn inactive_credential(call: &NotableCall<'_>) -> Vec<String> {
    let keys = keys(call, ["user/{user}|credential/{serviceSpecificCredentialId}"]);
    if becomes_inactive(call) { keys } else { Vec::new() }
}

/// An inline policy replaces the one of the same name, and puts back one that was deleted.
pub(super) fn put_policy(call: &NotableCall<'_>) -> Vec<String> {
    let templates = match call.name() {
        "PutRolePolicy" => {
            ["role/{roleName}|inline/{policyName}", "role/{roleName}|deleted/{policyName}"]
        }
        "PutGroupPolicy" => {
            ["group/{groupName}|inline/{policyName}", "group/{groupName}|deleted/{policyName}"]
        }
        _ => ["user/{user}|inline/{policyName}", "user/{user}|deleted/{policyName}"],
    };
    keys(call, templates)
}

/// Making one version the default takes back every other version: IAM keeps five, numbered.
pub(super) fn other_versions(call: &NotableCall<'_>) -> Vec<String> {
    const KEPT: u32 = 30;
    if call.name() == "CreatePolicyVersion" && !call.has("setAsDefault", "true") {
        return Vec::new();
    }
    let chosen = call.text("versionId|response.policyVersion.versionId");
    let number = |text: &String| text.trim_start_matches('v').parse::<u32>().ok();
    let Some(chosen) = chosen.as_ref().and_then(number) else { return Vec::new() };
    let Some(policy) = call.key("policy/{policyArn}") else { return Vec::new() };
    let versions = chosen.saturating_sub(KEPT)..=chosen.saturating_add(KEPT);
    let others = versions.filter(|version| *version != chosen && *version > 0);
    others.map(|version| format!("{policy}|version/v{version}")).collect()
}

/// A boundary replaces the one before, and puts back one that was removed.
pub(super) fn put_boundary(call: &NotableCall<'_>) -> Vec<String> {
    let kinds = [
        "user/{userName}|boundary",
        "user/{userName}|boundary-removed",
        "role/{roleName}|boundary",
        "role/{roleName}|boundary-removed",
    ];
    keys(call, kinds)
}

/// Every set of settings that a trail has again: a change is taken back when all that it changed
/// is back.
pub(super) fn same_trail_settings(call: &NotableCall<'_>) -> Vec<String> {
    let Some(trail) = call.key("trail/{name}|settings") else { return Vec::new() };
    let mut sets = vec![trail];
    for setting in TrailSetting::list_set(call, "true") {
        sets.extend(sets.clone().iter().map(|set| format!("{set}/{}", setting.key)));
    }
    sets.split_off(1)
}

pub(super) fn wide_selectors(call: &NotableCall<'_>) -> Vec<String> {
    match narrowed_selectors(call) {
        None => keys(call, ["trail/{trailName|eventDataStore}|selectors"]),
        Some(_) => Vec::new(),
    }
}

pub(super) fn enabled_detector(call: &NotableCall<'_>) -> Vec<String> {
    if !call.has("enable", "true") {
        return Vec::new();
    }
    keys(call, ["detector/{detectorId}|enabled", "detector/{detectorId}|features"])
}

pub(super) fn enabled_macie(call: &NotableCall<'_>) -> Vec<String> {
    if call.has("status", "ENABLED") { keys(call, ["macie"]) } else { Vec::new() }
}

/// The key of what is shared with these, each alone and all together.
pub(super) fn removed_shares(call: &NotableCall<'_>) -> Vec<String> {
    let Some(shared) = call.key(&format!("shared/{{{SHARED}}}")) else { return Vec::new() };
    let removed = ShareChange::read(call).removed;
    let alone = removed.iter().map(|one| joined_key(std::slice::from_ref(one)));
    let all = (removed.len() > 1).then(|| joined_key(&removed));
    alone.chain(all).map(|with| format!("{shared}|{with}")).collect()
}

pub(super) fn no_longer_shared(call: &NotableCall<'_>) -> Vec<String> {
    call.key(&format!("shared/{{{SHARED}}}")).into_iter().collect()
}

/// A policy of a resource replaces the one before, and restores one that was deleted.
pub(super) fn put_resource_policy(call: &NotableCall<'_>) -> Vec<String> {
    // Attributes of topics and queues are many; only the policy counts.
    let is_other = match call.service() {
        "sns" => !call.has("attributeName", "Policy"),
        "sqs" => call.value("attributes.Policy").is_none(),
        _ => false,
    };
    if is_other {
        return Vec::new();
    }
    let mut keys: Vec<String> = call.key(&format!("policy/{{{HOLDER}}}")).into_iter().collect();
    if call.name() == "PutBucketPolicy" {
        keys.extend(call.key("policy-deleted/{bucketName}"));
    }
    keys
}

pub(super) fn deleted_holder(call: &NotableCall<'_>) -> Vec<String> {
    let policy = call.key(&format!("policy/{{{HOLDER}}}"));
    policy.into_iter().chain(call.key("permitted/{topicArn|queueUrl}")).collect()
}

pub(super) fn deleted_bucket(call: &NotableCall<'_>) -> Vec<String> {
    let kinds = [
        "policy/{bucketName}",
        "policy-deleted/{bucketName}",
        "acl/{bucketName}",
        "public-block/{bucketName}",
        "replication/{bucketName}",
        "lifecycle/{bucketName}",
        "versioning/{bucketName}",
        "logging/{bucketName}",
        "encryption/{bucketName}",
    ];
    keys(call, kinds)
}

pub(super) fn deleted_function(call: &NotableCall<'_>) -> Vec<String> {
    keys(call, ["function/{functionName}", "permitted/{functionName}"])
}

pub(super) fn private_url(call: &NotableCall<'_>) -> Vec<String> {
    if call.has("authType", "AWS_IAM") {
        keys(call, ["permitted/{functionName}|url"])
    } else {
        Vec::new()
    }
}

/// A grant that is retired names itself in the answer of newer records only.
pub(super) fn ended_grant(call: &NotableCall<'_>) -> Vec<String> {
    let named = call.text("grantId|response.grantId");
    let named = named.or_else(|| {
        let details = call.event.record.get("additionalEventData")?;
        super::value::text_of(super::value::find_path(details, "grantId")?)
    });
    let key = |grant: String| call.key_in_place(&format!("grant/{}", key_part(&grant)));
    named.map(key).into_iter().collect()
}

pub(super) fn closed_ports(call: &NotableCall<'_>) -> Vec<String> {
    let Some(group) = call.key("security-group/{groupId|groupName}") else { return Vec::new() };
    IngressRule::read_all(call).iter().map(|rule| format!("{group}|{}", rule.key())).collect()
}

pub(super) fn terminated(call: &NotableCall<'_>) -> Vec<String> {
    let ids = call.instance_ids();
    let alone = ids.iter().map(|one| joined_key(std::slice::from_ref(one)));
    let all = (ids.len() > 1).then(|| joined_key(&ids));
    alone.chain(all).map(|ids| call.key_in_place(&format!("instances/{ids}"))).collect()
}

pub(super) fn required_tokens(call: &NotableCall<'_>) -> Vec<String> {
    let keys = keys(call, ["instance/{instanceId}|metadata"]);
    if call.has("httpTokens", "required") { keys } else { Vec::new() }
}
