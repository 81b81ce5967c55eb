//! Macie's findings: sensitive data, and buckets that are open.
//!
//! Source: Macie user guide, "EventBridge event schema for Macie findings".

use serde_json::Value;

use super::finding_source::{FindingSource, FoundRecord, derived_fields};
use super::read::{
    account, count, is_true, level_of_word, number, owned, region, required, text, time,
};
use super::subject::{NamedCaller, resource, whole_account};
use crate::event::{ForeignFinding, Level, Principal, TargetResource};
use crate::source::contract::{Essentials, RecordContext, RecordProblem};
use crate::source::field::field_table;
use crate::source::id::SourceId;

/// Macie.
pub static MACIE: FindingSource = FindingSource {
    id: SourceId::new("macie", "Macie"),
    members: &[&["resourcesAffected", "severity", "type", "category"]],
    folder: None,
    detail_types: &["Macie Finding"],
    detail_list: None,
    fields: TABLE,
    derived: derived_fields!(MACIE),
    essentials: Essentials { names: ["id", "type"], time: "updatedAt" },
    read,
};

field_table! {
    "schemaVersion" "string" "version of the record's format";
    "id" "string" "id, which updates keep";
    "accountId" "string" "account of the bucket";
    "region" "string" "region";
    "partition" "string" "`aws`, `aws-cn` or `aws-us-gov`";
    "type" "string" "kind, as `Policy:IAMUser/S3BucketPublic`";
    "title" "string" "title";
    "description" "string" "description";
    "severity" "object" "severity: `score` and `description`";
    "category" "string" "`POLICY` or `CLASSIFICATION`";
    "count" "number" "how often it was seen";
    "sample" "bool" "whether it is a sample";
    "archived" "bool" "whether it is archived";
    "resourcesAffected" "object" "bucket and object";
    "policyDetails" "object" "who changed what, from where";
    "classificationDetails" "object" "sensitive data that was found";
    "createdAt" "time" "when it was first reported";
    "updatedAt" "time" "when it was last updated";
}

fn read(record: &Value, context: RecordContext<'_>) -> Result<FoundRecord, RecordProblem> {
    let id = required(record, "id")?;
    let account = account(record, "accountId", context);
    let time = time(record, &["updatedAt", "createdAt"], context)?;
    let bucket = ["resourcesAffected.s3Bucket.arn", "resourcesAffected.s3Bucket.name"];
    let bucket = bucket.iter().find_map(|path| text(record, path));
    let whose = account.as_deref();
    let who = actor(record, whose);
    let who = who.or_else(|| bucket.map(|name| resource(name, whose)));
    Ok(FoundRecord {
        finding: ForeignFinding {
            product: "Macie".to_owned(),
            finding_id: id.to_owned(),
            kind: owned(record, "type"),
            title: owned(record, "title"),
            level: level_of(record),
            count: count(record, "count"),
            is_sample: is_true(record, "sample"),
            is_closed: is_true(record, "archived"),
            part_of: None,
        },
        time,
        region: region(record, "region", context),
        version: owned(record, "updatedAt"),
        who: who.unwrap_or_else(|| whole_account(whose)),
        resources: bucket.map(TargetResource::from_name).into_iter().collect(),
        address: text(record, "policyDetails.actor.ipAddressDetails.ipAddressV4")
            .map(str::to_owned),
        account,
    })
}

/// Source: Macie user guide, "Severity scoring for findings": 1 low, 2 medium, 3 high.
fn level_of(record: &Value) -> Level {
    let word = text(record, "severity.description").and_then(level_of_word);
    word.unwrap_or(match number(record, "severity.score") {
        Some(3.0..) => Level::High,
        Some(2.0..) => Level::Medium,
        Some(_) => Level::Low,
        None => Level::Medium,
    })
}

/// Who changed the bucket.
fn actor(record: &Value, account: Option<&str>) -> Option<Principal> {
    let at = |path: &str| {
        text(record, &format!("policyDetails.actor.userIdentity.{path}")).unwrap_or_default()
    };
    let role = "assumedRole.sessionContext.sessionIssuer";
    let caller = match at("type") {
        "AssumedRole" => NamedCaller {
            kind: "AssumedRole",
            name: at(&format!("{role}.userName")),
            principal_id: at("assumedRole.principalId"),
            key: at("assumedRole.accessKeyId"),
            arn: at(&format!("{role}.arn")),
        },
        "IAMUser" => NamedCaller {
            kind: "IAMUser",
            name: at("iamUser.userName"),
            principal_id: at("iamUser.principalId"),
            key: "",
            arn: at("iamUser.arn"),
        },
        "Root" => NamedCaller {
            kind: "Root",
            name: "root",
            arn: at("root.arn"),
            ..NamedCaller::default()
        },
        _ => return None,
    };
    caller.to_principal(account)
}
