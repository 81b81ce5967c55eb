//! The fields of a flow log's lines, and in which order they stand.
//!
//! Source: VPC user guide, "Flow log records"; Transit Gateway guide, "Transit Gateway Flow Log
//! records". `version` does not tell the order, and new fields come every year: those that are not
//! known are kept under their names.

/// The format of a flow log without a format of its own: version 2.
pub(super) const DEFAULT: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol \
    packets bytes start end action log-status";

/// The fields that sums need, each with its place in [`super::line::FlowLine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Account,
    Interface,
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    Protocol,
    Packets,
    Bytes,
    Start,
    End,
    Action,
    Status,
    Vpc,
    Instance,
    TcpFlags,
    PacketSource,
    PacketDestination,
    Region,
    Direction,
    RejectReason,
    Resource,
    LostNoRoute,
    LostBlackhole,
    LostTooLarge,
    LostExpired,
    TransitGateway,
}

/// How many slots there are.
pub(super) const SLOTS: usize = 27;

const SLOT_NAMES: [(&str, Slot); SLOTS] = [
    ("account-id", Slot::Account),
    ("interface-id", Slot::Interface),
    ("srcaddr", Slot::Source),
    ("dstaddr", Slot::Destination),
    ("srcport", Slot::SourcePort),
    ("dstport", Slot::DestinationPort),
    ("protocol", Slot::Protocol),
    ("packets", Slot::Packets),
    ("bytes", Slot::Bytes),
    ("start", Slot::Start),
    ("end", Slot::End),
    ("action", Slot::Action),
    ("log-status", Slot::Status),
    ("vpc-id", Slot::Vpc),
    ("instance-id", Slot::Instance),
    ("tcp-flags", Slot::TcpFlags),
    ("pkt-srcaddr", Slot::PacketSource),
    ("pkt-dstaddr", Slot::PacketDestination),
    ("region", Slot::Region),
    ("flow-direction", Slot::Direction),
    ("reject-reason", Slot::RejectReason),
    ("resource-id", Slot::Resource),
    ("packets-lost-no-route", Slot::LostNoRoute),
    ("packets-lost-blackhole", Slot::LostBlackhole),
    ("packets-lost-mtu-exceeded", Slot::LostTooLarge),
    ("packets-lost-ttl-expired", Slot::LostExpired),
    ("tgw-id", Slot::TransitGateway),
];

/// Names of which every header line has at least two.
const TELLING: [&str; 8] = [
    "srcaddr",
    "dstaddr",
    "interface-id",
    "flow-direction",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "log-status",
    "tgw-id",
];

/// The fields of a line, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FlowFormat {
    names: Vec<String>,
    slots: Vec<Option<Slot>>,
}

impl FlowFormat {
    /// A header line, `srcaddr dstaddr …`, or a format as AWS has it, `${srcaddr} ${dstaddr} …`.
    /// Athena's spelling with underscores is the same. `None` if it is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let name = |word: &str| {
            let word =
                word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(word);
            let is_name =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            let is_plain = !word.is_empty() && word.len() <= 64 && word.chars().all(is_name);
            (is_plain && !word.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
                .then(|| word.replace('_', "-"))
        };
        let names: Option<Vec<String>> = text.split_ascii_whitespace().map(name).collect();
        let names = names?;
        let telling = names.iter().filter(|name| TELLING.contains(&name.as_str())).count();
        (telling >= 2).then(|| Self::of_names(names))
    }

    /// The format of version 2.
    pub(super) fn default_format() -> Self {
        Self::of_names(DEFAULT.split_ascii_whitespace().map(str::to_owned).collect())
    }

    fn of_names(names: Vec<String>) -> Self {
        let slot = |name: &String| {
            SLOT_NAMES.iter().find(|(known, _)| known == name).map(|(_, slot)| *slot)
        };
        Self { slots: names.iter().map(slot).collect(), names }
    }

    /// The names, in order.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The slots of the fields, in order.
    pub(super) fn slots(&self) -> &[Option<Slot>] {
        &self.slots
    }

    /// Whether nothing tells when a flow was.
    pub(super) fn has_no_time(&self) -> bool {
        !self.slots.iter().flatten().any(|slot| matches!(slot, Slot::Start | Slot::End))
    }
}

/// Whether a line is of the default format, which needs no header: 14 fields, of which the last two
/// are the action and the status.
pub(super) fn is_default_line(line: &str) -> bool {
    let words: Vec<&str> = line.split_ascii_whitespace().take(15).collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    words.len() == 14
        && word(0).len() <= 2
        && word(0).bytes().all(|byte| byte.is_ascii_digit())
        && matches!(word(12), "ACCEPT" | "REJECT" | "-")
        && matches!(word(13), "OK" | "NODATA" | "SKIPDATA")
}

/// Whether a line may be one of a flow log whose format nobody has said: it names an interface, or
/// ends like one, and has two addresses.
pub(super) fn may_be_flow(line: &str) -> bool {
    let words = || line.split_ascii_whitespace().take(80);
    let is_address = |word: &&str| word.parse::<core::net::IpAddr>().is_ok();
    let is_word = |word: &str| {
        ["ACCEPT", "REJECT", "NODATA", "SKIPDATA"].contains(&word)
            || ["eni-", "tgw-", "fl-"].iter().any(|start| word.starts_with(start))
    };
    !line.contains(['"', '{', '['])
        && words().count() >= 3
        && words().any(is_word)
        && (words().filter(is_address).count() >= 2 || words().any(|word| word == "NODATA"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_formats() {
        let header = FlowFormat::parse("srcaddr dstaddr dstport action").unwrap();
        assert_eq!(header.names(), ["srcaddr", "dstaddr", "dstport", "action"]);
        assert!(header.has_no_time());
        let aws = FlowFormat::parse("${srcaddr} ${dstaddr} ${end} ${brand-new-field}").unwrap();
        assert_eq!(aws.names().last().unwrap(), "brand-new-field");
        assert_eq!(aws.slots().last(), Some(&None));
        assert!(!aws.has_no_time());
        let athena = FlowFormat::parse("srcaddr dstaddr interface_id").unwrap();
        assert_eq!(athena.names().last().unwrap(), "interface-id");
        for text in
            ["", "srcaddr", "hello world", "2 123 eni-1 10.0.0.1 10.0.0.2", "srcaddr dstaddr \"x\""]
        {
            assert_eq!(FlowFormat::parse(text), None, "{text}");
        }
    }

    #[test]
    fn lines_without_a_header() {
        let line =
            "2 111122223333 eni-0a1b 10.0.0.1 10.0.0.2 1 22 6 1 40 1788220860 1788220915 REJECT OK";
        assert!(is_default_line(line) && may_be_flow(line));
        assert!(is_default_line("2 111122223333 eni-0a1b - - - - - - - 1 2 - NODATA"));
        let custom = "2 eni-1235b8ca123456789 172.31.16.139 172.31.16.21";
        assert!(!is_default_line(custom) && may_be_flow(custom));
        for text in ["hello world and more", "GET 10.0.0.1 10.0.0.2 /", "{\"eni-\": 1}"] {
            assert!(!may_be_flow(text), "{text}");
        }
    }
}
