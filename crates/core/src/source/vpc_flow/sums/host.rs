//! What is known of hosts: ids, by address.

use std::collections::HashMap;

use crate::source::vpc_flow::class::{Flow, FlowPath};
use crate::source::vpc_flow::format::Slot;
use crate::source::vpc_flow::line::FlowLine;
use crate::text::clip_bytes;

/// How many hosts are remembered.
const HOSTS: usize = 65_536;

/// The longest id that is kept, in bytes.
const MAX_ID: usize = 128;

/// The ids that lines of a host have.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Host {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) vpc: String,
    pub(super) interface: String,
    pub(super) instance: String,
}

impl Host {
    pub(super) fn read(line: &FlowLine<'_>) -> Self {
        let text = |slot| clip_bytes(line.text(slot), MAX_ID).0.to_owned();
        Self {
            account: text(Slot::Account),
            region: text(Slot::Region),
            vpc: match line.text(Slot::Vpc) {
                "" => text(Slot::TransitGateway),
                _ => text(Slot::Vpc),
            },
            interface: match line.text(Slot::Interface) {
                "" => text(Slot::Resource),
                _ => text(Slot::Interface),
            },
            instance: text(Slot::Instance),
        }
    }

    /// Whether a line may have smaller ids: of two lines with one address the smaller counts, so that
    /// their order does not.
    fn is_after(&self, line: &FlowLine<'_>) -> bool {
        let ids = [
            (&self.account, Slot::Account),
            (&self.region, Slot::Region),
            (&self.vpc, Slot::Vpc),
            (&self.interface, Slot::Interface),
            (&self.instance, Slot::Instance),
        ];
        let different = ids.into_iter().find(|(known, slot)| known.as_bytes() != line.bytes(*slot));
        different.is_some_and(|(known, slot)| known.as_bytes() > line.bytes(slot))
    }
}

/// Hosts by address.
#[derive(Debug, Default)]
pub(super) struct HostTable {
    hosts: HashMap<u128, Host>,
    /// Account, region and VPC, for addresses that no line was written at: the smallest ones.
    common: Option<Host>,
}

impl HostTable {
    /// Learns whose interface wrote a line: the direction tells, else the end that is inside.
    pub(super) fn learn(&mut self, flow: &Flow, line: &FlowLine<'_>) {
        self.learn_common(line);
        let own = match (line.bytes(Slot::Direction), flow.path) {
            (b"egress", _) | (_, FlowPath::Outward) => flow.source,
            (b"ingress", _) | (_, FlowPath::Inward) => flow.destination,
            // Either end may have written it.
            (_, FlowPath::Inside | FlowPath::Foreign) => return,
        };
        let has_room = self.hosts.len() < HOSTS;
        match self.hosts.get_mut(&own) {
            Some(known) if known.is_after(line) => *known = known.clone().min(Host::read(line)),
            Some(_) => {}
            None if has_room => {
                self.hosts.insert(own, Host::read(line));
            }
            None => {}
        }
    }

    fn learn_common(&mut self, line: &FlowLine<'_>) {
        if self.common.as_ref().is_none_or(|known| known.is_after(line)) {
            let (interface, instance) = (String::new(), String::new());
            let host = Host { interface, instance, ..Host::read(line) };
            self.common = Some(match self.common.take() {
                Some(known) => known.min(host),
                None => host,
            });
        }
    }

    /// What is known of a host; of an unknown one only account, region and VPC.
    pub(super) fn of(&self, address: u128) -> Host {
        self.hosts.get(&address).or(self.common.as_ref()).cloned().unwrap_or_default()
    }

    /// What all hosts have in common.
    pub(super) fn common(&self) -> Host {
        self.common.clone().unwrap_or_default()
    }
}
