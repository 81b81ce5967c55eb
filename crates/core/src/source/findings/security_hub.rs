//! Security Hub's findings, in ASFF and, since its second version, in OCSF.
//!
//! A finding that Security Hub passes on keeps the id of the service that found it, so that it is
//! the same finding wherever it arrives.
//!
//! Source: Security Hub user guide, "AWS Security Finding Format" and "OCSF findings in Security Hub".

use serde_json::Value;

use super::finding_source::{FindingSource, FoundRecord, derived_fields};
use super::read::{account, at, last_part, level_of_word, number, owned, region, text, time};
use super::subject::{NamedCaller, resource, whole_account};
use crate::event::{ForeignFinding, Level, Principal, TargetResource};
use crate::source::contract::{Essentials, RecordContext, RecordProblem};
use crate::source::field::field_table;
use crate::source::id::SourceId;

/// Security Hub, in both of its formats.
pub static SECURITY_HUB: FindingSource = FindingSource {
    id: SourceId::new("securityhub", "Security Hub"),
    members: &[
        &["SchemaVersion", "ProductArn", "GeneratorId"],
        &["finding_info", "class_uid", "severity_id"],
    ],
    folder: None,
    detail_types: &[
        "Security Hub Findings - Imported",
        "Security Hub Findings - Custom Action",
        "Findings Imported V2",
    ],
    detail_list: Some("findings"),
    fields: TABLE,
    derived: derived_fields!(SECURITY_HUB),
    essentials: Essentials { names: ["Id", "ProductArn"], time: "UpdatedAt" },
    read,
};

field_table! {
    "SchemaVersion" "string" "version of ASFF";
    "Id" "string" "id, which updates keep";
    "ProductArn" "string" "ARN of the product that found it";
    "ProductName" "string" "name of the product that found it";
    "CompanyName" "string" "company of the product";
    "GeneratorId" "string" "the product's rule";
    "AwsAccountId" "string" "account that it is about";
    "AwsAccountName" "string" "its name";
    "Region" "string" "region";
    "Types" "list" "kinds, as `TTPs/Discovery/…`";
    "Severity" "object" "severity: `Label` and `Normalized`";
    "Title" "string" "title";
    "Description" "string" "description";
    "Remediation" "object" "what to do";
    "ProductFields" "object" "what the product adds";
    "UserDefinedFields" "object" "what users add";
    "Resources" "list" "resources that it is about";
    "Compliance" "object" "result of a control: `Status`, `SecurityControlId`";
    "Workflow" "object" "state of its handling: `Status`";
    "RecordState" "string" "`ACTIVE` or `ARCHIVED`";
    "Action" "object" "what was seen";
    "Network" "object" "network details";
    "Process" "object" "process details";
    "Malware" "list" "malware";
    "Vulnerabilities" "list" "vulnerabilities";
    "FindingProviderFields" "object" "severity and types as the product gave them";
    "Sample" "bool" "whether it is a sample";
    "FirstObservedAt" "time" "when it was first seen";
    "LastObservedAt" "time" "when it was last seen";
    "CreatedAt" "time" "when it was made";
    "UpdatedAt" "time" "when it was last updated";
    "ProcessedAt" "time" "when Security Hub took it";
    "finding_info" "object" "OCSF: id, title, kinds, times";
    "class_uid" "number" "OCSF: class, as 2004";
    "severity_id" "number" "OCSF: severity, 1 to 6";
    "status_id" "number" "OCSF: 4 is resolved, 3 suppressed";
    "activity_id" "number" "OCSF: 3 is closed";
    "metadata" "object" "OCSF: product and version";
    "cloud" "object" "OCSF: account and region";
    "resources" "list" "OCSF: resources that it is about";
    "evidences" "list" "OCSF: what was seen";
    "time" "number" "OCSF: when, in milliseconds since 1970";
    "status" "string" "OCSF: state in a word";
    "severity" "string" "OCSF: severity in a word";
    "compliance" "object" "OCSF: result of a control";
}

fn read(record: &Value, context: RecordContext<'_>) -> Result<FoundRecord, RecordProblem> {
    match at(record, "finding_info") {
        Some(_) => read_ocsf(record, context),
        None => read_asff(record, context),
    }
}

fn read_asff(record: &Value, context: RecordContext<'_>) -> Result<FoundRecord, RecordProblem> {
    let id = text(record, "Id").ok_or(RecordProblem::Missing("Id"))?;
    let account = account(record, "AwsAccountId", context);
    let time = time(record, &["LastObservedAt", "UpdatedAt", "CreatedAt"], context)?;
    let product = product_of(record);
    let handled = text(record, "Workflow.Status").unwrap_or_default();
    let state = text(record, "RecordState").unwrap_or_default();
    let passed = text(record, "Compliance.Status").unwrap_or_default();
    let who = who(record, account.as_deref());
    Ok(FoundRecord {
        finding: ForeignFinding {
            finding_id: own_id(record, id),
            kind: kind_of(record),
            title: owned(record, "Title"),
            level: asff_level(record),
            count: text(record, "ProductFields.count").and_then(|text| text.parse().ok()),
            is_sample: at(record, "Sample") == Some(&Value::Bool(true)),
            is_closed: state == "ARCHIVED"
                || matches!(handled, "RESOLVED" | "SUPPRESSED")
                || matches!(passed, "PASSED" | "NOT_AVAILABLE"),
            part_of: None,
            product,
        },
        time,
        region: region(record, "Region", context),
        version: owned(record, "UpdatedAt"),
        who,
        resources: resources(record, "Resources", "Id"),
        address: ADDRESSES.iter().find_map(|path| text(record, path)).map(str::to_owned),
        account,
    })
}

const ADDRESSES: [&str; 3] = [
    "Action.AwsApiCallAction.RemoteIpDetails.IpAddressV4",
    "Action.NetworkConnectionAction.RemoteIpDetails.IpAddressV4",
    "Network.SourceIpV4",
];

/// The ARN of the product that found it, in either format.
fn product_arn(record: &Value) -> Option<&str> {
    text(record, "ProductArn").or_else(|| text(record, "metadata.product.uid"))
}

/// The ARN of the product, if it is none of AWS's. Whoever imports findings chooses their names and
/// ids; the ARN of an AWS product has no account.
///
/// Source: AWS Security Hub API reference, "BatchImportFindings", `ProductArn`.
fn foreign_product(record: &Value) -> Option<&str> {
    product_arn(record)
        .filter(|arn| !arn.contains("::product/aws/") && !arn.contains("::productv2/aws/"))
}

/// The id that the service gave that found it: GuardDuty's is the last part of its ARN. Others cannot
/// have the id of such a finding: the ARN of their product is part of theirs.
fn own_id(record: &Value, id: &str) -> String {
    match foreign_product(record) {
        Some(product) => format!("{product}/{id}"),
        None if id.contains(":guardduty:") => last_part(id).to_owned(),
        None => id.to_owned(),
    }
}

/// `GuardDuty`, by the product's name, else by the end of its ARN.
fn product_of(record: &Value) -> String {
    let named = text(record, "ProductName")
        .or_else(|| text(record, "ProductFields.aws/securityhub/ProductName"));
    let name =
        named.unwrap_or_else(|| last_part(text(record, "ProductArn").unwrap_or("Security Hub")));
    if foreign_product(record).is_some() {
        return match name.to_ascii_lowercase().as_str() {
            "guardduty" | "securityhub" | "security hub" | "inspector" | "macie" => {
                format!("{name} (imported)")
            }
            _ => name.to_owned(),
        };
    }
    match name.to_ascii_lowercase().as_str() {
        "guardduty" => "GuardDuty".to_owned(),
        "securityhub" | "security hub" => "Security Hub".to_owned(),
        "inspector" => "Inspector".to_owned(),
        "macie" => "Macie".to_owned(),
        _ => name.to_owned(),
    }
}

/// GuardDuty's own name for the kind, else the control, else the first type.
fn kind_of(record: &Value) -> String {
    let paths =
        ["ProductFields.aws/guardduty/finding/type", "Compliance.SecurityControlId", "Types.0"];
    let kind = paths.iter().find_map(|path| text(record, path)).unwrap_or_default();
    // ASFF turns `Recon:IAMUser/X` into `TTPs/Discovery/Recon:IAMUser-X`.
    kind.to_owned()
}

fn asff_level(record: &Value) -> Level {
    let word = text(record, "Severity.Label").and_then(level_of_word);
    let provided = || text(record, "FindingProviderFields.Severity.Label").and_then(level_of_word);
    let by_number = || match number(record, "Severity.Normalized")? {
        90.0.. => Some(Level::Critical),
        70.0.. => Some(Level::High),
        40.0.. => Some(Level::Medium),
        1.0.. => Some(Level::Low),
        _ => Some(Level::Informational),
    };
    word.or_else(provided).or_else(by_number).unwrap_or(Level::Medium)
}

fn who(record: &Value, account: Option<&str>) -> Principal {
    let all =
        at(record, "Resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let caller = all.iter().find_map(key_caller).and_then(|caller| caller.to_principal(account));
    let named = || all.iter().find_map(|one| text(one, "Id")).map(|id| resource(id, account));
    caller.or_else(named).unwrap_or_else(|| whole_account(account))
}

fn key_caller(resource: &Value) -> Option<NamedCaller<'_>> {
    let details = at(resource, "Details.AwsIamAccessKey")?;
    let known = |paths: [&'static str; 3]| {
        let mut texts = paths.into_iter().filter_map(|path| text(details, path));
        texts.find(|text| *text != "null").unwrap_or_default()
    };
    let of = |path| known([path; 3]);
    let issuer = of("SessionContext.SessionIssuer.Arn");
    Some(NamedCaller {
        kind: of("PrincipalType"),
        name: known(["PrincipalName", "UserName", "SessionContext.SessionIssuer.UserName"]),
        principal_id: of("PrincipalId"),
        key: of("AccessKeyId"),
        arn: if issuer.contains(":role/") { issuer } else { "" },
    })
}

fn resources(record: &Value, list: &str, id: &str) -> Vec<TargetResource> {
    let all = at(record, list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    all.iter().filter_map(|one| text(one, id)).take(8).map(TargetResource::from_name).collect()
}

fn read_ocsf(record: &Value, context: RecordContext<'_>) -> Result<FoundRecord, RecordProblem> {
    let id = text(record, "finding_info.uid").ok_or(RecordProblem::Missing("finding_info.uid"))?;
    let account = account(record, "cloud.account.uid", context);
    let paths = [
        "finding_info.last_seen_time_dt",
        "finding_info.modified_time_dt",
        "time_dt",
        "time",
        "finding_info.created_time_dt",
    ];
    let time = time(record, &paths, context)?;
    let all = resources(record, "resources", "uid");
    let whose = account.as_deref();
    let key = all.iter().find(|one| is_access_key(&one.name));
    let caller = key.map(|one| NamedCaller { key: &one.name, ..NamedCaller::default() });
    let caller = caller.and_then(|caller| caller.to_principal(whose));
    let who = caller.or_else(|| all.first().map(|one| resource(&one.name, whose)));
    let status = number(record, "status_id");
    Ok(FoundRecord {
        finding: ForeignFinding {
            product: owned(record, "metadata.product.name"),
            finding_id: own_id(record, id),
            kind: owned(record, "finding_info.types.0"),
            title: owned(record, "finding_info.title"),
            level: ocsf_level(record),
            count: None,
            is_sample: false,
            is_closed: matches!(status, Some(3.0..5.0))
                || number(record, "activity_id") == Some(3.0)
                || text(record, "compliance.status")
                    .is_some_and(|status| status.eq_ignore_ascii_case("pass")),
            part_of: None,
        },
        time,
        region: region(record, "cloud.region", context),
        version: owned(record, "finding_info.modified_time_dt"),
        who: who.unwrap_or_else(|| whole_account(whose)),
        resources: all,
        address: text(record, "evidences.0.src_endpoint.ip").map(str::to_owned),
        account,
    })
}

fn ocsf_level(record: &Value) -> Level {
    let word = text(record, "severity").and_then(level_of_word);
    word.unwrap_or(match number(record, "severity_id") {
        Some(5.0..) => Level::Critical,
        Some(4.0..) => Level::High,
        Some(3.0..) => Level::Medium,
        Some(2.0..) => Level::Low,
        Some(_) => Level::Informational,
        None => Level::Medium,
    })
}

fn is_access_key(text: &str) -> bool {
    (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
