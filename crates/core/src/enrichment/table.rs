//! Networks, and what is known of each.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

/// Values by network; an address has the value of the smallest network around it.
///
/// ```
/// use aware_core::enrichment::NetworkTable;
///
/// let mut table = NetworkTable::default();
/// table.insert("198.51.100.0/24".parse()?, "office");
/// table.insert("198.51.100.16/28".parse()?, "guests");
/// assert_eq!(table.get("198.51.100.7".parse()?), Some(&"office"));
/// assert_eq!(table.get("198.51.100.17".parse()?), Some(&"guests"));
/// assert_eq!(table.get("203.0.113.7".parse()?), None);
/// table.insert("::ffff:203.0.113.0/120".parse()?, "vpn");
/// assert_eq!(table.get("203.0.113.7".parse()?), Some(&"vpn"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct NetworkTable<T> {
    networks: BTreeMap<IpNet, T>,
    /// The lengths that occur, of either version.
    lengths: BTreeSet<u8>,
}

impl<T> Default for NetworkTable<T> {
    fn default() -> Self {
        Self { networks: BTreeMap::new(), lengths: BTreeSet::new() }
    }
}

impl<T> NetworkTable<T> {
    /// Adds a network. Bits beyond its length do not matter.
    pub fn insert(&mut self, network: IpNet, value: T) {
        let network = canonical(network);
        self.lengths.insert(network.prefix_len());
        self.networks.insert(network.trunc(), value);
    }

    /// The value of an address. An IPv4 address that is written as IPv6 counts as IPv4.
    pub fn get(&self, address: IpAddr) -> Option<&T> {
        let address = address.to_canonical();
        self.lengths.iter().rev().find_map(|length| {
            let network = IpNet::new(address, *length).ok()?;
            self.networks.get(&network.trunc())
        })
    }

    /// The number of networks.
    pub fn len(&self) -> usize {
        self.networks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }
}

/// An IPv4 network that is written as IPv6 is IPv4.
fn canonical(network: IpNet) -> IpNet {
    let length = network.prefix_len().checked_sub(96);
    match (network.addr().to_canonical(), length) {
        (IpAddr::V4(address), Some(length)) if network.addr().is_ipv6() => {
            IpNet::new(address.into(), length).unwrap_or(network)
        }
        _ => network,
    }
}
