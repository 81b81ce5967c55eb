//! Lists of networks.

use core::net::IpAddr;
use std::fs;
use std::path::Path;

use aware_core::enrichment::NetworkTable;
use ipnet::IpNet;
use jiff::tz::TimeZone;

/// A file, its networks, the date of its last change, and the lines that are no networks.
pub(super) struct ListFile {
    pub(super) networks: NetworkTable<()>,
    pub(super) date: String,
    /// The first of them, and how many there are.
    pub(super) wrong: Option<(u32, String, usize)>,
}

/// Reads a file with a network on each line.
pub(super) fn read_list(path: &Path) -> std::io::Result<ListFile> {
    let text = fs::read_to_string(path)?;
    let text = text.trim_start_matches('\u{feff}');
    let changed = fs::metadata(path)?.modified()?;
    let changed = jiff::Timestamp::try_from(changed).unwrap_or_default();
    let mut file = ListFile {
        networks: NetworkTable::default(),
        date: TimeZone::UTC.to_datetime(changed).date().to_string(),
        wrong: None,
    };
    for (line, number) in text.lines().zip(1..) {
        let end = line.find([' ', '\t', ',', '#', ';']).unwrap_or(line.len());
        let word = line.get(..end).unwrap_or_default().trim();
        match parse_network(word) {
            _ if word.is_empty() => {}
            Some(network) => file.networks.insert(network, ()),
            None => file.wrong.get_or_insert((number, word.to_owned(), 0)).2 += 1,
        }
    }
    Ok(file)
}

/// A network, `203.0.113.0/24`, or an address.
pub(super) fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
