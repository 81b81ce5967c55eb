//! What one line says: from where to where, and whether it was refused.

use core::net::IpAddr;

use super::format::Slot;
use super::line::{FlowLine, to_ip};
use crate::enrichment::KnownNetworks;

/// TCP flags in a flow log's line: those of all packets of its interval together.
///
/// Source: VPC user guide, "Flow log records", `tcp-flags`.
const SYN: u64 = 2;
const SYN_ACK: u64 = 18;

/// Ports from here up are chosen for one connection, by most hosts.
pub(super) const EPHEMERAL: u16 = 32_768;

/// NAT gateways, load balancers and hosts that translate addresses choose ports from here up. Nobody
/// chooses one below for a connection of their own.
///
/// Source: VPC user guide, "Network ACLs", "Ephemeral ports".
pub(super) const FIRST_CLIENT_PORT: u16 = 1_024;

/// Whether the two ends of a flow are the owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum FlowPath {
    Inside,
    Outward,
    Inward,
    /// Neither end is known as the owner's.
    Foreign,
}

/// A flow, as sums need it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    pub(super) path: FlowPath,
    pub(super) source: u128,
    pub(super) destination: u128,
    pub(super) source_port: u16,
    pub(super) port: u16,
    /// IANA's number of the protocol: 6 is TCP, 17 UDP, 1 ICMP.
    pub(super) protocol: u8,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) time: i64,
    pub(super) verdict: Verdict,
}

/// How a flow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    Refused,
    /// The reply to a connection that was let in: a network ACL refuses it.
    RefusedAnswer,
    /// A packet to a client after its connection was closed, which refuses nothing.
    Late,
    /// A packet that begins no connection, to what may be a service. One may be late, too; many may be
    /// a scan by packets without SYN. So it is never a refusal by itself.
    Stray,
}

impl Flow {
    /// Reads a line that has the flow's fields; `None` if it lacks one.
    pub(super) fn read(line: &FlowLine<'_>, networks: &KnownNetworks) -> Option<Self> {
        let time = line.time()?;
        // Behind a NAT gateway or a load balancer the packet's own addresses tell who talks.
        let source = line.address(Slot::PacketSource).or_else(|| line.address(Slot::Source))?;
        let destination =
            line.address(Slot::PacketDestination).or_else(|| line.address(Slot::Destination))?;
        let port = |slot| u16::try_from(line.number(slot).unwrap_or_default()).ok();
        let (source_port, port) = (port(Slot::SourcePort)?, port(Slot::DestinationPort)?);
        let protocol = u8::try_from(line.number(Slot::Protocol).unwrap_or(6)).ok()?;
        let flags = line.number(Slot::TcpFlags);
        let inside = |bits: u128| networks.is_inside(to_ip(bits));
        let path = match (inside(source), inside(destination)) {
            _ if is_for_all(to_ip(destination)) => FlowPath::Foreign,
            (true, true) => FlowPath::Inside,
            (true, false) => FlowPath::Outward,
            (false, true) => FlowPath::Inward,
            (false, false) => FlowPath::Foreign,
        };
        Some(Self {
            path,
            source,
            destination,
            source_port,
            port,
            protocol,
            packets: line.number(Slot::Packets).unwrap_or_default(),
            bytes: line.number(Slot::Bytes).unwrap_or_default(),
            time,
            verdict: verdict_of(line.bytes(Slot::Action), protocol, (source_port, port), flags)?,
        })
    }
}

/// What asks everybody in a network, such as DHCP and mDNS: a VPC refuses it always, and nobody on the
/// outside gets it.
fn is_for_all(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(one) => one.is_broadcast() || one.is_multicast() || one.is_unspecified(),
        IpAddr::V6(one) => one.is_multicast() || one.is_unspecified(),
    }
}

/// Whoever sends a packet chooses its flags, so that they alone never make a refusal mean less: a reply
/// and a late packet must also go from the port of a service to that of a client.
///
/// Source: VPC user guide, "Flow log limitations": a packet that arrives after its connection was
/// closed is refused.
fn verdict_of(
    action: &[u8],
    protocol: u8,
    (from, to): (u16, u16),
    flags: Option<u64>,
) -> Option<Verdict> {
    match action {
        b"ACCEPT" => return Some(Verdict::Accepted),
        b"REJECT" => {}
        _ => return None,
    }
    // From the port of a service, whichever it is, to one that a client chose.
    let is_answer = from < EPHEMERAL && to >= EPHEMERAL;
    let is_low_answer = from < FIRST_CLIENT_PORT && to >= FIRST_CLIENT_PORT;
    Some(match (protocol, flags) {
        (6, Some(flags)) if flags & SYN_ACK == SYN_ACK && is_answer => Verdict::RefusedAnswer,
        // The reply to a load balancer or a NAT gateway, or a scan that pretends to be one.
        (6, Some(flags)) if flags & SYN_ACK == SYN_ACK && is_low_answer => Verdict::Stray,
        // Nothing began with these packets: a flow of nothing but ACK has no flag at all.
        (6, Some(flags)) if flags & SYN == 0 && !is_answer => Verdict::Stray,
        (6, Some(flags)) if flags & SYN == 0 => Verdict::Late,
        (6, None) | (17, _) if is_answer => Verdict::Late,
        _ => Verdict::Refused,
    })
}

/// `tcp`, `udp`, `icmp`, or the number.
///
/// Source: IANA, "Assigned Internet Protocol Numbers".
pub(super) fn protocol_name(protocol: u8) -> String {
    match protocol {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        58 => "icmpv6".to_owned(),
        other => other.to_string(),
    }
}

/// What a port is watched for, in connections to the outside.
///
/// Source of the ports: the pools' documentation of Stratum; IANA, "Service Name and Transport Protocol
/// Port Number Registry"; Tor's manual, `ORPort` and `DirPort`.
pub(super) fn watched_for(port: u16) -> Option<&'static str> {
    match port {
        3333 | 4444 | 5555 | 7777 | 8333 | 9999 | 14433 | 14444 | 45700 => Some("mining pools"),
        25 => Some("sending mail"),
        6667 => Some("IRC"),
        9001 | 9030 => Some("Tor"),
        _ => None,
    }
}

/// Whether a port is one by which people and worms move from host to host.
pub(super) fn is_admin_port(port: u16) -> bool {
    matches!(port, 22 | 445 | 3389 | 5985 | 5986)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_refusal_means() {
        use Verdict::{Accepted, Late, Refused, RefusedAnswer, Stray};
        let cases = [
            (&b"ACCEPT"[..], 6, (443, 40_000), Some(0), Some(Accepted)),
            (b"REJECT", 6, (40_000, 22), Some(2), Some(Refused)),
            (b"REJECT", 6, (40_000, 22), None, Some(Refused)),
            (b"REJECT", 6, (443, 40_000), Some(4), Some(Late)),
            (b"REJECT", 6, (443, 40_000), Some(0), Some(Late)),
            (b"REJECT", 6, (443, 40_000), None, Some(Late)),
            (b"REJECT", 6, (443, 40_000), Some(18), Some(RefusedAnswer)),
            (b"REJECT", 6, (443, 40_000), Some(22), Some(RefusedAnswer)),
            (b"REJECT", 6, (443, 40_000), Some(2), Some(Refused)),
            // To the port of a service, or from that of a client, it is no reply.
            (b"REJECT", 6, (443, 22), Some(18), Some(Refused)),
            (b"REJECT", 6, (40_000, 443), Some(18), Some(Refused)),
            (b"REJECT", 6, (40_000, 50_000), Some(18), Some(Refused)),
            (b"REJECT", 6, (443, 8_080), Some(18), Some(Stray)),
            // Nor does it come after one.
            (b"REJECT", 6, (40_000, 443), Some(1), Some(Stray)),
            (b"REJECT", 6, (40_000, 443), Some(0), Some(Stray)),
            (b"REJECT", 6, (443, 22), Some(4), Some(Stray)),
            (b"REJECT", 6, (40_000, 50_000), Some(16), Some(Stray)),
            (b"REJECT", 17, (53, 40_000), Some(0), Some(Late)),
            (b"REJECT", 17, (40_000, 53), Some(0), Some(Refused)),
            (b"REJECT", 1, (0, 0), None, Some(Refused)),
            (b"-", 6, (1, 1), None, None),
        ];
        for (action, protocol, ports, flags, expected) in cases {
            assert_eq!(verdict_of(action, protocol, ports, flags), expected, "{ports:?} {flags:?}");
        }
    }
}
