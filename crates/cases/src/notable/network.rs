//! Ways into machines: security groups, metadata, consoles.

use aware_core::enrichment::is_private_address;

use super::call::NotableCall;
use super::draft::{BackRow, CallReader, FactDraft, FactRow};
use super::template::key_part;
use super::value::{show_name, text_of};
use crate::case::NotableClass::{Defences, Execution, Exposure};

pub(super) const READERS: &[CallReader] = &[
    CallReader::by("ec2", "AuthorizeSecurityGroupIngress", read_ingress),
    CallReader::by("ec2", "ModifySecurityGroupRules", read_ingress),
    CallReader::by("ec2", "ModifyInstanceMetadataOptions", read_metadata),
    CallReader::row("ec2", "EnableSerialConsoleAccess", SERIAL),
    CallReader::row("ec2", "ReplaceNetworkAclEntry", ACL_ENTRY),
    CallReader::by("ec2", "CreateNetworkAclEntry", read_acl_entry),
    CallReader::row("ec2", "DeleteNetworkAclEntry", ACL_ENTRY_DELETED),
    CallReader::by("eks", "UpdateClusterConfig", read_cluster),
];

/// One rule of a security group.
pub(super) struct IngressRule {
    protocol: String,
    from: Option<i64>,
    to: Option<i64>,
    source: String,
}

impl IngressRule {
    /// The rules of a request, whatever its form.
    pub(super) fn read_all(call: &NotableCall<'_>) -> Vec<Self> {
        let mut rules: Vec<Self> = ["ipPermissions", "securityGroupRules", "securityGroupRule"]
            .iter()
            .filter_map(|path| call.value(path))
            .flat_map(items)
            .flat_map(Self::read_permission)
            .collect();
        if call.value("cidrIp").is_some() {
            rules.extend(Self::read_permission(call.request));
        }
        rules.sort_unstable_by_key(Self::key);
        rules.truncate(100);
        rules
    }

    fn read_permission(value: &serde_json::Value) -> Vec<Self> {
        let value = super::value::find_path(value, "securityGroupRule").unwrap_or(value);
        let text = |path: &str| super::value::find_path(value, path).and_then(text_of);
        let number = |path: &str| text(path).and_then(|text| text.parse().ok());
        let mut sources: Vec<String> =
            ["cidrIp", "cidrIpv4", "cidrIpv6"].iter().filter_map(|path| text(path)).collect();
        for (list, key) in [("ipRanges", "cidrIp"), ("ipv6Ranges", "cidrIpv6")] {
            let ranges = super::value::find_path(value, list).map(items).unwrap_or_default();
            let source = |range: &serde_json::Value| text_of(super::value::find_path(range, key)?);
            sources.extend(ranges.into_iter().filter_map(source));
        }
        let protocol = text("ipProtocol").unwrap_or_else(|| "-1".to_owned());
        let rule = |source| Self {
            protocol: protocol.clone(),
            from: number("fromPort"),
            to: number("toPort"),
            source,
        };
        sources.into_iter().map(rule).collect()
    }

    /// `tcp/22-22/0.0.0.0/0`
    pub(super) fn key(&self) -> String {
        let port = |port: Option<i64>| port.map_or_else(String::new, |port| port.to_string());
        let rule = format!("{}/{}-{}", self.protocol, port(self.from), port(self.to));
        key_part(&format!("{rule}/{}", self.source))
    }

    fn is_everybody(&self) -> bool {
        self.source.ends_with("/0")
    }

    fn is_outside(&self) -> bool {
        let address = self.source.split('/').next().unwrap_or_default();
        !address.parse().is_ok_and(is_private_address)
    }

    fn has_port(&self, port: i64) -> bool {
        self.is_all_ports() || self.from.unwrap_or(0) <= port && port <= self.to.unwrap_or(65_535)
    }

    fn is_all_ports(&self) -> bool {
        self.protocol == "-1" || self.from.unwrap_or(0) <= 1 && self.to.unwrap_or(65_535) >= 65_535
    }

    fn is_admin(&self) -> bool {
        ADMIN_PORTS.iter().any(|port| self.has_port(*port))
    }

    fn ports(&self) -> String {
        match (self.from, self.to) {
            _ if self.is_all_ports() => "every port".to_owned(),
            (Some(from), Some(to)) if from == to => format!("port {from}"),
            (from, to) => format!("ports {} to {}", from.unwrap_or(0), to.unwrap_or(65_535)),
        }
    }
}

/// Ports of remote administration, databases and cluster APIs.
const ADMIN_PORTS: [i64; 14] =
    [22, 23, 445, 1433, 1521, 2375, 3306, 3389, 5432, 5985, 6379, 9200, 10_250, 27_017];

fn items(value: &serde_json::Value) -> Vec<&serde_json::Value> {
    match value {
        serde_json::Value::Array(many) => many.iter().take(100).collect(),
        serde_json::Value::Object(fields) => match fields.get("items") {
            Some(inner) => items(inner),
            None if fields.is_empty() => Vec::new(),
            None => vec![value],
        },
        _ => Vec::new(),
    }
}

fn read_ingress(call: &NotableCall<'_>) -> Option<FactDraft> {
    let rules = IngressRule::read_all(call);
    let worst = rules.iter().max_by_key(|rule| (rule.is_everybody(), rule.is_admin()))?;
    let weight = match (worst.is_everybody(), worst.is_admin(), call.is_workload()) {
        (true, true, false) => 3,
        (true, true, true) => 2,
        (true, false, false) if !worst.has_port(443) && !worst.has_port(80) => 1,
        (false, true, false) if worst.is_outside() => 1,
        _ => 0,
    };
    if weight == 0 && !worst.is_everybody() {
        return None;
    }
    let group = call.sentence("{groupId|groupName}");
    let from =
        if worst.is_everybody() { "any address".to_owned() } else { show_name(&worst.source) };
    let detail = format!("{group}: {} from {from}", worst.ports());
    let achieved = format!("opened {} of {group} to {from}", worst.ports());
    let draft = FactDraft::new(Exposure, weight, detail, achieved);
    let key = call.key("security-group/{groupId|groupName}");
    let draft = draft.keyed(key.map(|key| format!("{key}|{}", worst.key())));
    Some(match call.text("response.securityGroupRuleSet.items.securityGroupRuleId") {
        Some(_) => draft.taken_back(call, &INGRESS_BACK),
        None => draft.taken_back(call, &CIDR_BACK),
    })
}

const INGRESS_BACK: BackRow = BackRow {
    title: "Revoke the new rule of {groupId|groupName}",
    command: "aws ec2 revoke-security-group-ingress --group-id {groupId} --security-group-rule-ids {response.securityGroupRuleSet.items.securityGroupRuleId&}",
    breaks: "Anyone who connects through this rule.",
    undo: "",
};
const CIDR_BACK: BackRow = BackRow {
    title: "List the rules of {groupId|groupName}, and revoke the new one",
    command: "aws ec2 describe-security-group-rules --filters Name=group-id,Values={groupId}",
    breaks: "Nothing: it only reads.",
    undo: "",
};

fn read_metadata(call: &NotableCall<'_>) -> Option<FactDraft> {
    if !call.has("httpTokens", "optional") {
        return None;
    }
    let instance = call.sentence("{instanceId}");
    let achieved = format!("allowed IMDSv1 on instance {instance} (credentials without a token)");
    let draft = FactDraft::new(Defences, 2, format!("{instance}: tokens optional"), achieved);
    let back = BackRow {
        title: "Require IMDSv2 tokens on instance {instanceId} again",
        command: "aws ec2 modify-instance-metadata-options --instance-id {instanceId} --http-tokens required",
        breaks: "Programs on the instance that support only IMDSv1.",
        undo: "aws ec2 modify-instance-metadata-options --instance-id {instanceId} --http-tokens optional",
    };
    Some(draft.keyed(call.key("instance/{instanceId}|metadata")).taken_back(call, &back))
}

const SERIAL: FactRow =
    FactRow::new(Execution, 2, "", "enabled EC2 serial console access in account {account}")
        .keyed("serial-console")
        .back(
            "Disable EC2 serial console access again",
            "aws ec2 disable-serial-console-access",
            "Anyone who repairs instances through the serial console.",
            "aws ec2 enable-serial-console-access",
        );
const ACL_ENTRY: FactRow = FactRow::new(
    Defences,
    2,
    "{networkAclId}: rule {ruleNumber} {ruleAction} {cidrBlock}",
    "changed rule {ruleNumber} of network ACL {networkAclId} to {ruleAction} {cidrBlock}",
)
.for_workloads(0);
const ACL_ENTRY_DELETED: FactRow = FactRow::new(
    Defences,
    1,
    "{networkAclId}: rule {ruleNumber}",
    "deleted rule {ruleNumber} of network ACL {networkAclId}",
)
.for_workloads(0);

fn read_acl_entry(call: &NotableCall<'_>) -> Option<FactDraft> {
    let is_open = call.has("cidrBlock", "0.0.0.0/0") || call.has("ipv6CidrBlock", "::/0");
    let is_allowed = call.has("ruleAction", "allow") && call.has("egress", "false");
    (is_open && is_allowed).then(|| {
        let detail = call.sentence("{networkAclId}: rule {ruleNumber} allows any address");
        let achieved = call.sentence("opened network ACL {networkAclId} to any address");
        FactDraft::new(Exposure, u8::from(!call.is_workload()), detail, achieved)
    })
}

fn read_cluster(call: &NotableCall<'_>) -> Option<FactDraft> {
    let cluster = call.sentence("cluster {name}");
    let cidrs = call.texts("resourcesVpcConfig.publicAccessCidrs");
    let is_open = call.has("resourcesVpcConfig.endpointPublicAccess", "true")
        && (cidrs.is_empty() || cidrs.iter().any(|one| one.ends_with("/0")));
    let weight = if call.is_workload() { 1 } else { 3 };
    if is_open {
        let achieved = format!("opened the API endpoint of {cluster} to any address");
        return Some(FactDraft::new(Exposure, weight, format!("{cluster}: public"), achieved));
    }
    let logging = call.value("logging.clusterLogging")?.to_string();
    logging.contains("\"enabled\":false").then(|| {
        let achieved = format!("switched off logging of {cluster}");
        FactDraft::new(Defences, weight, format!("{cluster}: logs off"), achieved)
    })
}
