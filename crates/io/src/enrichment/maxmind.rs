//! Databases in MaxMind's format, whoever made them.

use core::net::IpAddr;
use std::path::Path;

use aware_core::enrichment::{AddressDatabase, AddressRecord};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maxminddb::{MaxMindDbError, Reader};
use serde_json::Value;

/// A database, read whole into memory.
#[derive(Debug)]
pub(super) struct MaxMindDatabase {
    reader: Reader<Vec<u8>>,
    date: String,
}

impl MaxMindDatabase {
    pub(super) fn open(path: &Path) -> Result<Self, MaxMindDbError> {
        let reader = Reader::open_readfile(path)?;
        let made = i64::try_from(reader.metadata().build_epoch).unwrap_or_default();
        let made = Timestamp::from_second(made).unwrap_or_default();
        let date = TimeZone::UTC.to_datetime(made).date().to_string();
        Ok(Self { reader, date })
    }
}

impl AddressDatabase for MaxMindDatabase {
    fn look_up(&self, address: IpAddr) -> AddressRecord {
        let found = self.reader.lookup(address).ok();
        let entry = found.and_then(|found| found.decode::<Value>().ok()).flatten();
        entry.map(|entry| record_of(&entry)).unwrap_or_default()
    }

    fn date(&self) -> &str {
        &self.date
    }
}

/// What an entry says, by the names of MaxMind, DB-IP, IPinfo and ip-location-db.
fn record_of(entry: &Value) -> AddressRecord {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| text(pointer));
    let number = entry.get("autonomous_system_number").and_then(Value::as_u64);
    let written = || text("/asn")?.trim_start_matches("AS").parse().ok();
    AddressRecord {
        country: first(&["/country/iso_code", "/country_code", "/country"]),
        as_number: number.and_then(|number| u32::try_from(number).ok()).or_else(written),
        as_organization: first(&["/autonomous_system_organization", "/as_name"]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entries_of_several_makers() {
        let expected = AddressRecord {
            country: Some("DE".to_owned()),
            as_number: Some(64_500),
            as_organization: Some("Example Hosting".to_owned()),
        };
        for entry in [
            json!({"country": {"iso_code": "DE", "names": {"en": "Germany"}},
                "autonomous_system_number": 64500, "autonomous_system_organization": "Example Hosting"}),
            json!({"country": "DE", "asn": "AS64500", "as_name": "Example Hosting"}),
            json!({"country_code": "DE", "autonomous_system_number": 64500,
                "autonomous_system_organization": "Example Hosting"}),
        ] {
            assert_eq!(record_of(&entry), expected);
        }
        assert_eq!(record_of(&json!({})), AddressRecord::default());
    }
}
