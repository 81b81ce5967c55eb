//! AWS Health's events: abuse, exposed credentials, and the rest.
//!
//! Source: Health user guide, "Amazon EventBridge event schema for AWS Health".

use serde_json::Value;

use super::finding_source::{FindingSource, FoundRecord, derived_fields};
use super::read::{account, owned, required, text, time};
use super::subject::{NamedCaller, resource, whole_account};
use crate::event::{ForeignFinding, Level, Principal, TargetResource};
use crate::source::contract::{Essentials, RecordContext, RecordProblem};
use crate::source::field::field_table;
use crate::source::id::SourceId;

/// Health.
pub static HEALTH: FindingSource = FindingSource {
    id: SourceId::new("health", "AWS Health"),
    members: &[&["eventArn", "eventTypeCode"]],
    folder: None,
    detail_types: &["AWS Health Event", "AWS Health Abuse Event"],
    detail_list: None,
    fields: TABLE,
    derived: derived_fields!(HEALTH),
    essentials: Essentials { names: ["eventArn", "eventTypeCode"], time: "lastUpdatedTime" },
    read,
};

field_table! {
    "eventArn" "string" "ARN, which updates and pages keep";
    "service" "string" "service: `EC2`, `ABUSE`, `RISK`";
    "eventTypeCode" "string" "kind, as `AWS_RISK_CREDENTIALS_EXPOSED`";
    "eventTypeCategory" "string" "`issue`, `accountNotification`, `scheduledChange` or `investigation`";
    "eventScopeCode" "string" "`ACCOUNT_SPECIFIC` or `PUBLIC`";
    "communicationId" "string" "id of the communication";
    "startTime" "time" "when it began";
    "endTime" "time" "when it ended";
    "lastUpdatedTime" "time" "when it was last updated";
    "statusCode" "string" "`open`, `upcoming` or `closed`";
    "eventRegion" "string" "region, or `global`";
    "eventDescription" "list" "description by language";
    "affectedEntities" "list" "resources: `entityValue`, `status`";
    "affectedAccount" "string" "account";
    "eventMetadata" "object" "further details";
    "page" "string" "page of several";
    "totalPages" "string" "how many pages there are";
}

fn read(record: &Value, context: RecordContext<'_>) -> Result<FoundRecord, RecordProblem> {
    let id = required(record, "eventArn")?;
    let code = required(record, "eventTypeCode")?;
    let account = account(record, "affectedAccount", context);
    let time = time(record, &["lastUpdatedTime", "startTime"], context)?;
    let entity = text(record, "affectedEntities.0.entityValue");
    let service = text(record, "service").unwrap_or_default();
    let carried = context.carrier.map(|carrier| carrier.region).unwrap_or_default();
    let region = text(record, "eventRegion").filter(|region| *region != "global");
    Ok(FoundRecord {
        finding: ForeignFinding {
            product: "AWS Health".to_owned(),
            finding_id: id.to_owned(),
            kind: code.to_owned(),
            title: title_of(record, code),
            level: level_of(service, code),
            count: None,
            is_sample: false,
            is_closed: text(record, "statusCode").is_some_and(|status| status == "closed"),
            part_of: None,
        },
        time,
        region: region.unwrap_or(carried).to_owned(),
        version: format!("{} {}", owned(record, "lastUpdatedTime"), owned(record, "page")),
        who: who(entity, account.as_deref()),
        resources: entity.map(TargetResource::from_name).into_iter().collect(),
        address: None,
        account,
    })
}

/// What AWS says of abuse and of exposed credentials is as bad as it gets.
fn level_of(service: &str, code: &str) -> Level {
    let is_attack = matches!(service, "ABUSE" | "RISK")
        || code.starts_with("AWS_ABUSE_")
        || code.starts_with("AWS_RISK_");
    if is_attack { Level::Critical } else { Level::Informational }
}

/// The first sentence of the English description, else the code in words.
fn title_of(record: &Value, code: &str) -> String {
    let described = text(record, "eventDescription.0.latestDescription").unwrap_or_default();
    let first = described.split(['\n', '.']).next().unwrap_or_default().trim();
    let first = first.split("\\n").next().unwrap_or_default().trim();
    if first.is_empty() { code.replace('_', " ").to_lowercase() } else { first.to_owned() }
}

fn who(entity: Option<&str>, account: Option<&str>) -> Principal {
    let Some(entity) = entity else { return whole_account(account) };
    let is_key =
        (entity.starts_with("AKIA") || entity.starts_with("ASIA")) && !entity.contains(':');
    if is_key {
        let caller = NamedCaller { key: entity, ..NamedCaller::default() };
        return caller.to_principal(account).unwrap_or_else(|| whole_account(account));
    }
    resource(entity, account)
}
