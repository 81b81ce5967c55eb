//! Reads the lines of a flow log: sums them up, and hands on those that rules want to see.

use std::io::Write;

use super::class::{Flow, FlowPath, Verdict};
use super::format::{FlowFormat, Slot, is_default_line, may_be_flow};
use super::identify::{FLOW, TRAFFIC};
use super::line::FlowLine;
use super::sums::FlowSums;
use crate::source::contract::{LineReader, LineSettings, ReadLine};
use crate::source::id::SourceId;

/// A reader of a text, if it is a flow log. The header line says the order of the fields; without
/// one, the formats that the config names are tried, and then AWS's default.
pub(super) fn for_text<'a>(
    head: &str,
    settings: LineSettings<'a>,
) -> Option<Box<dyn LineReader + 'a>> {
    let first = head.lines().find(|line| !line.trim().is_empty())?.trim_end();
    let format = FlowFormat::parse(first).or_else(|| headless(first, settings));
    if let Some(format) = format {
        return Some(Box::new(FlowReader {
            format,
            settings,
            sums: FlowSums::default(),
            wants_lines: settings.wanted.contains(&FLOW),
            record: Vec::new(),
        }));
    }
    may_be_flow(first).then(|| Box::new(UnknownFormat) as Box<dyn LineReader>)
}

/// The format of a line without a header.
fn headless(line: &str, settings: LineSettings<'_>) -> Option<FlowFormat> {
    let fits = |format: &FlowFormat| {
        let split = FlowLine::split(line.as_bytes(), format).ok();
        split.is_some_and(|line| {
            matches!(line.bytes(Slot::Action), b"ACCEPT" | b"REJECT")
                || matches!(line.bytes(Slot::Status), b"OK" | b"NODATA" | b"SKIPDATA")
        })
    };
    let named = settings.known.flow_formats.iter().filter_map(|text| FlowFormat::parse(text));
    let default = || is_default_line(line).then(FlowFormat::default_format);
    named.into_iter().find(fits).or_else(default)
}

/// The longest line that is read, in bytes. All fields together have fewer than 2,000.
const MAX_LINE: usize = 16 << 10;

struct FlowReader<'a> {
    format: FlowFormat,
    settings: LineSettings<'a>,
    sums: FlowSums,
    wants_lines: bool,
    record: Vec<u8>,
}

impl LineReader for FlowReader<'_> {
    fn read_line(&mut self, line: &[u8]) -> ReadLine<'_> {
        let line = line.trim_ascii();
        if line.len() > MAX_LINE {
            let bytes = line.len();
            return ReadLine::Reject(format!(
                "line of {bytes} bytes is over the limit of {MAX_LINE}"
            ));
        }
        match line.first() {
            None => return ReadLine::Nothing,
            // Files that were put together have several header lines.
            Some(b'a'..=b'z' | b'$') => {
                if let Some(format) = std::str::from_utf8(line).ok().and_then(FlowFormat::parse) {
                    self.format = format;
                    return ReadLine::Nothing;
                }
            }
            Some(_) => {}
        }
        let split = match FlowLine::split(line, &self.format) {
            Ok(split) => split,
            Err(wrong) => {
                return ReadLine::Reject(format!(
                    "line has {} fields where the flow log's format has {}",
                    wrong.has,
                    self.format.slots().len()
                ));
            }
        };
        match self.add_line(&split) {
            Err(problem) => ReadLine::Reject(problem),
            Ok(LineKind::Empty(time)) => ReadLine::Counted(time),
            Ok(LineKind::Flow(time)) if !self.wants_lines => ReadLine::Counted(time),
            Ok(LineKind::Flow(_)) => {
                write_record(&mut self.record, line, &self.format);
                ReadLine::Record(&self.record)
            }
        }
    }

    fn finish(&mut self, take: &mut dyn FnMut(SourceId, &[u8])) {
        std::mem::take(&mut self.sums)
            .write_records(&mut |record| take(TRAFFIC, record.to_string().as_bytes()));
    }
}

/// What a line is, and when.
enum LineKind {
    Flow(i64),
    /// No flow: nothing happened, or AWS skipped what did.
    Empty(i64),
}

impl FlowReader<'_> {
    fn add_line(&mut self, line: &FlowLine<'_>) -> Result<LineKind, String> {
        let time = line.time().ok_or_else(|| self.without_time())?;
        match line.bytes(Slot::Status) {
            b"NODATA" => return Ok(LineKind::Empty(time)),
            b"SKIPDATA" => {
                self.sums.add_gap(line, time);
                return Ok(LineKind::Empty(time));
            }
            _ => {}
        }
        let networks = &self.settings.known.networks;
        if let Some(flow) = Flow::read(line, networks) {
            self.sums.add_flow(&flow, line);
            return Ok(LineKind::Flow(time));
        }
        if line.bytes(Slot::TransitGateway).is_empty() {
            return Err(bad_field(line).to_owned());
        }
        self.add_gateway_line(line, time)
    }

    /// A transit gateway refuses nothing; it loses packets.
    fn add_gateway_line(&mut self, line: &FlowLine<'_>, time: i64) -> Result<LineKind, String> {
        let lost = [
            (Slot::LostNoRoute, "no route"),
            (Slot::LostBlackhole, "black hole"),
            (Slot::LostTooLarge, "too large"),
            (Slot::LostExpired, "too old"),
        ];
        let ends = line.address(Slot::Source).zip(line.address(Slot::Destination));
        let (source, destination) = ends.ok_or_else(|| bad_field(line).to_owned())?;
        let reason = lost.iter().find(|(slot, _)| line.number(*slot).is_some_and(|lost| lost > 0));
        if let Some((_, reason)) = reason {
            let port = |slot| u16::try_from(line.number(slot).unwrap_or_default()).unwrap_or(0);
            let flow = Flow {
                path: FlowPath::Inside,
                source,
                destination,
                source_port: port(Slot::SourcePort),
                port: port(Slot::DestinationPort),
                protocol: u8::try_from(line.number(Slot::Protocol).unwrap_or(6)).unwrap_or(6),
                packets: line.number(Slot::Packets).unwrap_or_default(),
                bytes: line.number(Slot::Bytes).unwrap_or_default(),
                time,
                verdict: Verdict::Refused,
            };
            self.sums.add_lost(&flow, line, reason);
        }
        Ok(LineKind::Flow(time))
    }

    fn without_time(&self) -> String {
        match self.format.has_no_time() {
            true => "the flow log has neither `start` nor `end`, so that nothing says when it was \
                     (hint: add ${start} and ${end} to its format)"
                .to_owned(),
            false => "a flow without a time".to_owned(),
        }
    }
}

/// What is wrong with a line that has the right number of fields.
fn bad_field(line: &FlowLine<'_>) -> &'static str {
    match line {
        line if !matches!(line.bytes(Slot::Action), b"ACCEPT" | b"REJECT") => {
            "`action` is neither ACCEPT nor REJECT"
        }
        line if line.address(Slot::Source).is_none() => "`srcaddr` is no address",
        line if line.address(Slot::Destination).is_none() => "`dstaddr` is no address",
        _ => "a port or the protocol is no number that it can be",
    }
}

/// Writes a line as an object: its fields by name, without those that have no value.
fn write_record(record: &mut Vec<u8>, line: &[u8], format: &FlowFormat) {
    record.clear();
    record.push(b'{');
    let texts = line.split(|byte| *byte == b' ');
    for (name, text) in format.names().iter().zip(texts).filter(|(_, text)| *text != b"-") {
        if record.len() > 1 {
            record.push(b',');
        }
        let text = String::from_utf8_lossy(text);
        let is_number = NUMBERS.contains(&name.as_str())
            && text.len() <= 19
            && text.bytes().all(|byte| byte.is_ascii_digit());
        let value = match text.parse::<u64>() {
            Ok(number) if is_number => number.to_string(),
            _ => serde_json::Value::from(text).to_string(),
        };
        let _ = write!(record, "\"{name}\":{value}");
    }
    record.push(b'}');
}

/// Fields that are numbers.
const NUMBERS: [&str; 15] = [
    "version",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "tcp-flags",
    "traffic-path",
    "encryption-status",
    "packets-lost-no-route",
    "packets-lost-blackhole",
    "packets-lost-mtu-exceeded",
    "packets-lost-ttl-expired",
];

/// Lines of a flow log whose format nobody has said.
struct UnknownFormat;

impl LineReader for UnknownFormat {
    fn read_line(&mut self, line: &[u8]) -> ReadLine<'_> {
        if line.trim_ascii().is_empty() {
            return ReadLine::Nothing;
        }
        ReadLine::Reject(
            "a line of a flow log in a format of its own, without a header that says which (hint: \
             `flow_formats = [\"${version} ${account-id} …\"]` in the config's [network]; `aws ec2 \
             describe-flow-logs --query 'FlowLogs[].LogFormat'` prints it)"
                .to_owned(),
        )
    }
}
