//! The forms that the AWS CLI, consoles and archiving tools write.

use std::io::Write;

use flate2::write::DeflateEncoder;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use serde_json::{Value, json};

use crate::forms::{gzip, joined, objects, pretty, records_compact, texts, utf8};
use crate::records::{Random, Text};

pub(crate) const DETAILED: &str =
    "2026-11-24T03:54:07.000000+00:00 222233334444_CloudTrail_us-east-1 ";
pub(crate) const COLOURED: &str =
    "\u{1b}[32m2026-11-24T03:54:07.000000+00:00\u{1b}[0m \u{1b}[36mstream\u{1b}[0m ";

/// Each record on a line of its own, after the same prefix. In a line, only an object is a record.
fn lines(records: &[Text], before: &str, after: &str) -> Option<Vec<u8>> {
    objects(records, "")?;
    let line = |record: &Text| format!("{before}{}{after}\n", record.text);
    Some(records.iter().map(line).collect::<String>().into_bytes())
}

pub(crate) fn tail(records: &[Text], before: &str) -> Option<Vec<u8>> {
    lines(records, before, "")
}

pub(crate) fn tail_json(records: &[Text], random: &mut Random) -> Option<Vec<u8>> {
    objects(records, "")?;
    let event = |record: &Text| {
        let text = utf8(pretty(std::slice::from_ref(record), random)?);
        Some(format!("2026-11-24T03:54:07+00:00 stream \n{text}\n"))
    };
    let events: Option<String> = records.iter().map(event).collect();
    events.map(String::into_bytes)
}

pub(crate) fn export(records: &[Text]) -> Option<Vec<u8>> {
    Some(gzip(&lines(records, "2026-11-24T03:54:07.000Z ", "")?))
}

fn log_events(records: &[Text]) -> Vec<Value> {
    let event = |record: &Text| {
        json!({
            "logStreamName": "s", "timestamp": 1_795_492_447_000_u64, "message": record.text,
            "ingestionTime": 1_795_497_177_000_u64, "eventId": "385",
        })
    };
    records.iter().map(event).collect()
}

pub(crate) fn log_output(records: &[Text]) -> Option<Vec<u8>> {
    let output = json!({"events": log_events(records), "searchedLogStreams": []});
    Some(serde_json::to_vec_pretty(&output).unwrap())
}

pub(crate) fn log_event_lines(records: &[Text]) -> Option<Vec<u8>> {
    let events = log_events(records).into_iter().map(|event| event.to_string() + "\n");
    Some(events.collect::<String>().into_bytes())
}

pub(crate) fn log_text(records: &[Text]) -> Option<Vec<u8>> {
    let text = utf8(lines(records, "EVENTS\t385\t1795497177000\ts\t", "\t1795492447000")?);
    Some(format!("{text}SEARCHEDLOGSTREAMS\ts\tTrue\n").into_bytes())
}

fn quoted(record: &Text) -> String {
    format!("'{}'", record.text.replace('\'', "''"))
}

pub(crate) fn log_yaml(records: &[Text]) -> Option<Vec<u8>> {
    let event = |record: &Text| {
        format!("- eventId: '385'\n  message: {}\n  timestamp: 1795492447000\n", quoted(record))
    };
    let events: String = records.iter().map(event).collect();
    Some(format!("events:\n{events}searchedLogStreams: []\n").into_bytes())
}

pub(crate) fn strings(records: &[Text]) -> Option<Vec<u8>> {
    Some(serde_json::to_vec_pretty(&texts(records)).unwrap())
}

pub(crate) fn string_lines(records: &[Text]) -> Option<Vec<u8>> {
    let line = |text: &&str| Value::from(*text).to_string() + "\n";
    Some(texts(records).iter().map(line).collect::<String>().into_bytes())
}

pub(crate) fn insights(records: &[Text]) -> Option<Vec<u8>> {
    let row = |record: &Text| {
        json!([
            {"field": "@timestamp", "value": "2026-11-24 03:54:07.000"},
            {"field": "@message", "value": record.text},
            {"field": "@ptr", "value": "CmE"},
        ])
    };
    let rows: Vec<Value> = records.iter().map(row).collect();
    Some(json!({"results": rows, "statistics": {}, "status": "Complete"}).to_string().into_bytes())
}

pub(crate) fn insights_console(records: &[Text]) -> Option<Vec<u8>> {
    let row = |record: &Text| {
        let message = record.is_object.then(|| record.text.clone());
        let message = message.unwrap_or_else(|| Value::from(record.text.as_str()).to_string());
        format!(r#"{{"@timestamp":"2026-11-24 03:54:07.000","@message":{message}}}"#)
    };
    Some(format!("[{}]", records.iter().map(row).collect::<Vec<_>>().join(",\n")).into_bytes())
}

/// Two columns, the second of which is the record.
pub(crate) fn csv(head: &str, records: &[Text]) -> Option<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head.split(',')).unwrap();
    for record in records {
        writer.write_record(["2026-11-24 03:54:07.000", &record.text]).unwrap();
    }
    writer.into_inner().ok()
}

pub(crate) fn lookup_text(records: &[Text]) -> Option<Vec<u8>> {
    let after =
        "\t1\tListUsers\tiam.amazonaws.com\t1795492447.0\ttrue\tu\nRESOURCES\tu\tAWS::IAM::User";
    lines(records, "EVENTS\tAKIA\t", after)
}

/// A page, possibly as an item of a list.
pub(crate) fn lookup_yaml(records: &[Text], item: &str) -> Option<Vec<u8>> {
    let indent = " ".repeat(item.len());
    let event = |record: &Text| {
        format!("{indent}- CloudTrailEvent: {}\n{indent}  EventId: x\n", quoted(record))
    };
    let events: String = records.iter().map(event).collect();
    Some(format!("{item}Events:\n{events}").into_bytes())
}

pub(crate) fn rows(records: &[Text]) -> Option<Vec<u8>> {
    let row = |record: &Text| json!(["2026-11-24T03:54:07+00:00", record.text, null, 3]);
    Some(serde_json::to_vec_pretty(&records.iter().map(row).collect::<Vec<_>>()).unwrap())
}

pub(crate) fn columns(records: &[Text]) -> Option<Vec<u8>> {
    lines(records, "2026-11-24T03:54:07+00:00\talice\t", "\tx")
}

pub(crate) fn lake(records: &[Text]) -> Option<Vec<u8>> {
    let row = |record: &Text| json!([{"eventID": "x"}, {"eventJson": record.text}]);
    let rows: Vec<Value> = records.iter().map(row).collect();
    let output = json!({"QueryStatus": "FINISHED", "QueryResultRows": rows});
    Some(serde_json::to_vec_pretty(&output).unwrap())
}

pub(crate) fn ocsf(records: &[Text]) -> Option<Vec<u8>> {
    let event = |record: &Text| json!({"class_uid": 6003, "raw_data": record.text}).to_string();
    Some(records.iter().map(event).collect::<Vec<_>>().join("\n").into_bytes())
}

pub(crate) fn messages(records: &[Text]) -> Option<Vec<u8>> {
    let body = utf8(records_compact(records)?);
    Some(json!({"Messages": [{"MessageId": "1", "Body": body}]}).to_string().into_bytes())
}

pub(crate) fn utf16(records: &[Text], random: &mut Random) -> Option<Vec<u8>> {
    let text = utf8(records_compact(records)?);
    let is_big = random.one_in(2);
    let mark = random.one_in(2).then_some('\u{feff}');
    let text: String = mark.into_iter().chain(text.chars()).collect();
    let bytes = |unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    Some(text.encode_utf16().flat_map(bytes).collect())
}

/// Two files, the first compressed separately.
fn halves(records: &[Text]) -> Option<[(&'static str, Vec<u8>); 2]> {
    let (first, second) = records.split_at(records.len() / 2);
    let first = gzip(&records_compact(first)?);
    Some([("AWSLogs/a.json.gz", first), ("AWSLogs/b.json", joined(second, "\n")?)])
}

pub(crate) fn zip(records: &[Text]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    archive.new_dir("AWSLogs/").create().unwrap();
    for (name, data) in halves(records)? {
        let file = archive.new_file(name).compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let encoder = DeflateEncoder::new(&mut entry, flate2::Compression::fast());
        let mut writer = config.wrap(encoder);
        writer.write_all(&data).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    Some(bytes)
}

pub(crate) fn tar(records: &[Text]) -> Option<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, data) in halves(records)? {
        let mut header = tar::Header::new_ustar();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, data.as_slice()).unwrap();
    }
    builder.into_inner().ok()
}
