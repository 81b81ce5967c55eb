//! Config's rules: a resource that does not comply any more.
//!
//! Source: Config developer guide, "Monitoring AWS Config with Amazon EventBridge".

use serde_json::Value;

use super::finding_source::{FindingSource, FoundRecord, derived_fields};
use super::read::{account, owned, region, required, text, time};
use super::subject::resource;
use crate::event::{ForeignFinding, Level, TargetResource};
use crate::source::contract::{Essentials, RecordContext, RecordProblem};
use crate::source::field::field_table;
use crate::source::id::SourceId;

/// Config's rules.
pub static CONFIG: FindingSource = FindingSource {
    id: SourceId::new("config", "AWS Config"),
    members: &[&["configRuleName", "newEvaluationResult"]],
    folder: None,
    detail_types: &["Config Rules Compliance Change"],
    detail_list: None,
    fields: TABLE,
    derived: derived_fields!(CONFIG),
    essentials: Essentials {
        names: ["configRuleName", "resourceId"],
        time: "notificationCreationTime",
    },
    read,
};

field_table! {
    "configRuleName" "string" "name of the rule";
    "configRuleARN" "string" "ARN of the rule";
    "awsAccountId" "string" "account of the resource";
    "awsRegion" "string" "region";
    "resourceType" "string" "type of the resource, as `AWS::S3::Bucket`";
    "resourceId" "string" "id of the resource";
    "newEvaluationResult" "object" "result: `complianceType`, `annotation`";
    "oldEvaluationResult" "object" "result before";
    "messageType" "string" "`ComplianceChangeNotification`";
    "notificationCreationTime" "time" "when it was reported";
    "recordVersion" "string" "version of the record's format";
}

fn read(record: &Value, context: RecordContext<'_>) -> Result<FoundRecord, RecordProblem> {
    let rule = required(record, "configRuleName")?;
    let account = account(record, "awsAccountId", context);
    let paths = ["newEvaluationResult.resultRecordedTime", "notificationCreationTime"];
    let time = time(record, &paths, context)?;
    let (name, kind) = (owned(record, "resourceId"), owned(record, "resourceType"));
    let state = text(record, "newEvaluationResult.complianceType").unwrap_or_default();
    let mut who = resource(&name, account.as_deref());
    if !kind.is_empty() && who.name == name {
        who.name = format!("{}/{name}", kind.rsplit("::").next().unwrap_or(&kind));
    }
    Ok(FoundRecord {
        finding: ForeignFinding {
            product: "AWS Config".to_owned(),
            finding_id: format!("{rule} {name}"),
            title: format!("{} does not comply with {rule} any more", who.name),
            kind: rule.to_owned(),
            level: Level::Low,
            count: None,
            is_sample: false,
            is_closed: state != "NON_COMPLIANT",
            part_of: None,
        },
        version: time.to_string(),
        time,
        region: region(record, "awsRegion", context),
        who,
        resources: vec![TargetResource { name, kind: Some(kind), account: account.clone() }],
        address: None,
        account,
    })
}
