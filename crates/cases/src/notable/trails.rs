//! What records: trails, flow logs, log groups, configuration recorders.

use super::call::NotableCall;
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use crate::case::NotableClass::Defences;

pub(super) const READERS: &[CallReader] = &[
    CallReader::row("cloudtrail", "StopLogging", STOPPED),
    CallReader::row("cloudtrail", "DeleteTrail", DELETED),
    CallReader::by("cloudtrail", "UpdateTrail", read_trail_change),
    CallReader::by("cloudtrail", "PutEventSelectors", read_selectors),
    CallReader::by("cloudtrail", "PutInsightSelectors", read_insights),
    CallReader::row("cloudtrail", "DeleteEventDataStore", STORE_DELETED),
    CallReader::row("cloudtrail", "StopEventDataStoreIngestion", STORE_STOPPED),
    CallReader::row("cloudtrail", "DeregisterOrganizationDelegatedAdmin", TRAIL_ADMIN),
    CallReader::row("ec2", "DeleteFlowLogs", FLOW_LOGS),
    CallReader::row("route53resolver", "DeleteResolverQueryLogConfig", QUERY_LOG),
    CallReader::row("route53resolver", "DisassociateResolverQueryLogConfig", QUERY_LOG_OFF),
    CallReader::row("logs", "DeleteLogGroup", LOG_GROUP),
    CallReader::row("logs", "DeleteLogStream", LOG_STREAM),
    CallReader::by("logs", "PutRetentionPolicy", read_retention),
    CallReader::row("logs", "DeleteSubscriptionFilter", FILTER),
    CallReader::row("logs", "DeleteMetricFilter", FILTER),
    CallReader::row("logs", "DeleteDestination", DESTINATION),
    CallReader::row("config", "StopConfigurationRecorder", RECORDER_STOPPED),
    CallReader::row("config", "DeleteConfigurationRecorder", RECORDER_DELETED),
    CallReader::row("config", "DeleteDeliveryChannel", CHANNEL_DELETED),
    CallReader::row("config", "DeleteConfigRule", CONFIG_RULE),
    CallReader::row("config", "PutConfigurationRecorder", RECORDER_CHANGED),
    CallReader::row("config", "PutDeliveryChannel", CHANNEL_CHANGED),
    CallReader::row("bedrock", "DeleteModelInvocationLoggingConfiguration", MODEL_LOG),
    CallReader::row("rds", "StopActivityStream", ACTIVITY_STREAM),
];

const STOPPED: FactRow =
    FactRow::new(Defences, 5, "{name}", "stopped trail {name}").keyed("trail/{name}|logging").back(
        "Start trail {name} again",
        "aws cloudtrail start-logging --name {name}",
        "Nothing.",
        "aws cloudtrail stop-logging --name {name}",
    );
const DELETED: FactRow =
    FactRow::new(Defences, 5, "{name}", "deleted trail {name}").keyed("trail-deleted/{name}").back(
        "List the remaining trails, and create {name} again",
        "aws cloudtrail describe-trails",
        "Nothing: it only reads.",
        "",
    );

/// A setting that decides what a trail records.
pub(super) struct TrailSetting {
    /// The request's parameter.
    pub(super) key: &'static str,
    /// What the trail does without it, if it can be switched off.
    words: &'static str,
}

const TRAIL_SETTINGS: [TrailSetting; 5] = [
    TrailSetting { key: "s3BucketName", words: "" },
    TrailSetting { key: "isMultiRegionTrail", words: "records one region only" },
    TrailSetting { key: "includeGlobalServiceEvents", words: "leaves out global services" },
    TrailSetting { key: "enableLogFileValidation", words: "no longer validates its log files" },
    TrailSetting { key: "isOrganizationTrail", words: "leaves out the organization's accounts" },
];

impl TrailSetting {
    /// The settings that a call gives this value, and the bucket, if it names one.
    pub(super) fn list_set(
        call: &NotableCall<'_>,
        value: &str,
    ) -> impl Iterator<Item = &'static Self> {
        TRAIL_SETTINGS.iter().filter(move |one| match one.words {
            "" => call.text(one.key).is_some(),
            _ => call.has(one.key, value),
        })
    }
}

fn read_trail_change(call: &NotableCall<'_>) -> Option<FactDraft> {
    let trail = call.sentence("{name}");
    let changed: Vec<&TrailSetting> = TrailSetting::list_set(call, "false").collect();
    let weak: Vec<&str> =
        changed.iter().map(|one| one.words).filter(|words| !words.is_empty()).collect();
    let bucket = call.text("s3BucketName");
    let (weight, detail, achieved) = match (bucket, weak.as_slice()) {
        (Some(_), _) => (
            if call.is_workload() { 2 } else { 4 },
            call.sentence("{name}: to bucket {s3BucketName}"),
            call.sentence("set trail {name} to deliver to bucket {s3BucketName}"),
        ),
        (None, []) => {
            (u8::from(!call.is_workload()), trail.clone(), format!("changed trail {trail}"))
        }
        (None, weak) => (
            if call.is_workload() { 2 } else { 4 },
            format!("{trail}: {}", weak.join(", ")),
            format!("weakened trail {trail}: it {}", weak.join(", ")),
        ),
    };
    let draft = FactDraft::new(Defences, weight, detail, achieved);
    let back = BackRow {
        title: "See the settings of trail {name}, and restore them",
        command: "aws cloudtrail get-trail --name {name}",
        breaks: "Nothing: it only reads.",
        undo: "",
    };
    let changed: String = changed.iter().map(|one| format!("/{}", one.key)).collect();
    let key = call.key("trail/{name}|settings").map(|trail| trail + &changed);
    Some(draft.keyed(key).taken_back(call, &back))
}

/// How selectors leave out management events; `None` if they record them all.
pub(super) fn narrowed_selectors(call: &NotableCall<'_>) -> Option<String> {
    let list = |path: &str| call.value(path).and_then(serde_json::Value::as_array);
    if let Some(selectors) = list("eventSelectors") {
        let reasons: Option<Vec<String>> = selectors.iter().map(narrowed_basic).collect();
        return reasons.map(|reasons| {
            reasons.into_iter().next().unwrap_or_else(|| "records nothing".to_owned())
        });
    }
    let advanced = list("advancedEventSelectors")?;
    let is_whole = |one: &serde_json::Value| {
        let text = one.to_string();
        text.contains("\"Management\"")
            && !text.to_ascii_lowercase().contains("readonly")
            && !text.contains("eventSource")
    };
    let mentions = |one: &serde_json::Value| one.to_string().contains("\"Management\"");
    match (advanced.iter().any(is_whole), advanced.iter().any(mentions)) {
        (true, _) => None,
        (false, true) => Some("records only some management events".to_owned()),
        (false, false) => Some("records no management events".to_owned()),
    }
}

/// How one basic selector narrows what is recorded.
fn narrowed_basic(selector: &serde_json::Value) -> Option<String> {
    let text = |path: &str| super::value::find_path(selector, path).and_then(super::value::text_of);
    let excluded = super::value::find_path(selector, "excludeManagementEventSources");
    let excluded = excluded.map(super::value::texts_of).unwrap_or_default();
    if text("includeManagementEvents").as_deref() == Some("false") {
        return Some("records no management events".to_owned());
    }
    match text("readWriteType").as_deref() {
        Some("ReadOnly") => return Some("records only read events".to_owned()),
        Some("WriteOnly") => return Some("records only write events".to_owned()),
        _ => {}
    }
    (!excluded.is_empty()).then(|| format!("leaves out {}", super::value::list_names(&excluded)))
}

fn read_selectors(call: &NotableCall<'_>) -> Option<FactDraft> {
    let trail = call.sentence("{trailName|eventDataStore}");
    let key = call.key("trail/{trailName|eventDataStore}|selectors");
    let Some(how) = narrowed_selectors(call) else {
        let achieved = format!("set what trail {trail} records");
        return Some(FactDraft::new(Defences, 0, trail, achieved));
    };
    // Many record only writes, or leave out KMS, to save money.
    let weight = match how.as_str() {
        "records only write events" => 2,
        how if how.starts_with("leaves out") => 2,
        _ => 4,
    };
    let weight = if call.is_workload() { weight.min(2) } else { weight };
    let achieved = format!("narrowed trail {trail}: it {how}");
    let draft = FactDraft::new(Defences, weight, format!("{trail}: {how}"), achieved);
    let back = BackRow {
        title: "Let trail {trailName} record all management events again",
        command: "aws cloudtrail put-event-selectors --trail-name {trailName} --event-selectors ReadWriteType=All,IncludeManagementEvents=true",
        breaks: "Recording of data events, until their selectors are added again.",
        undo: "",
    };
    Some(draft.keyed(key).taken_back(call, &back))
}

fn read_insights(call: &NotableCall<'_>) -> Option<FactDraft> {
    if !call.texts("insightSelectors").is_empty()
        || call.value("insightSelectors")?.as_array()?.is_empty()
    {
        return off_insights(call);
    }
    None
}

fn off_insights(call: &NotableCall<'_>) -> Option<FactDraft> {
    let is_empty = call.value("insightSelectors")?.as_array()?.is_empty();
    let trail = call.sentence("{trailName}");
    is_empty.then(|| {
        let achieved = format!("switched off CloudTrail Insights on trail {trail}");
        FactDraft::new(Defences, 2, format!("{trail}: off"), achieved)
    })
}

const STORE_DELETED: FactRow =
    FactRow::new(Defences, 4, "{eventDataStore}", "deleted event data store {eventDataStore}")
        .keyed("store/{eventDataStore}")
        .back(
            "Restore event data store {eventDataStore} (within 7 days)",
            "aws cloudtrail restore-event-data-store --event-data-store {eventDataStore}",
            "Nothing.",
            "",
        );
const STORE_STOPPED: FactRow = FactRow::new(
    Defences,
    4,
    "{eventDataStore}",
    "stopped ingestion into event data store {eventDataStore}",
)
.keyed("store/{eventDataStore}|ingestion")
.back(
    "Start ingestion into event data store {eventDataStore} again",
    "aws cloudtrail start-event-data-store-ingestion --event-data-store {eventDataStore}",
    "Nothing.",
    "",
);
const TRAIL_ADMIN: FactRow = FactRow::new(
    Defences,
    3,
    "{delegatedAdminAccountId}",
    "removed {delegatedAdminAccountId} as CloudTrail's delegated administrator",
);
const FLOW_LOGS: FactRow = FactRow::new(
    Defences,
    4,
    "{flowLogId|flowLogIds&}",
    "deleted flow logs {flowLogId|flowLogIds&}",
)
.for_workloads(2)
.keyed("flow-logs");
const QUERY_LOG: FactRow = FactRow::new(
    Defences,
    4,
    "{resolverQueryLogConfigId}",
    "deleted DNS query log {resolverQueryLogConfigId}",
)
.for_workloads(2)
.keyed("query-log");
const QUERY_LOG_OFF: FactRow = FactRow::new(
    Defences,
    2,
    "{resourceId}",
    "stopped DNS query logging for {resourceId}",
)
.for_workloads(1)
.keyed("query-log/{resolverQueryLogConfigId}/{resourceId}")
.back(
    "Log the DNS queries of {resourceId} again",
    "aws route53resolver associate-resolver-query-log-config --resolver-query-log-config-id {resolverQueryLogConfigId} --resource-id {resourceId}",
    "Nothing.",
    "",
);
const LOG_GROUP: FactRow =
    FactRow::new(Defences, 2, "{logGroupName}", "deleted log group {logGroupName}")
        .for_workloads(0);
const LOG_STREAM: FactRow = FactRow::new(
    Defences,
    3,
    "{logGroupName}: {logStreamName}",
    "deleted log stream {logStreamName} of {logGroupName}",
)
.for_workloads(1);

fn read_retention(call: &NotableCall<'_>) -> Option<FactDraft> {
    let days: u64 = call.text("retentionInDays")?.parse().ok()?;
    if days > 7 {
        return None;
    }
    let group = call.sentence("{logGroupName}");
    let unit = if days == 1 { "day" } else { "days" };
    let weight = match (days, call.is_workload()) {
        (_, true) => 0,
        (..=3, false) => 2,
        (_, false) => 1,
    };
    let achieved = format!("set events in log group {group} to expire after {days} {unit}");
    let back = BackRow {
        title: "Keep the events of log group {logGroupName} for longer",
        command: "aws logs delete-retention-policy --log-group-name {logGroupName}",
        breaks: "Nothing, but events that never expire cost storage.",
        undo: "aws logs put-retention-policy --log-group-name {logGroupName} --retention-in-days {retentionInDays}",
    };
    let draft = FactDraft::new(Defences, weight, format!("{group}: {days} {unit}"), achieved);
    Some(draft.keyed(call.key("log-group/{logGroupName}|retention")).taken_back(call, &back))
}

const FILTER: FactRow = FactRow::new(
    Defences,
    2,
    "{filterName} of {logGroupName}",
    "deleted filter {filterName} of log group {logGroupName}",
)
.for_workloads(0)
.keyed("log-group/{logGroupName}|filter/{filterName}");
const DESTINATION: FactRow =
    FactRow::new(Defences, 2, "{destinationName}", "deleted log destination {destinationName}")
        .for_workloads(0);
const RECORDER_STOPPED: FactRow = FactRow::new(
    Defences,
    5,
    "{configurationRecorderName}",
    "stopped AWS Config recorder {configurationRecorderName}",
)
.keyed("recorder/{configurationRecorderName}|recording")
.back(
    "Start AWS Config recorder {configurationRecorderName} again",
    "aws configservice start-configuration-recorder --configuration-recorder-name {configurationRecorderName}",
    "Nothing.",
    "aws configservice stop-configuration-recorder --configuration-recorder-name {configurationRecorderName}",
);
const RECORDER_DELETED: FactRow = FactRow::new(
    Defences,
    5,
    "{configurationRecorderName}",
    "deleted AWS Config recorder {configurationRecorderName}",
)
.keyed("recorder-deleted/{configurationRecorderName}");
const CHANNEL_DELETED: FactRow = FactRow::new(
    Defences,
    4,
    "{deliveryChannelName}",
    "deleted AWS Config delivery channel {deliveryChannelName}",
)
.keyed("channel/{deliveryChannelName}");
const CONFIG_RULE: FactRow =
    FactRow::new(Defences, 2, "{configRuleName}", "deleted AWS Config rule {configRuleName}")
        .for_workloads(0)
        .keyed("rule/{configRuleName}");
const RECORDER_CHANGED: FactRow =
    FactRow::new(Defences, 1, "{configurationRecorder.name}", "changed what AWS Config records")
        .for_workloads(0);
const CHANNEL_CHANGED: FactRow = FactRow::new(
    Defences,
    1,
    "{deliveryChannel.name}: to bucket {deliveryChannel.s3BucketName}",
    "set AWS Config to deliver to bucket {deliveryChannel.s3BucketName}",
)
.for_workloads(0);
const MODEL_LOG: FactRow =
    FactRow::new(Defences, 4, "", "switched off Bedrock model invocation logging")
        .keyed("model-log");
const ACTIVITY_STREAM: FactRow =
    FactRow::new(Defences, 3, "{resourceArn}", "stopped the database activity stream of {resourceArn}")
        .keyed("activity-stream/{resourceArn}")
        .back(
            "Start the database activity stream of {resourceArn} again",
            "aws rds start-activity-stream --resource-arn {resourceArn} --mode async --kms-key-id {response.kmsKeyId}",
            "Nothing.",
            "",
        );
