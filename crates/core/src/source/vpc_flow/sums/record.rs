//! A sum as a record: what rules and cases read.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::host::Host;
use super::span::{NAMED, PeerSpan};
use crate::source::vpc_flow::class::protocol_name;
use crate::source::vpc_flow::line::to_ip;

/// A record, while it is written.
#[derive(Debug)]
pub(super) struct SumRecord(Map<String, Value>);

impl SumRecord {
    /// A sum of a kind, of the host that acts, over a time in seconds since 1970.
    pub(super) fn new(kind: &str, host: &Host, first: i64, last: i64) -> Self {
        let mut record = Self(Map::new());
        record.put("kind", kind.to_owned());
        for (name, text) in [
            ("account_id", &host.account),
            ("region", &host.region),
            ("vpc_id", &host.vpc),
            ("interface_id", &host.interface),
            ("instance_id", &host.instance),
        ] {
            if !text.is_empty() {
                record.put(name, text.as_str());
            }
        }
        record.put("start", time_text(first));
        record.put("end", time_text(last));
        record
    }

    /// Who talks.
    pub(super) fn with_source(mut self, address: u128) -> Self {
        self.put("srcaddr", to_ip(address).to_string());
        self
    }

    /// To whom.
    pub(super) fn with_target(mut self, address: u128) -> Self {
        self.put("dstaddr", to_ip(address).to_string());
        self
    }

    /// To whom, where it is many: how many, and the first of them.
    pub(super) fn with_targets(
        mut self,
        addresses: impl Iterator<Item = u128>,
        count: u64,
    ) -> Self {
        let mut named: Vec<u128> = addresses.take(NAMED).collect();
        named.sort_unstable();
        if let [one] = named.as_slice() {
            self.put("dstaddr", to_ip(*one).to_string());
        }
        let named: Vec<Value> =
            named.into_iter().map(|address| to_ip(address).to_string().into()).collect();
        self.put("dstaddrs", named);
        self.put("hosts", count);
        self
    }

    /// To whom, where it may be many.
    pub(super) fn with_peers(self, peers: &PeerSpan) -> Self {
        let named = peers.named();
        let record = self.with_targets(named.iter().copied(), named.len() as u64);
        if peers.has_more() { record.with("has_more_hosts", true) } else { record }
    }

    /// The service, by port and protocol.
    pub(super) fn service(mut self, port: u16, protocol: u8) -> Self {
        self.put("dstport", port);
        self.put("protocol", protocol_name(protocol));
        self
    }

    /// Its ports, where they are many: how many, and the first of them.
    pub(super) fn ports(mut self, ports: impl Iterator<Item = u16>, count: u64) -> Self {
        let named: Vec<Value> = ports.take(NAMED).map(Value::from).collect();
        self.put("dstports", named);
        self.put("ports", count);
        self
    }

    /// How many flows.
    pub(super) fn flows(self, flows: u64) -> Self {
        self.with("flows", flows)
    }

    /// Any other field.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.put(name, value);
        self
    }

    pub(super) fn finish(self) -> Value {
        Value::Object(self.0)
    }

    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

fn time_text(second: i64) -> String {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
