//! Networks: the owner's, AWS's, and those on lists.

use core::net::IpAddr;
use std::sync::Arc;

use super::addresses::{AddressDatabase, AddressRecord};
use super::aws_ranges::AwsRanges;
use super::table::NetworkTable;

/// A list of addresses and networks, such as the exits of Tor.
#[derive(Debug)]
pub struct NetworkList {
    /// What the config calls it.
    pub name: String,
    /// Of which date it is: `2026-11-28`; empty if nobody says.
    pub date: String,
    /// The networks.
    pub networks: NetworkTable<()>,
}

/// What is known of networks.
#[derive(Debug, Default)]
pub struct KnownNetworks {
    /// The owner's networks, by name.
    pub own: NetworkTable<String>,
    /// Networks of own hosts whose addresses are public.
    pub hosts: NetworkTable<()>,
    /// Lists.
    pub lists: Vec<NetworkList>,
    /// Databases of countries and of autonomous systems.
    pub databases: Vec<Arc<dyn AddressDatabase>>,
    /// AWS's ranges, if they are not those that are built in.
    pub aws: Option<AwsRanges>,
}

/// Where a call came from, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// The owner's network.
    Own,
    /// An address of AWS.
    Aws,
    /// An address that no router of the internet knows.
    Private,
    /// Any other address.
    Internet,
    /// No address: a service of AWS that called on somebody's behalf.
    Service,
    /// Neither an address nor a service.
    Unknown,
}

impl AddressKind {
    /// Its name in rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Aws => "aws",
            Self::Private => "private",
            Self::Internet => "internet",
            Self::Service => "service",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known of an address.
#[derive(Clone, Debug)]
pub struct AddressFacts<'a> {
    /// In one word.
    pub kind: AddressKind,
    /// The name of the owner's network that it lies in.
    pub own: Option<&'a str>,
    /// AWS's service and region.
    pub aws: Option<(&'a str, &'a str)>,
    /// The date of AWS's ranges.
    pub aws_date: &'a str,
    /// What databases say of it.
    pub record: AddressRecord,
    /// The dates of these databases.
    pub dates: Vec<&'a str>,
    /// The lists that it is on.
    pub lists: Vec<&'a NetworkList>,
}

impl KnownNetworks {
    /// Whether an address lies in a private network, or in one of the owner's.
    pub fn is_inside(&self, address: IpAddr) -> bool {
        is_private_address(address) || (!self.hosts.is_empty() && self.hosts.get(address).is_some())
    }

    /// What is known of an address, as a log has it.
    pub fn facts_of(&self, source: &str) -> AddressFacts<'_> {
        let ranges = self.aws.as_ref().unwrap_or(AwsRanges::built_in());
        let mut facts = AddressFacts {
            kind: match source.ends_with("amazonaws.com") || source == "AWS Internal" {
                true => AddressKind::Service,
                false => AddressKind::Unknown,
            },
            own: None,
            aws: None,
            aws_date: ranges.date(),
            record: AddressRecord::default(),
            dates: Vec::new(),
            lists: Vec::new(),
        };
        let Ok(address) = source.trim().parse::<IpAddr>() else { return facts };
        let address = address.to_canonical();
        facts.own = self.own.get(address).map(String::as_str);
        facts.lists = self.lists.iter().filter(|one| one.networks.get(address).is_some()).collect();
        let is_private = is_private_address(address);
        if !is_private {
            facts.aws = ranges.place_of(address);
            self.add_records(address, &mut facts);
        }
        facts.kind = match () {
            () if facts.own.is_some() => AddressKind::Own,
            () if is_private => AddressKind::Private,
            () if facts.aws.is_some() => AddressKind::Aws,
            () => AddressKind::Internet,
        };
        facts
    }

    fn add_records<'a>(&'a self, address: IpAddr, facts: &mut AddressFacts<'a>) {
        for database in &self.databases {
            let found = database.look_up(address);
            if found == AddressRecord::default() {
                continue;
            }
            facts.dates.push(database.date());
            let record = &mut facts.record;
            record.country = record.country.take().or(found.country);
            record.as_number = record.as_number.or(found.as_number);
            record.as_organization = record.as_organization.take().or(found.as_organization);
        }
        facts.dates.sort_unstable();
        facts.dates.dedup();
    }
}

impl AddressFacts<'_> {
    /// The same for people, with the dates of what changes: `AS64500 Example Hosting, DE as of
    /// 2026-06-17; on list tor, 2026-11-28`. `None` where nothing is known.
    pub fn note(&self) -> Option<String> {
        let own = self.own.map(|name| format!("own network {name}"));
        let aws = self.aws.filter(|_| self.own.is_none()).map(|(service, region)| {
            let service =
                if service == "AMAZON" { "AWS".to_owned() } else { format!("AWS {service}") };
            let place = if region == "GLOBAL" { String::new() } else { format!(" in {region}") };
            format!("{service}{place} as of {}", self.aws_date)
        });
        let lists = self.lists.iter().map(|list| match list.date.as_str() {
            "" => format!("on list {}", list.name),
            date => format!("on list {}, {date}", list.name),
        });
        let databases = self.record_note().filter(|_| aws.is_none() && own.is_none());
        let parts: Vec<String> = own.into_iter().chain(aws).chain(databases).chain(lists).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn record_note(&self) -> Option<String> {
        let record = &self.record;
        let system = record.as_number.map(|number| format!("AS{number}"));
        let whose: Vec<String> = system.into_iter().chain(record.as_organization.clone()).collect();
        let parts: Vec<String> = Some(whose.join(" "))
            .filter(|whose| !whose.is_empty())
            .into_iter()
            .chain(record.country.clone())
            .collect();
        (!parts.is_empty())
            .then(|| format!("{} as of {}", parts.join(", "), self.dates.join(" and ")))
    }
}

/// Whether no router of the internet knows an address. Source: IANA's registries of special-purpose
/// addresses.
///
/// ```
/// use aware_core::enrichment::is_private_address;
/// assert!(is_private_address("100.64.0.7".parse().unwrap()));
/// assert!(!is_private_address("198.51.100.7".parse().unwrap()));
/// ```
pub fn is_private_address(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && b & 0xc0 == 64;
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || shared
        }
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Everywhere(AddressRecord, &'static str);

    impl AddressDatabase for Everywhere {
        fn look_up(&self, _address: IpAddr) -> AddressRecord {
            self.0.clone()
        }

        fn date(&self) -> &str {
            self.1
        }
    }

    #[test]
    fn what_is_known_of_an_address() {
        let mut own = NetworkTable::default();
        own.insert("203.0.113.0/24".parse().unwrap(), "office".to_owned());
        let mut tor = NetworkTable::default();
        tor.insert("198.51.100.7/32".parse().unwrap(), ());
        let list = NetworkList { name: "tor".into(), date: "2026-11-28".into(), networks: tor };
        let country = AddressRecord { country: Some("DE".into()), ..AddressRecord::default() };
        let system = AddressRecord {
            as_number: Some(64_500),
            as_organization: Some("Example Hosting".into()),
            ..AddressRecord::default()
        };
        let known = KnownNetworks {
            own,
            hosts: NetworkTable::default(),
            lists: vec![list],
            databases: vec![
                Arc::new(Everywhere(country, "2026-06-17")),
                Arc::new(Everywhere(system, "2026-06-17")),
            ],
            aws: None,
        };
        for (source, kind, note) in [
            ("203.0.113.9", AddressKind::Own, Some("own network office")),
            ("10.1.2.3", AddressKind::Private, None),
            ("100.64.0.1", AddressKind::Private, None),
            ("fd00::1", AddressKind::Private, None),
            ("cloudformation.amazonaws.com", AddressKind::Service, None),
            ("203.0.113.9:443", AddressKind::Unknown, None),
            ("", AddressKind::Unknown, None),
            ("3.5.140.7", AddressKind::Aws, Some("AWS S3 in ap-northeast-2 as of 2025-10-31")),
            (
                "198.51.100.7",
                AddressKind::Internet,
                Some("AS64500 Example Hosting, DE as of 2026-06-17; on list tor, 2026-11-28"),
            ),
            (
                "::ffff:198.51.100.8",
                AddressKind::Internet,
                Some("AS64500 Example Hosting, DE as of 2026-06-17"),
            ),
        ] {
            let facts = known.facts_of(source);
            assert_eq!((facts.kind, facts.note().as_deref()), (kind, note), "{source}");
        }
    }
}
