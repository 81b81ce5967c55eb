//! Tells a resource type from the form of a value: `vol-0a1b` is a volume, `us.anthropic.…` an
//! inference profile, whatever its key.

/// Id prefixes and the resource types that they belong to.
///
/// Source: EC2 user guide, "Resource IDs", and the EC2 and Systems Manager API references.
const EC2_ID_PREFIXES: [(&str, &str); 57] = [
    ("acl-", "network-acl"),
    ("ami-", "image"),
    ("bcr-", "capacity-block"),
    ("cagw-", "carrier-gateway"),
    ("cgw-", "customer-gateway"),
    ("cr-", "capacity-reservation"),
    ("crf-", "capacity-reservation-fleet"),
    ("cvpn-endpoint-", "client-vpn-endpoint"),
    ("dopt-", "dhcp-options"),
    ("eice-", "instance-connect-endpoint"),
    ("eigw-", "egress-only-internet-gateway"),
    ("eipalloc-", "elastic-ip"),
    ("eni-", "network-interface"),
    ("fl-", "vpc-flow-log"),
    ("fleet-", "fleet"),
    ("h-", "dedicated-host"),
    ("i-", "instance"),
    ("iew-", "instance-event-window"),
    ("igw-", "internet-gateway"),
    ("ipam-pool-", "ipam-pool"),
    ("ipam-scope-", "ipam-scope"),
    ("ipam-", "ipam"),
    ("key-", "key-pair"),
    ("lgw-rtb-", "local-gateway-route-table"),
    ("lgw-", "local-gateway"),
    ("lt-", "launch-template"),
    ("mi-", "managed-instance"),
    ("nat-", "natgateway"),
    ("nip-", "network-insights-path"),
    ("pcx-", "vpc-peering-connection"),
    ("pg-", "placement-group"),
    ("pl-", "prefix-list"),
    ("rtb-", "route-table"),
    ("sfr-", "spot-fleet-request"),
    ("sg-", "security-group"),
    ("sgr-", "security-group-rule"),
    ("sir-", "spot-instances-request"),
    ("snap-", "snapshot"),
    ("subnet-", "subnet"),
    ("tgw-attach-", "transit-gateway-attachment"),
    ("tgw-connect-peer-", "transit-gateway-connect-peer"),
    ("tgw-mcast-domain-", "transit-gateway-multicast-domain"),
    ("tgw-rtb-", "transit-gateway-route-table"),
    ("tgw-", "transit-gateway"),
    ("tmf-", "traffic-mirror-filter"),
    ("tms-", "traffic-mirror-session"),
    ("tmt-", "traffic-mirror-target"),
    ("vgw-", "vpn-gateway"),
    ("vae-", "verified-access-endpoint"),
    ("vagr-", "verified-access-group"),
    ("vai-", "verified-access-instance"),
    ("vatp-", "verified-access-trust-provider"),
    ("vol-", "volume"),
    ("vpc-", "vpc"),
    ("vpce-svc-", "vpc-endpoint-service"),
    ("vpce-", "vpc-endpoint"),
    ("vpn-", "vpn-connection"),
];

/// Id prefixes of the inference profiles that AWS provides: the area that they route calls to.
///
/// Source: Bedrock user guide, "Supported Regions and models for inference profiles".
const AREAS: [&str; 9] = ["us.", "us-gov.", "eu.", "apac.", "global.", "jp.", "au.", "ca.", "sa."];

/// The resource type that a value's form shows, for actions of a service.
pub(super) fn kind_by_form(service: &str, key: &str, value: &str) -> Option<&'static str> {
    match service {
        "ec2" | "ssm" | "ec2-instance-connect" | "autoscaling" => {
            let fits = |start: &str| value.strip_prefix(start).is_some_and(is_id);
            let longest = EC2_ID_PREFIXES.iter().filter(|(start, _)| fits(start));
            longest.max_by_key(|(start, _)| start.len()).map(|(_, kind)| *kind)
        }
        "bedrock" if key == "modelid" || key == "modelidentifier" => model_kind(value),
        _ => None,
    }
}

fn is_id(rest: &str) -> bool {
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What `modelId` names.
fn model_kind(id: &str) -> Option<&'static str> {
    if id.starts_with("arn:") {
        return None;
    }
    Some(if base_model(id).is_some() { "inference-profile" } else { "foundation-model" })
}

/// The model behind an inference profile that AWS provides: `anthropic.x` for `us.anthropic.x`.
pub(crate) fn base_model(id: &str) -> Option<&str> {
    AREAS.iter().find_map(|area| id.strip_prefix(area)).filter(|model| model.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let of = |value| kind_by_form("ec2", "resourceid", value);
        assert_eq!(of("tgw-attach-0ab"), Some("transit-gateway-attachment"));
        assert_eq!(of("tgw-0ab"), Some("transit-gateway"));
        assert_eq!(of("i-my-name"), None);
        let model = |value| kind_by_form("bedrock", "modelid", value);
        assert_eq!(model("anthropic.claude-v2"), Some("foundation-model"));
        assert_eq!(model("eu.anthropic.claude-v2:1"), Some("inference-profile"));
        assert_eq!(model("arn:aws:bedrock:eu-west-1:1:provisioned-model/x"), None);
    }
}
