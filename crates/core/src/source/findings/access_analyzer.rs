//! IAM Access Analyzer's findings: access from outside, from inside, and what nobody uses.
//!
//! Source: IAM user guide, "Monitoring IAM Access Analyzer with Amazon EventBridge".

use serde_json::Value;

use super::finding_source::{FindingSource, FoundRecord, derived_fields};
use super::read::{account, at, count, is_true, owned, region, text, time};
use super::subject::{resource, whole_account};
use crate::event::{ForeignFinding, Level, TargetResource};
use crate::source::contract::{Essentials, RecordContext, RecordProblem};
use crate::source::field::field_table;
use crate::source::id::SourceId;

/// IAM Access Analyzer.
pub static ACCESS_ANALYZER: FindingSource = FindingSource {
    id: SourceId::new("accessanalyzer", "IAM Access Analyzer"),
    members: &[
        &["analyzedAt", "resourceType", "status", "resource"],
        &["findingId", "findingType", "resource", "status"],
    ],
    folder: None,
    detail_types: &[
        "Access Analyzer Finding",
        "Internal Access Finding",
        "Unused Access Finding for IAM entities",
    ],
    detail_list: None,
    fields: TABLE,
    derived: derived_fields!(ACCESS_ANALYZER),
    essentials: Essentials { names: ["resource", "status"], time: "updatedAt" },
    read,
};

field_table! {
    "id" "string" "id, which updates keep";
    "findingId" "string" "the same, for what nobody uses";
    "findingType" "string" "`ExternalAccess`, `InternalAccess`, `UnusedPermission`, …";
    "status" "string" "`ACTIVE`, `ARCHIVED` or `RESOLVED`";
    "previousStatus" "string" "status before";
    "resource" "string" "ARN of the resource";
    "resourceType" "string" "its type, as `AWS::S3::Bucket`";
    "resourceOwnerAccount" "string" "account of the resource, from the API";
    "accountId" "string" "account of the resource";
    "region" "string" "region";
    "principal" "object" "who has access: `AWS`, `Federated`";
    "principalOwnerAccount" "string" "account of who has access from inside";
    "accessType" "string" "`INTRA_ACCOUNT` or `INTRA_ORG`";
    "action" "list" "what they may do";
    "condition" "object" "under which condition";
    "isPublic" "bool" "whether everybody has access";
    "isDeleted" "bool" "whether the resource is gone";
    "error" "string" "why the resource could not be analysed: `ACCESS_DENIED`";
    "findingDetails" "list" "details, from the API";
    "numberOfUnusedServices" "number" "services that nobody uses";
    "numberOfUnusedActions" "number" "actions that nobody uses";
    "createdAt" "time" "when it was first found";
    "analyzedAt" "time" "when the resource was last analysed";
    "updatedAt" "time" "when it was last updated";
    "version" "string" "version of the record's format";
}

fn read(record: &Value, context: RecordContext<'_>) -> Result<FoundRecord, RecordProblem> {
    let id = text(record, "id").or_else(|| text(record, "findingId"));
    let id = id.ok_or(RecordProblem::Missing("id"))?;
    let owner = account(record, "accountId", context);
    let owner = owner.or_else(|| account(record, "resourceOwnerAccount", context));
    let time = time(record, &["updatedAt", "analyzedAt", "createdAt"], context)?;
    let kind = kind_of(record, context);
    let name = text(record, "resource").unwrap_or_default();
    let who = match name {
        "" => whole_account(owner.as_deref()),
        name => resource(name, owner.as_deref()),
    };
    Ok(FoundRecord {
        finding: ForeignFinding {
            product: "IAM Access Analyzer".to_owned(),
            finding_id: id.to_owned(),
            title: title_of(record, kind, &who.name),
            level: level_of(record, kind),
            kind: kind.to_owned(),
            count: None,
            is_sample: false,
            is_closed: text(record, "status").is_some_and(|status| status != "ACTIVE")
                || is_true(record, "isDeleted"),
            part_of: None,
        },
        time,
        region: region(record, "region", context),
        version: owned(record, "updatedAt"),
        who,
        resources: vec![TargetResource::from_name(name)],
        address: None,
        account: owner,
    })
}

fn kind_of<'r>(record: &'r Value, context: RecordContext<'_>) -> &'r str {
    let carried = context.carrier.map(|carrier| carrier.kind);
    match (text(record, "findingType"), carried) {
        _ if text(record, "error").is_some() => "AnalysisError",
        (Some(kind), _) => kind,
        (None, Some("Internal Access Finding")) => "InternalAccess",
        (None, _) if text(record, "accessType").is_some() => "InternalAccess",
        (None, _) if count(record, "numberOfUnusedActions").is_some() => "UnusedPermission",
        (None, _) => "ExternalAccess",
    }
}

/// The first of the details that the API's form has, else the record.
fn is_public(record: &Value) -> bool {
    is_true(record, "isPublic")
        || is_true(record, "findingDetails.0.externalAccessDetails.isPublic")
}

fn level_of(record: &Value, kind: &str) -> Level {
    match kind {
        "ExternalAccess" if is_public(record) => Level::High,
        "ExternalAccess" | "AnalysisError" => Level::Medium,
        "InternalAccess" => Level::Low,
        _ => Level::Informational,
    }
}

/// Access Analyzer gives no titles.
fn title_of(record: &Value, kind: &str, resource: &str) -> String {
    let error = text(record, "error").unwrap_or_default();
    match kind {
        "AnalysisError" => format!("{resource} could not be analysed: {error}"),
        "ExternalAccess" if is_public(record) => format!("everybody has access to {resource}"),
        "ExternalAccess" => format!("{} from outside has access to {resource}", principal(record)),
        "InternalAccess" => format!("{} has access to {resource}", principal(record)),
        "UnusedPermission" => {
            let actions = count(record, "numberOfUnusedActions").unwrap_or_default();
            let services = count(record, "numberOfUnusedServices").unwrap_or_default();
            format!(
                "{resource} uses neither {services} services nor {actions} actions that it may use"
            )
        }
        other => format!("{other}: {resource}"),
    }
}

fn principal(record: &Value) -> String {
    let who = at(record, "principal")
        .or_else(|| at(record, "findingDetails.0.externalAccessDetails.principal"));
    let named = who.and_then(Value::as_object).and_then(|kinds| kinds.values().next());
    match named {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => {
            names.first().and_then(Value::as_str).unwrap_or("somebody").to_owned()
        }
        _ => "somebody".to_owned(),
    }
}
