//! The entry of a network ACL that lets answers leave.

use core::net::IpAddr;

use super::change::{form, interface_id, is_local, region_of};
use super::traffic_event::{service, text};
use crate::enrichment::is_private_address;
use crate::event::Event;
use crate::explanation::{ChangeForm, CureStatement};

/// The ports that clients choose.
///
/// Source: VPC user guide, "Network ACLs", "Ephemeral ports".
const CLIENT_PORTS: (u16, u16) = (1024, 65_535);

/// An outbound entry for the answers to one internal host. Whether others may get answers is for the
/// owner of the network to say: an ACL may be there to keep them out.
///
/// Source: EC2 API reference, `CreateNetworkAclEntry`; CloudFormation's `AWS::EC2::NetworkAclEntry`;
/// Terraform's `aws_network_acl_rule`.
pub(super) fn answer_entry(event: &Event) -> Option<CureStatement> {
    let record = &event.record;
    let to: IpAddr = text(record, "dstaddr")?.parse().ok()?;
    if !is_private_address(to) || is_local(to) {
        return None;
    }
    let protocol = match text(record, "protocol")? {
        "tcp" => 6,
        "udp" => 17,
        _ => return None,
    };
    let entry = AclEntry { protocol, to };
    Some(CureStatement {
        attach_to: format!(
            "the network ACL of the subnet that answers, to let answers of {} reach {to}",
            service(record)?
        ),
        forms: entry.forms(region_of(event)),
        take_care: take_care(text(record, "interface_id")),
        ..CureStatement::default()
    })
}

fn take_care(interface: Option<&str>) -> Vec<String> {
    let find = interface.and_then(interface_id).map(|id| {
        format!(
            "flow logs do not name network ACLs: `aws ec2 describe-network-interfaces \
             --network-interface-ids {id} --query 'NetworkInterfaces[].SubnetId'` names the subnet, and \
             `aws ec2 describe-network-acls --filters Name=association.subnet-id,Values=SUBNET` its ACL"
        )
    });
    let general = "flow logs do not name network ACLs: look up the one of the host's subnet";
    vec![
        find.unwrap_or_else(|| general.to_owned()),
        "take a free rule number below that of the entry that refuses".to_owned(),
    ]
}

struct AclEntry {
    protocol: u8,
    to: IpAddr,
}

impl AclEntry {
    fn forms(&self, region: &str) -> Vec<ChangeForm> {
        let Self { protocol, to } = self;
        let (first, last) = CLIENT_PORTS;
        let (option, property, argument, length) = match to {
            IpAddr::V4(_) => ("--cidr-block", "CidrBlock", "cidr_block", 32),
            IpAddr::V6(_) => ("--ipv6-cidr-block", "Ipv6CidrBlock", "ipv6_cidr_block", 128),
        };
        let region = if region.is_empty() { String::new() } else { format!(" --region {region}") };
        vec![
            form(
                "aws-cli",
                format!(
                    "aws ec2 create-network-acl-entry{region} --network-acl-id NETWORK_ACL --egress \
                     --rule-number NUMBER --protocol {protocol} --port-range From={first},To={last} \
                     {option} {to}/{length} --rule-action allow"
                ),
            ),
            form(
                "terraform",
                format!(
                    "resource \"aws_network_acl_rule\" \"answers\" {{\n  network_acl_id = \
                     \"NETWORK_ACL\"\n  rule_number = NUMBER\n  egress = true\n  protocol = \
                     \"{protocol}\"\n  rule_action = \"allow\"\n  {argument} = \"{to}/{length}\"\n  \
                     from_port = {first}\n  to_port = {last}\n}}"
                ),
            ),
            form(
                "cloudformation",
                format!(
                    "Type: AWS::EC2::NetworkAclEntry\nProperties:\n  NetworkAclId: NETWORK_ACL\n  \
                     RuleNumber: NUMBER\n  Egress: true\n  Protocol: {protocol}\n  RuleAction: \
                     allow\n  {property}: {to}/{length}\n  PortRange: {{From: {first}, To: {last}}}"
                ),
            ),
        ]
    }
}
