//! AWS's own address ranges.

use core::net::IpAddr;
use std::collections::HashMap;
use std::sync::LazyLock;

use ipnet::IpNet;
use serde::Deserialize;

use super::table::NetworkTable;

/// A dated copy of <https://ip-ranges.amazonaws.com/ip-ranges.json>.
const BUILT_IN: &str = include_str!("../../data/aws-ranges.txt");

/// AWS's address ranges, by service and region.
#[derive(Debug)]
pub struct AwsRanges {
    date: String,
    places: Vec<(String, String)>,
    networks: NetworkTable<usize>,
}

/// Why a file of ranges cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RangesError {
    /// Not the JSON that AWS publishes.
    #[error("not the ip-ranges.json that AWS publishes: {0}")]
    Json(#[from] serde_json::Error),
    /// A range that is none.
    #[error("`{0}` is not a network")]
    Network(String),
}

#[derive(Deserialize)]
struct RangesFile {
    #[serde(rename = "createDate")]
    created: String,
    prefixes: Vec<RangeEntry>,
    #[serde(default)]
    ipv6_prefixes: Vec<RangeEntry>,
}

#[derive(Deserialize)]
struct RangeEntry {
    #[serde(alias = "ipv6_prefix")]
    ip_prefix: String,
    region: String,
    service: String,
}

/// The name of the service that has every range.
const EVERY_SERVICE: &str = "AMAZON";

impl AwsRanges {
    /// The copy that is built in.
    pub fn built_in() -> &'static Self {
        static RANGES: LazyLock<AwsRanges> = LazyLock::new(|| AwsRanges::from_lines(BUILT_IN));
        &RANGES
    }

    /// Lines with a service, a region and networks, below a comment with the date.
    fn from_lines(text: &str) -> Self {
        let date = text.split(' ').find(|word| word.starts_with("20")).unwrap_or_default();
        let date = date.trim_end_matches(',').to_owned();
        let mut ranges = Self { date, places: Vec::new(), networks: NetworkTable::default() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let (Some(service), Some(region)) = (words.next(), words.next()) else { continue };
            let place = ranges.places.len();
            ranges.places.push((service.to_owned(), region.to_owned()));
            for network in words.filter_map(|word| word.parse().ok()) {
                ranges.networks.insert(network, place);
            }
        }
        ranges
    }

    /// Reads the file that AWS publishes.
    ///
    /// # Errors
    /// [`RangesError`] if it is another one.
    pub fn from_json(text: &[u8]) -> Result<Self, RangesError> {
        let mut file: RangesFile = serde_json::from_slice(text)?;
        let date = file.created.get(..10).unwrap_or(&file.created).to_owned();
        let mut ranges = Self { date, places: Vec::new(), networks: NetworkTable::default() };
        let mut known: HashMap<(String, String), usize> = HashMap::new();
        // What only one service has comes last, and counts.
        let order = |entry: &RangeEntry| match entry.service.as_str() {
            EVERY_SERVICE => 0,
            "EC2" => 1,
            _ => 2,
        };
        file.prefixes.append(&mut file.ipv6_prefixes);
        file.prefixes.sort_by_key(order);
        for entry in file.prefixes {
            let network: IpNet = entry
                .ip_prefix
                .parse()
                .map_err(|_| RangesError::Network(entry.ip_prefix.clone()))?;
            let next = ranges.places.len();
            let place = *known.entry((entry.service.clone(), entry.region.clone())).or_insert(next);
            if place == next {
                ranges.places.push((entry.service, entry.region));
            }
            ranges.networks.insert(network, place);
        }
        Ok(ranges)
    }

    /// The date of the ranges: `2026-11-28`.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The service and the region of an address: `EC2`, `eu-west-1`. What several services share is
    /// `AMAZON`.
    pub fn place_of(&self, address: IpAddr) -> Option<(&str, &str)> {
        let (service, region) = self.places.get(*self.networks.get(address)?)?;
        Some((service, region))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_ranges_are_whole() {
        let ranges = AwsRanges::built_in();
        let words: usize =
            BUILT_IN.lines().skip(1).map(|line| line.split(' ').skip(2).count()).sum();
        assert!(words > 5_000);
        assert_eq!(ranges.networks.len(), words, "every network is one, and none is there twice");
        assert_eq!(ranges.date().len(), "2026-11-28".len());
        let place = |address: &str| ranges.place_of(address.parse().unwrap());
        assert_eq!(place("3.5.140.7"), Some(("S3", "ap-northeast-2")));
        assert_eq!(place("192.0.2.1"), None);
    }

    #[test]
    fn ranges_of_a_file() {
        let file = br#"{"syncToken": "1", "createDate": "2026-11-28-01-02-03", "prefixes": [
            {"ip_prefix": "192.0.2.0/24", "region": "eu-west-1", "service": "EC2", "network_border_group": "x"},
            {"ip_prefix": "192.0.2.0/24", "region": "eu-west-1", "service": "AMAZON", "network_border_group": "x"},
            {"ip_prefix": "192.0.2.8/29", "region": "eu-west-1", "service": "EC2_INSTANCE_CONNECT", "network_border_group": "x"}],
            "ipv6_prefixes": [
            {"ipv6_prefix": "2001:db8::/32", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "x"}]}"#;
        let ranges = AwsRanges::from_json(file).unwrap();
        let place = |address: &str| ranges.place_of(address.parse().unwrap());
        assert_eq!(ranges.date(), "2026-11-28");
        assert_eq!(place("192.0.2.1"), Some(("EC2", "eu-west-1")));
        assert_eq!(place("::ffff:192.0.2.1"), Some(("EC2", "eu-west-1")));
        assert_eq!(place("192.0.2.9"), Some(("EC2_INSTANCE_CONNECT", "eu-west-1")));
        assert_eq!(place("2001:db8::1"), Some(("CLOUDFRONT", "GLOBAL")));
        let wrong = AwsRanges::from_json(
            br#"{"createDate": "x", "prefixes": [
            {"ip_prefix": "192.0.2", "region": "r", "service": "s"}]}"#,
        );
        assert_eq!(wrong.unwrap_err().to_string(), "`192.0.2` is not a network");
    }
}
