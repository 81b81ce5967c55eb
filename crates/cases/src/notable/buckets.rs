//! Buckets: ACLs, public access, copies, expiry, versions, logs, encryption.

use super::call::NotableCall;
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use crate::case::NotableClass::{Defences, Destruction, Exposure};
use crate::triage::is_public_acl;

pub(super) const READERS: &[CallReader] = &[
    CallReader::row("s3", "DeleteBucketPolicy", POLICY_DELETED),
    CallReader::by("s3", "PutBucketAcl", read_acl),
    CallReader::by("s3", "PutObjectAcl", read_acl).frequent(),
    CallReader::by("s3", "PutBucketPublicAccessBlock", read_block),
    CallReader::by("s3", "PutPublicAccessBlock", read_block),
    CallReader::by("s3", "PutAccountPublicAccessBlock", read_block),
    CallReader::row("s3", "DeleteBucketPublicAccessBlock", BLOCK_DELETED),
    CallReader::row("s3", "DeletePublicAccessBlock", BLOCK_DELETED),
    CallReader::row("s3", "DeleteAccountPublicAccessBlock", ACCOUNT_BLOCK_DELETED),
    CallReader::by("s3", "PutBucketReplication", read_replication),
    CallReader::by("s3", "PutBucketLifecycle", read_lifecycle),
    CallReader::by("s3", "PutBucketLifecycleConfiguration", read_lifecycle),
    CallReader::by("s3", "PutBucketVersioning", read_versioning),
    CallReader::by("s3", "PutBucketLogging", read_logging),
    CallReader::by("s3", "PutBucketEncryption", read_encryption),
    CallReader::row("s3", "DeleteBucketEncryption", ENCRYPTION_DELETED),
];

const POLICY_DELETED: FactRow =
    FactRow::new(Exposure, 1, "{bucketName}", "deleted the policy of bucket {bucketName}")
        .for_workloads(0)
        .keyed("policy-deleted/{bucketName}");

fn read_acl(call: &NotableCall<'_>) -> Option<FactDraft> {
    let name = call.sentence("{bucketName}");
    let is_object = call.name() == "PutObjectAcl";
    let thing = if is_object { "an object in bucket" } else { "bucket" };
    let text = call.request.to_string();
    let is_public = is_public_acl(call.request)
        || ["/groups/global/AllUsers", "/groups/global/AuthenticatedUsers"]
            .iter()
            .any(|group| text.contains(group));
    let back = BackRow {
        title: "Make bucket {bucketName} private again",
        command: "aws s3api put-bucket-acl --bucket {bucketName} --acl private",
        breaks: "Anyone who reads the bucket through its ACL.",
        undo: "",
    };
    let key = if is_object { "acl/{bucketName}|{key}" } else { "acl/{bucketName}" };
    if !is_public {
        let achieved = format!("changed the ACL of {thing} {name}");
        return (!is_object)
            .then(|| FactDraft::new(Exposure, 0, name, achieved).keyed(call.key(key)));
    }
    let draft = FactDraft::new(
        Exposure,
        if is_object { 3 } else { 4 },
        format!("{name}: public"),
        format!("opened {thing} {name} to everyone"),
    )
    .keyed(call.key(key));
    Some(if is_object { draft } else { draft.taken_back(call, &back) })
}

fn read_block(call: &NotableCall<'_>) -> Option<FactDraft> {
    let mut is_off = false;
    let flags =
        ["blockpublicacls", "ignorepublicacls", "blockpublicpolicy", "restrictpublicbuckets"];
    flags.iter().for_each(|flag| {
        let path = format!("PublicAccessBlockConfiguration.{flag}");
        is_off |= call.has(&path, "false") || call.has(flag, "false");
    });
    if !is_off {
        return None;
    }
    let is_account = call.name() == "PutAccountPublicAccessBlock";
    let (weight, what) = match is_account {
        true => (4, "the account".to_owned()),
        false if call.is_workload() => (1, call.sentence("bucket {bucketName}")),
        false => (3, call.sentence("bucket {bucketName}")),
    };
    let achieved = format!("switched off part of Block Public Access for {what}");
    let draft = FactDraft::new(Exposure, weight, format!("{what}: partly off"), achieved);
    Some(draft.keyed(call.key(if is_account {
        "public-block"
    } else {
        "public-block/{bucketName}"
    })))
}

const BLOCK_DELETED: FactRow = FactRow::new(
    Exposure,
    3,
    "{bucketName}",
    "removed Block Public Access from bucket {bucketName}",
)
.for_workloads(1)
.keyed("public-block/{bucketName}")
.back(
    "Switch Block Public Access back on for bucket {bucketName}",
    "aws s3api put-public-access-block --bucket {bucketName} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    "Public readers of the bucket.",
    "aws s3api delete-public-access-block --bucket {bucketName}",
);
const ACCOUNT_BLOCK_DELETED: FactRow = FactRow::new(
    Exposure,
    4,
    "",
    "removed Block Public Access from the account",
)
.keyed("public-block")
.back(
    "Switch Block Public Access back on for the account",
    "aws s3control put-public-access-block --account-id {account} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    "Public readers of every bucket in the account.",
    "",
);

fn read_replication(call: &NotableCall<'_>) -> Option<FactDraft> {
    let rules = call.value("ReplicationConfiguration")?;
    let (mut target, mut foreign) = (None, None);
    super::value::each_text(rules, &mut |name, text| match name {
        "Bucket" => target = Some(super::value::show_name(super::value::short_name(text))),
        "Account" if !call.is_own_account(text) => foreign = Some(text.to_owned()),
        _ => {}
    });
    if rules.to_string().contains("\"Disabled\"") && !rules.to_string().contains("\"Enabled\"") {
        return None;
    }
    let (bucket, target) = (call.sentence("{bucketName}"), target?);
    let (weight, whose) = match (&foreign, call.is_workload()) {
        (Some(account), _) => (5, format!(" in account {account}")),
        (None, true) => (0, String::new()),
        (None, false) => (2, String::new()),
    };
    let detail = format!("{bucket} to {target}{whose}");
    let achieved = format!("replicated bucket {bucket} to bucket {target}{whose}");
    let back = BackRow {
        title: "Stop replicating bucket {bucketName}",
        command: "aws s3api delete-bucket-replication --bucket {bucketName}",
        breaks: "Legitimate replication; objects already copied stay.",
        undo: "",
    };
    let draft = FactDraft::new(Exposure, weight, detail, achieved);
    Some(draft.keyed(call.key("replication/{bucketName}")).taken_back(call, &back))
}

/// Objects that expire within so many days are gone before somebody looks.
const SOON: u64 = 7;

fn read_lifecycle(call: &NotableCall<'_>) -> Option<FactDraft> {
    let rules = call.value("LifecycleConfiguration")?;
    let days = shortest_expiry(rules, 0)?;
    let workload = call.is_workload();
    if days > SOON {
        return None;
    }
    let bucket = call.sentence("bucket {bucketName}");
    let unit = if days == 1 { "day" } else { "days" };
    // A rule may be about a prefix, a tag or old versions only.
    let what = if is_about_all(rules, 0) { "all objects" } else { "some objects" };
    let detail = format!("{bucket}: {what} expire after {days} {unit}");
    let achieved = format!("set {what} in {bucket} to expire after {days} {unit}");
    let back = BackRow {
        title: "Remove the lifecycle rules of bucket {bucketName}, or restore the previous ones",
        command: "aws s3api delete-bucket-lifecycle --bucket {bucketName}",
        breaks: "Old objects stay and cost money; transitions to cheaper storage classes stop too.",
        undo: "",
    };
    let draft = FactDraft::new(Defences, if workload { 2 } else { 4 }, detail, achieved);
    Some(draft.keyed(call.key("lifecycle/{bucketName}")).taken_back(call, &back))
}

/// Whether some rule that expires soon is about every object.
fn is_about_all(value: &serde_json::Value, depth: usize) -> bool {
    use serde_json::Value;
    let is_empty = |one: &Value| match one {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(fields) => {
            fields.values().all(|field| field.as_str().is_some_and(str::is_empty))
        }
        _ => false,
    };
    match value {
        Value::Array(many) => many.iter().any(|one| depth < 8 && is_about_all(one, depth + 1)),
        Value::Object(fields) if fields.contains_key("Expiration") => {
            let limits = ["Prefix", "Filter"].iter().filter_map(|name| fields.get(*name));
            limits.clone().all(is_empty)
                && shortest_expiry(value, depth).is_some_and(|days| days <= SOON)
        }
        Value::Object(fields) => {
            fields.values().any(|one| depth < 8 && is_about_all(one, depth + 1))
        }
        _ => false,
    }
}

fn shortest_expiry(value: &serde_json::Value, depth: usize) -> Option<u64> {
    use serde_json::Value;
    if depth > 8 {
        return None;
    }
    let of_rule = |key: &str, one: &Value| match key {
        "Expiration" | "NoncurrentVersionExpiration" => {
            let days = one.get("Days").or_else(|| one.get("NoncurrentDays"))?;
            super::value::text_of(days)?.parse().ok()
        }
        _ => shortest_expiry(one, depth + 1),
    };
    match value {
        Value::Array(many) => many.iter().filter_map(|one| shortest_expiry(one, depth + 1)).min(),
        Value::Object(fields) if fields.get("Status").is_some_and(|is| is == "Disabled") => None,
        Value::Object(fields) => fields.iter().filter_map(|(key, one)| of_rule(key, one)).min(),
        _ => None,
    }
}

fn read_versioning(call: &NotableCall<'_>) -> Option<FactDraft> {
    if !call.has("VersioningConfiguration.Status", "Suspended") {
        return None;
    }
    let bucket = call.sentence("bucket {bucketName}");
    let achieved = format!("suspended versioning on {bucket}");
    let draft = FactDraft::new(
        Defences,
        if call.is_workload() { 1 } else { 3 },
        format!("{bucket}: suspended"),
        achieved,
    );
    let back = BackRow {
        title: "Enable versioning on bucket {bucketName} again",
        command: "aws s3api put-bucket-versioning --bucket {bucketName} --versioning-configuration Status=Enabled",
        breaks: "Nothing, but old versions cost storage.",
        undo: "aws s3api put-bucket-versioning --bucket {bucketName} --versioning-configuration Status=Suspended",
    };
    Some(draft.keyed(call.key("versioning/{bucketName}")).taken_back(call, &back))
}

fn read_logging(call: &NotableCall<'_>) -> Option<FactDraft> {
    if call.value("BucketLoggingStatus.LoggingEnabled").is_some() {
        return None;
    }
    let bucket = call.sentence("bucket {bucketName}");
    let achieved = format!("switched off access logging of {bucket}");
    let weight = if call.is_workload() { 1 } else { 3 };
    let draft = FactDraft::new(Defences, weight, format!("{bucket}: off"), achieved);
    Some(draft.keyed(call.key("logging/{bucketName}")))
}

fn read_encryption(call: &NotableCall<'_>) -> Option<FactDraft> {
    let mut foreign = None;
    super::value::each_text(call.request, &mut |_, text| {
        let arn = aware_core::event::Arn::parse(text).filter(|arn| arn.service() == "kms");
        if let Some(arn) = arn.filter(|arn| !call.is_own_account(arn.account())) {
            foreign = Some(arn.account().to_owned());
        }
    });
    let account = foreign?;
    let bucket = call.sentence("bucket {bucketName}");
    let achieved = format!("set {bucket} to encrypt with a KMS key of account {account}");
    let draft =
        FactDraft::new(Destruction, 5, format!("{bucket}: KMS key of account {account}"), achieved);
    Some(draft.keyed(call.key("encryption/{bucketName}")))
}

const ENCRYPTION_DELETED: FactRow = FactRow::new(
    Defences,
    1,
    "{bucketName}",
    "reset bucket {bucketName} to the default encryption (SSE-S3)",
)
.for_workloads(0);
