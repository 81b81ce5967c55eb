//! What detects and alarms: GuardDuty, Security Hub, Macie, alarms, firewalls.

use super::call::NotableCall;
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use crate::case::NotableClass::Defences;

pub(super) const READERS: &[CallReader] = &[
    CallReader::row("guardduty", "DeleteDetector", DETECTOR_DELETED),
    CallReader::by("guardduty", "UpdateDetector", read_detector),
    CallReader::by("guardduty", "CreateFilter", read_filter),
    CallReader::by("guardduty", "UpdateFilter", read_filter),
    CallReader::row("guardduty", "CreateIPSet", TRUSTED_LIST),
    CallReader::row("guardduty", "CreateTrustedEntitySet", TRUSTED_LIST),
    CallReader::row("guardduty", "UpdateIPSet", TRUSTED_LIST),
    CallReader::row("guardduty", "StopMonitoringMembers", MEMBERS),
    CallReader::row("guardduty", "DisassociateMembers", MEMBERS),
    CallReader::row("guardduty", "DeleteMembers", MEMBERS),
    CallReader::row("guardduty", "DisassociateFromAdministratorAccount", LEFT_GUARDDUTY),
    CallReader::row("guardduty", "DisassociateFromMasterAccount", LEFT_GUARDDUTY),
    CallReader::row("guardduty", "DisableOrganizationAdminAccount", LEFT_GUARDDUTY),
    CallReader::row("guardduty", "DeletePublishingDestination", PUBLISHING),
    CallReader::row("guardduty", "ArchiveFindings", ARCHIVED),
    CallReader::row("securityhub", "DisableSecurityHub", HUB_OFF),
    CallReader::row("securityhub", "BatchDisableStandards", STANDARDS_OFF),
    CallReader::row("securityhub", "DeleteMembers", HUB_MEMBERS),
    CallReader::row("securityhub", "DisassociateMembers", HUB_MEMBERS),
    CallReader::row("macie2", "DisableMacie", MACIE_OFF),
    CallReader::by("macie2", "UpdateMacieSession", read_macie),
    CallReader::row("inspector2", "Disable", INSPECTOR_OFF),
    CallReader::row("access-analyzer", "DeleteAnalyzer", ANALYZER),
    CallReader::row("detective", "DeleteGraph", GRAPH),
    CallReader::row("monitoring", "DeleteAlarms", ALARMS_DELETED),
    CallReader::row("monitoring", "DisableAlarmActions", ALARMS_OFF),
    CallReader::row("events", "DisableRule", RULE_OFF),
    CallReader::row("events", "DeleteRule", RULE_DELETED),
    CallReader::row("events", "RemoveTargets", RULE_TARGETS),
    CallReader::row("wafv2", "DeleteWebACL", FIREWALL),
    CallReader::row("wafv2", "DisassociateWebACL", FIREWALL_OFF),
    CallReader::row("wafv2", "DeleteLoggingConfiguration", FIREWALL_LOG),
    CallReader::row("wafv2", "DeleteRuleGroup", FIREWALL_RULES),
    CallReader::row("waf", "DeleteWebACL", FIREWALL),
    CallReader::row("waf", "DeleteRule", FIREWALL_RULES),
    CallReader::row("waf", "DeleteRuleGroup", FIREWALL_RULES),
    CallReader::row("waf-regional", "DeleteWebACL", FIREWALL),
    CallReader::row("waf-regional", "DisassociateWebACL", FIREWALL_OFF),
    CallReader::row("network-firewall", "DeleteFirewall", FIREWALL),
    CallReader::row("shield", "DeleteProtection", SHIELD),
    CallReader::row("shield", "DeleteSubscription", SHIELD),
    CallReader::row("bedrock", "DeleteGuardrail", GUARDRAIL),
];

const DETECTOR_DELETED: FactRow = FactRow::new(
    Defences,
    5,
    "{detectorId}",
    "switched off GuardDuty: deleted detector {detectorId}",
)
.keyed("detector-deleted")
.back(
    "Enable GuardDuty again",
    "aws guardduty create-detector --enable",
    "Nothing, but GuardDuty is billed.",
    "",
);

fn read_detector(call: &NotableCall<'_>) -> Option<FactDraft> {
    let detector = call.sentence("{detectorId}");
    let back = BackRow {
        title: "Enable detector {detectorId} again",
        command: "aws guardduty update-detector --detector-id {detectorId} --enable",
        breaks: "Nothing, but GuardDuty is billed.",
        undo: "",
    };
    if call.has("enable", "false") {
        let achieved = format!("suspended GuardDuty detector {detector}");
        let draft = FactDraft::new(Defences, 5, format!("{detector}: disabled"), achieved);
        return Some(
            draft.keyed(call.key("detector/{detectorId}|enabled")).taken_back(call, &back),
        );
    }
    let settings = call.request.to_string();
    let is_off = settings.contains("\"DISABLED\"") || settings.contains("\"enable\":false");
    is_off.then(|| {
        let achieved = format!("switched off part of GuardDuty detector {detector}");
        let draft = FactDraft::new(Defences, 3, format!("{detector}: partly off"), achieved);
        draft.keyed(call.key("detector/{detectorId}|features"))
    })
}

fn read_filter(call: &NotableCall<'_>) -> Option<FactDraft> {
    let is_new = call.name() == "CreateFilter";
    if !call.has("action", "ARCHIVE") && is_new {
        return None;
    }
    let name = call.sentence("{name|filterName}");
    let achieved = format!("set GuardDuty filter {name} to archive findings automatically");
    let back = BackRow {
        title: "Delete GuardDuty filter {name|filterName}",
        command: "aws guardduty delete-filter --detector-id {detectorId} --filter-name {name|filterName}",
        breaks: "Findings that the filter archives on purpose appear again.",
        undo: "",
    };
    let draft = FactDraft::new(Defences, 4, format!("{name}: archives"), achieved);
    Some(draft.keyed(call.key("filter/{name|filterName}")).taken_back(call, &back))
}

const TRUSTED_LIST: FactRow = FactRow::new(
    Defences,
    3,
    "{name|ipSetId}: {location}",
    "made GuardDuty trust the IP list {location}",
)
.keyed("trusted/{response.ipSetId|ipSetId|name}");
const MEMBERS: FactRow =
    FactRow::new(Defences, 4, "{accountIds&}", "removed {accountIds&} from GuardDuty")
        .keyed("members/{accountIds&}");
const LEFT_GUARDDUTY: FactRow = FactRow::new(
    Defences,
    4,
    "",
    "disassociated account {account} from its GuardDuty administrator",
);
const PUBLISHING: FactRow = FactRow::new(
    Defences,
    3,
    "{destinationId}",
    "deleted GuardDuty publishing destination {destinationId}",
);
const ARCHIVED: FactRow = FactRow::new(Defences, 2, "{findingIds&}", "archived GuardDuty findings");
const HUB_OFF: FactRow = FactRow::new(Defences, 4, "", "switched off Security Hub")
    .keyed("hub")
    .back("Enable Security Hub again", "aws securityhub enable-security-hub", "Nothing.", "");
const STANDARDS_OFF: FactRow = FactRow::new(
    Defences,
    2,
    "{standardsSubscriptionArns&}",
    "switched off in Security Hub: {standardsSubscriptionArns&}",
);
const HUB_MEMBERS: FactRow =
    FactRow::new(Defences, 3, "{accountIds&}", "removed {accountIds&} from Security Hub")
        .keyed("members/{accountIds&}");
const MACIE_OFF: FactRow = FactRow::new(Defences, 4, "", "switched off Macie").keyed("macie").back(
    "Enable Macie again",
    "aws macie2 enable-macie",
    "Nothing.",
    "",
);

fn read_macie(call: &NotableCall<'_>) -> Option<FactDraft> {
    if call.has("status", "PAUSED") {
        let draft = FactDraft::new(Defences, 4, "paused".to_owned(), "paused Macie".to_owned());
        let back = BackRow {
            title: "Resume Macie",
            command: "aws macie2 update-macie-session --status ENABLED",
            breaks: "Nothing.",
            undo: "",
        };
        return Some(draft.keyed(call.key("macie")).taken_back(call, &back));
    }
    let how = call.sentence("{findingPublishingFrequency}");
    let achieved = format!("set how often Macie publishes findings to {how}");
    Some(FactDraft::new(Defences, 1, how, achieved))
}

const INSPECTOR_OFF: FactRow =
    FactRow::new(Defences, 3, "{resourceTypes&}", "switched off Inspector for {resourceTypes&}")
        .keyed("inspector");
const ANALYZER: FactRow =
    FactRow::new(Defences, 3, "{analyzerName}", "deleted IAM Access Analyzer {analyzerName}")
        .for_workloads(1)
        .keyed("analyzer/{analyzerName}");
const GRAPH: FactRow = FactRow::new(Defences, 3, "{graphArn}", "switched off Detective");
const ALARMS_DELETED: FactRow =
    FactRow::new(Defences, 0, "{alarmNames&}", "deleted alarm {alarmNames&}")
        .keyed("alarm/{alarmNames&}");
const ALARMS_OFF: FactRow =
    FactRow::new(Defences, 3, "{alarmNames&}", "disabled the actions of alarm {alarmNames&}")
        .for_workloads(1)
        .keyed("alarm/{alarmNames&}|actions")
        .back(
            "Enable the actions of alarm {alarmNames&} again",
            "aws cloudwatch enable-alarm-actions --alarm-names {alarmNames&}",
            "Nothing.",
            "aws cloudwatch disable-alarm-actions --alarm-names {alarmNames&}",
        );
const RULE_OFF: FactRow = FactRow::new(Defences, 2, "{name}", "disabled event rule {name}")
    .for_workloads(0)
    .keyed("rule/{name}|enabled")
    .back(
        "Enable event rule {name} again",
        "aws events enable-rule --name {name}",
        "Nothing.",
        "aws events disable-rule --name {name}",
    );
const RULE_DELETED: FactRow = FactRow::new(Defences, 1, "{name}", "deleted event rule {name}")
    .for_workloads(0)
    .keyed("rule/{name}");
const RULE_TARGETS: FactRow =
    FactRow::new(Defences, 1, "{rule}", "removed targets from event rule {rule}").for_workloads(0);
const FIREWALL: FactRow = FactRow::new(
    Defences,
    3,
    "{name|webACLId|firewallName|firewallArn}",
    "deleted firewall {name|webACLId|firewallName|firewallArn}",
)
.for_workloads(1);
const FIREWALL_OFF: FactRow =
    FactRow::new(Defences, 3, "{resourceArn}", "removed the web ACL from {resourceArn}")
        .for_workloads(1)
        .keyed("web-acl/{resourceArn}");
const FIREWALL_LOG: FactRow =
    FactRow::new(Defences, 2, "{resourceArn}", "switched off logging of web ACL {resourceArn}")
        .for_workloads(0)
        .keyed("web-acl/{resourceArn}|log");
const FIREWALL_RULES: FactRow = FactRow::new(
    Defences,
    2,
    "{name|ruleId|ruleGroupId}",
    "deleted firewall rules {name|ruleId|ruleGroupId}",
)
.for_workloads(0);
const SHIELD: FactRow =
    FactRow::new(Defences, 3, "{protectionId}", "removed protection by AWS Shield")
        .for_workloads(1);
const GUARDRAIL: FactRow =
    FactRow::new(Defences, 2, "{guardrailIdentifier}", "deleted guardrail {guardrailIdentifier}")
        .for_workloads(0);
