//! Why own hosts were refused, and the rule that would let them.

use core::net::IpAddr;

use super::change::{form, interface_id, is_local, region_of};
use super::class::is_admin_port;
use super::traffic_event::{number, service, text};
use crate::event::{Event, EventClass};
use crate::explanation::{CureStatement, DenialEffect, DenialLayer, Explanation};

/// Explains a refusal between own hosts, or to the outside.
pub(super) fn explain(event: &Event) -> Option<Explanation> {
    let EventClass::Flow(flow) = &event.class else { return None };
    // A sum says by itself what was refused, and nothing cures it.
    if flow.is_sum {
        return None;
    }
    let (layer, remedy) = match flow.kind.as_str() {
        "refused-inside" => (DenialLayer::NetworkRule, ingress_rule(event)),
        // Security groups let replies through.
        "refused-answer" => (DenialLayer::NetworkAcl, None),
        _ => (DenialLayer::NetworkRule, None),
    };
    Some(Explanation {
        resource: event.first_resource().map(|target| target.name.clone()),
        effect: DenialEffect::Either.into(),
        layer: layer.into(),
        why: why(event, &flow.kind),
        no_grant: no_grant(event, &flow.kind).filter(|_| remedy.is_none()).map(str::to_owned),
        remedies: remedy.into_iter().collect(),
        ..Explanation::default()
    })
}

/// The same however often it was refused, so that a case says it once.
fn why(event: &Event, kind: &str) -> String {
    let record = &event.record;
    let from = text(record, "srcaddr").unwrap_or("an unknown address");
    let service = service(record).unwrap_or_else(|| "traffic".to_owned());
    let known = text(record, "watched_for").map(|what| format!(" ({what})")).unwrap_or_default();
    match (kind, text(record, "dstaddr")) {
        ("refused-answer", _) => {
            format!("a network ACL refuses the replies of {from} from {service}")
        }
        (_, Some(to)) => format!(
            "a security group or a network ACL refuses {service}{known} from {from} to {to}"
        ),
        (_, None) => format!(
            "a security group or a network ACL refuses {service}{known} from {from} to the outside"
        ),
    }
}

fn no_grant(event: &Event, kind: &str) -> Option<&'static str> {
    match kind {
        "refused-outward" => Some("whether it may talk to the outside is for its owner to say"),
        "refused-answer" => Some(
            "flow logs do not say which network ACL refuses, that of the server's subnet or that of an \
             internal client's; let replies to ports 1024-65535 through it only if the client should \
             get them",
        ),
        _ => admin_service(event)
            .map(|_| "whether it may administer the other host is for its owner to say"),
    }
}

/// The port of a service with which hosts are administered, if it is one.
fn admin_service(event: &Event) -> Option<u16> {
    let port = number(&event.record, "dstport").and_then(|port| u16::try_from(port).ok());
    port.filter(|port| is_admin_port(*port))
}

/// A rule of the destination's security group for one source, one protocol and one port.
///
/// Source: EC2 API reference, `AuthorizeSecurityGroupIngress`; CloudFormation's
/// `AWS::EC2::SecurityGroupIngress`; Terraform's `aws_vpc_security_group_ingress_rule`.
fn ingress_rule(event: &Event) -> Option<CureStatement> {
    let record = &event.record;
    let (from, to) = (text(record, "srcaddr")?, text(record, "dstaddr")?);
    let (from, to): (IpAddr, IpAddr) = (from.parse().ok()?, to.parse().ok()?);
    let protocol = text(record, "protocol").filter(|name| matches!(*name, "tcp" | "udp"))?;
    let port = number(record, "dstport").filter(|port| *port > 0)?;
    if admin_service(event).is_some() || from == to || is_local(from) || is_local(to) {
        return None;
    }
    let (cidr, version) = match from {
        IpAddr::V4(_) => (format!("{from}/32"), 4),
        IpAddr::V6(_) => (format!("{from}/128"), 6),
    };
    let group = format!("SECURITY_GROUP_OF_{to}").replace(['.', ':'], "_");
    let rule = IngressRule { group, protocol, port, cidr, version };
    Some(CureStatement {
        attach_to: format!("a security group of {to}, to let {from} in by {}", service(record)?),
        forms: vec![
            form("aws-cli", rule.for_cli(region_of(event))),
            form("terraform", rule.for_terraform()),
            form("cloudformation", rule.for_cloudformation()),
        ],
        take_care: take_care(text(record, "dst_interface_id")),
        ..CureStatement::default()
    })
}

fn take_care(interface: Option<&str>) -> Vec<String> {
    let find = match interface.and_then(interface_id) {
        Some(id) => format!(
            "flow logs do not name security groups; `aws ec2 describe-network-interfaces \
             --network-interface-ids {id} --query 'NetworkInterfaces[].Groups[]'` does"
        ),
        None => "flow logs do not name security groups: look them up by the address".to_owned(),
    };
    vec![
        find,
        "where the source's address changes, allow its security group instead".to_owned(),
        "if the security group allows it already, a network ACL or the source's own group refuses"
            .to_owned(),
    ]
}

struct IngressRule<'r> {
    group: String,
    protocol: &'r str,
    port: u64,
    cidr: String,
    version: u8,
}

impl IngressRule<'_> {
    fn for_cli(&self, region: &str) -> String {
        let Self { group, protocol, port, cidr, version } = self;
        let region = if region.is_empty() { String::new() } else { format!(" --region {region}") };
        let ranges = match version {
            4 => format!("IpRanges=[{{CidrIp={cidr}}}]"),
            _ => format!("Ipv6Ranges=[{{CidrIpv6={cidr}}}]"),
        };
        format!(
            "aws ec2 authorize-security-group-ingress{region} --group-id {group} --ip-permissions \
             'IpProtocol={protocol},FromPort={port},ToPort={port},{ranges}'"
        )
    }

    fn for_terraform(&self) -> String {
        let Self { group, protocol, port, cidr, version } = self;
        format!(
            "resource \"aws_vpc_security_group_ingress_rule\" \"{protocol}_{port}\" {{\n  \
             security_group_id = \"{group}\"\n  ip_protocol = \"{protocol}\"\n  from_port = {port}\n  \
             to_port = {port}\n  cidr_ipv{version} = \"{cidr}\"\n}}"
        )
    }

    fn for_cloudformation(&self) -> String {
        let Self { group, protocol, port, cidr, version } = self;
        let range = if *version == 4 { "CidrIp" } else { "CidrIpv6" };
        format!(
            "Type: AWS::EC2::SecurityGroupIngress\nProperties:\n  GroupId: {group}\n  IpProtocol: \
             {protocol}\n  FromPort: {port}\n  ToPort: {port}\n  {range}: {cidr}"
        )
    }
}
