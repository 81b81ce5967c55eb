//! Inspector's findings: vulnerabilities, and ports that the internet reaches.
//!
//! Source: Inspector user guide, "Amazon EventBridge event schema for Amazon Inspector events".

use serde_json::Value;

use super::finding_source::{FindingSource, FoundRecord, derived_fields};
use super::read::{account, level_of_word, owned, region, required, text, time};
use super::subject::{resource, whole_account};
use crate::event::{ForeignFinding, Level, TargetResource};
use crate::source::contract::{Essentials, RecordContext, RecordProblem};
use crate::source::field::field_table;
use crate::source::id::SourceId;

/// Inspector.
pub static INSPECTOR: FindingSource = FindingSource {
    id: SourceId::new("inspector", "Inspector"),
    members: &[&["findingArn", "awsAccountId", "severity", "type"]],
    folder: None,
    detail_types: &["Inspector2 Finding"],
    detail_list: None,
    fields: TABLE,
    derived: derived_fields!(INSPECTOR),
    essentials: Essentials { names: ["findingArn", "type"], time: "updatedAt" },
    read,
};

field_table! {
    "awsAccountId" "string" "account of the resource";
    "findingArn" "string" "ARN, which updates keep";
    "type" "string" "`PACKAGE_VULNERABILITY`, `NETWORK_REACHABILITY` or `CODE_VULNERABILITY`";
    "title" "string" "title";
    "description" "string" "description";
    "severity" "string" "`CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL` or `UNTRIAGED`";
    "inspectorScore" "number" "Inspector's score";
    "inspectorScoreDetails" "object" "how the score is made";
    "status" "string" "`ACTIVE`, `SUPPRESSED` or `CLOSED`";
    "exploitAvailable" "string" "`YES` if an exploit is public";
    "exploitabilityDetails" "object" "when an exploit was last seen";
    "fixAvailable" "string" "`YES`, `NO` or `PARTIAL`";
    "resources" "list" "resources";
    "packageVulnerabilityDetails" "object" "vulnerability and packages";
    "networkReachabilityDetails" "object" "ports and path";
    "codeVulnerabilityDetails" "object" "place in the code";
    "epss" "object" "probability that it is exploited";
    "remediation" "object" "what to do";
    "firstObservedAt" "time" "when it was first seen";
    "lastObservedAt" "time" "when it was last seen";
    "updatedAt" "time" "when it was last updated";
}

fn read(record: &Value, context: RecordContext<'_>) -> Result<FoundRecord, RecordProblem> {
    let id = required(record, "findingArn")?;
    let account = account(record, "awsAccountId", context);
    let time = time(record, &["lastObservedAt", "updatedAt", "firstObservedAt"], context)?;
    let name = text(record, "resources.0.id");
    let who = match name {
        Some(name) if name.starts_with("i-") => super::subject::instance(name, account.as_deref()),
        Some(name) => resource(name, account.as_deref()),
        None => whole_account(account.as_deref()),
    };
    Ok(FoundRecord {
        finding: ForeignFinding {
            product: "Inspector".to_owned(),
            finding_id: id.to_owned(),
            kind: owned(record, "type"),
            title: owned(record, "title"),
            level: text(record, "severity").and_then(level_of_word).unwrap_or(Level::Medium),
            count: None,
            is_sample: false,
            is_closed: text(record, "status").is_some_and(|status| status != "ACTIVE"),
            part_of: None,
        },
        time,
        region: region(record, "resources.0.region", context),
        version: owned(record, "updatedAt"),
        who,
        resources: name.map(TargetResource::from_name).into_iter().collect(),
        address: None,
        account,
    })
}
