//! What is known of hosts: ids, by address.

use std::collections::HashMap;

use crate::source::vpc_flow::class::{Flow, FlowPath};
use crate::source::vpc_flow::format::Slot;
use crate::source::vpc_flow::line::FlowLine;

/// How many hosts are remembered.
const HOSTS: usize = 65_536;

/// The ids that lines of a host have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) vpc: String,
    pub(super) interface: String,
    pub(super) instance: String,
}

impl Host {
    pub(super) fn read(line: &FlowLine<'_>) -> Self {
        let text = |slot| line.text(slot).to_owned();
        Self {
            account: text(Slot::Account),
            region: text(Slot::Region),
            vpc: match line.text(Slot::Vpc) {
                "" => text(Slot::TransitGateway),
                vpc => vpc.to_owned(),
            },
            interface: match line.text(Slot::Interface) {
                "" => text(Slot::Resource),
                interface => interface.to_owned(),
            },
            instance: text(Slot::Instance),
        }
    }
}

/// Hosts by address.
#[derive(Debug, Default)]
pub(super) struct HostTable {
    hosts: HashMap<u128, Host>,
    /// The first line's, for addresses that no line was written at.
    first: Option<Host>,
}

impl HostTable {
    /// Learns whose interface wrote a line: the direction tells, else the end that is inside.
    pub(super) fn learn(&mut self, flow: &Flow, line: &FlowLine<'_>) {
        let own = match (line.bytes(Slot::Direction), flow.path) {
            (b"egress", _) | (_, FlowPath::Outward) => flow.source,
            (b"ingress", _) | (_, FlowPath::Inward) => flow.destination,
            // Either end may have written it.
            (_, FlowPath::Inside | FlowPath::Foreign) => {
                if self.first.is_none() {
                    let host = Host::read(line);
                    self.first =
                        Some(Host { interface: String::new(), instance: String::new(), ..host });
                }
                return;
            }
        };
        if !self.hosts.contains_key(&own) && self.hosts.len() < HOSTS {
            let host = Host::read(line);
            if self.first.is_none() {
                let (interface, instance) = (String::new(), String::new());
                self.first = Some(Host { interface, instance, ..host.clone() });
            }
            self.hosts.insert(own, host);
        }
    }

    /// What is known of a host; of an unknown one only account, region and VPC.
    pub(super) fn of(&self, address: u128) -> Host {
        self.hosts.get(&address).or(self.first.as_ref()).cloned().unwrap_or_default()
    }
}
