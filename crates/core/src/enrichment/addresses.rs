//! Databases of addresses, such as `MaxMind`'s.

use core::net::IpAddr;
use std::fmt;

/// Where an address is, and whose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressRecord {
    /// The country, as ISO 3166-1 has it: `DE`.
    pub country: Option<String>,
    /// The number of the autonomous system.
    pub as_number: Option<u32>,
    /// Who runs it.
    pub as_organization: Option<String>,
}

/// A database of addresses.
pub trait AddressDatabase: fmt::Debug + Send + Sync {
    /// What it says of an address.
    fn look_up(&self, address: IpAddr) -> AddressRecord;

    /// The date that it was made on: `2026-06-17`.
    fn date(&self) -> &str;
}
