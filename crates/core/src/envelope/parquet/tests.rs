//! Flow logs as Parquet tell the same as their text, and hostile files are rejects.

use std::io::Write;
use std::sync::Arc;

use ::parquet::basic::{Compression, Encoding};
use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;

use crate::envelope::decompress::DecompressionLimits;
use crate::envelope::{EnvelopeKind, OpenedBody, other_logs};
use crate::envelope::{RawRecord, open_each_record};
use crate::source::contract::LineSettings;
use crate::source::vpc_flow;

const HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets \
    bytes start end action log-status tcp-flags traffic-path new-field";
/// How often each form of a file is damaged.
const ROUNDS: u32 = 500;
/// 29 November 2026, 10:00:00 UTC.
const TEN: i64 = 1_795_946_400;

/// A sweep of refused packets, a line without data, and one that says what was skipped.
fn flow_log(lines: u32) -> String {
    let mut text = format!("{HEADER}\n");
    for n in 0..lines {
        let (host, end) = (n % 200, TEN + i64::from(n % 60));
        let (bytes, path) = (40 + u64::from(n) * 3, if n % 3 == 0 { "-" } else { "1" });
        text += &format!(
            "5 111122223333 eni-0a1b 10.0.0.5 10.0.1.{host} {} 22 6 1 {bytes} {} {end} REJECT OK 2 {path} tag-{n}\n",
            40_000 + n % 20_000,
            end - 5,
        );
    }
    let nothing = "- - - - - - -";
    for status in ["NODATA", "SKIPDATA"] {
        let (from, to) = (TEN, TEN + 60);
        text += &format!("5 111122223333 eni-0a1b {nothing} {from} {to} - {status} - - -\n");
    }
    text
}

/// The physical type of a column, and how it is declared.
fn column_type(name: &str) -> &'static str {
    match name {
        "version" | "srcport" | "dstport" | "protocol" | "tcp_flags" | "traffic_path" => "INT32",
        "packets" | "bytes" | "start" | "end" => "INT64",
        _ => "BYTE_ARRAY",
    }
}

fn schema_of(header: &str, repetition: &str) -> String {
    let columns = header.split(' ').map(|name| name.replace('-', "_")).map(|name| {
        let kind = column_type(&name);
        let text = if kind == "BYTE_ARRAY" { " (UTF8)" } else { "" };
        format!("{repetition} {kind} {name}{text};")
    });
    format!("message flow_log {{ {} }}", columns.collect::<Vec<_>>().join(" "))
}

/// Writes values of one column, of which some are null.
fn write_column(writer: &mut ColumnWriter<'_>, texts: &[&str]) {
    let levels: Vec<i16> = texts.iter().map(|text| i16::from(*text != "-")).collect();
    let texts = texts.iter().filter(|text| **text != "-");
    match writer {
        ColumnWriter::Int32ColumnWriter(writer) => {
            let values: Vec<i32> = texts.map(|text| text.parse().unwrap()).collect();
            writer.write_batch(&values, Some(&levels), None).unwrap();
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let values: Vec<i64> = texts.map(|text| text.parse().unwrap()).collect();
            writer.write_batch(&values, Some(&levels), None).unwrap();
        }
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let values: Vec<ByteArray> = texts.map(|text| ByteArray::from(*text)).collect();
            writer.write_batch(&values, Some(&levels), None).unwrap();
        }
        _ => panic!("a column of another type"),
    }
}

/// The same lines as a Parquet file, with so many rows in a group.
fn as_parquet(text: &str, properties: WriterPropertiesBuilder, rows: usize) -> Vec<u8> {
    let (header, lines) = text.split_once('\n').unwrap();
    let schema = Arc::new(parse_message_type(&schema_of(header, "OPTIONAL")).unwrap());
    let lines: Vec<Vec<&str>> = lines.lines().map(|line| line.split(' ').collect()).collect();
    let mut bytes = Vec::new();
    let properties = Arc::new(properties.build());
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    for part in lines.chunks(rows) {
        let mut group = writer.next_row_group().unwrap();
        let mut at = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            let texts: Vec<&str> = part.iter().map(|line| line[at]).collect();
            write_column(column.untyped(), &texts);
            column.close().unwrap();
            at += 1;
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn plain() -> WriterPropertiesBuilder {
    WriterProperties::builder()
}

fn gzip() -> WriterPropertiesBuilder {
    plain().set_compression(Compression::GZIP(Default::default()))
}

/// Opens a body, with the texts of its records and sums.
fn open_within(
    body: &[u8],
    limits: DecompressionLimits,
    wanted: &[crate::source::SourceId],
) -> (Vec<String>, OpenedBody) {
    let mut records = Vec::new();
    let mut take = |record: RawRecord<'_>| {
        let text = std::str::from_utf8(record.bytes).unwrap();
        records.push(format!("{} {} {text}", record.number, record.is_sum));
    };
    let settings = LineSettings { wanted, ..LineSettings::nothing() };
    let opened = open_each_record(EnvelopeKind::Any, body, limits, settings, &mut take);
    (records, opened)
}

fn open(body: &[u8]) -> (Vec<String>, OpenedBody) {
    open_within(body, DecompressionLimits::default(), &[])
}

fn problems(body: &[u8]) -> Vec<String> {
    open(body).1.rejects.iter().map(ToString::to_string).collect()
}

fn is_equal(text: &str, parquet: &[u8], what: &str) {
    for wanted in [&[][..], &[vpc_flow::FLOW]] {
        let limits = DecompressionLimits::default();
        let (lines, one) = open_within(text.as_bytes(), limits, wanted);
        let (rows, other) = open_within(parquet, limits, wanted);
        assert!(other.rejects.is_empty(), "{what}: {:?}", other.rejects);
        assert!(!lines.is_empty() && lines == rows, "{what}: {lines:?} {rows:?}");
        assert_eq!(one.records_seen(), other.records_seen(), "{what}");
        assert_eq!((one.counted, one.counted_span), (other.counted, other.counted_span), "{what}");
    }
}

#[test]
fn rows_tell_the_same_as_lines() {
    let text = flow_log(1_000);
    let codecs = [
        ("none", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("gzip", Compression::GZIP(Default::default())),
        ("zstd", Compression::ZSTD(Default::default())),
    ];
    for (name, codec) in codecs {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for (dictionary, rows) in [(true, 10_000), (false, 77)] {
                let properties = plain()
                    .set_compression(codec)
                    .set_writer_version(version)
                    .set_dictionary_enabled(dictionary)
                    .set_data_page_row_count_limit(50)
                    .set_write_batch_size(25);
                let parquet = as_parquet(&text, properties, rows);
                is_equal(&text, &parquet, &format!("{name} {version:?} {dictionary}"));
            }
        }
    }
}

#[test]
fn every_encoding_tells_the_same() {
    let text = flow_log(1_000);
    for (numbers, texts) in [
        (Encoding::DELTA_BINARY_PACKED, Encoding::DELTA_BYTE_ARRAY),
        (Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY),
    ] {
        let mut properties = gzip().set_dictionary_enabled(false);
        for name in HEADER.split(' ').map(|name| name.replace('-', "_")) {
            let is_text = column_type(&name) == "BYTE_ARRAY";
            let encoding = if is_text { texts } else { numbers };
            properties = properties.set_column_encoding(name.into(), encoding);
        }
        is_equal(&text, &as_parquet(&text, properties, 400), &format!("{numbers} {texts}"));
    }
}

#[test]
fn columns_that_are_not_known_and_values_that_are_null() {
    let parquet = as_parquet(&flow_log(2), gzip(), 10);
    let (records, opened) =
        open_within(&parquet, DecompressionLimits::default(), &[vpc_flow::FLOW]);
    let first = records.first().unwrap();
    assert!(first.contains(r#""new-field":"tag-0""#), "{first}");
    assert!(first.contains(r#""tcp-flags":2"#) && !first.contains("traffic-path"), "{first}");
    assert!(records.get(1).unwrap().contains(r#""traffic-path":1"#));
    // Two flows, and a sum of what was skipped; nothing else is a record.
    assert!(opened.rejects.is_empty());
    assert_eq!((opened.records_seen(), opened.counted), (4, 2));
    assert!(records.iter().any(|record| record.contains("true") && record.contains("skip")));
}

#[test]
fn a_row_that_is_no_flow_is_a_reject_with_its_number() {
    let text = flow_log(3).replacen("10.0.1.1 ", "nowhere ", 1);
    let parquet = as_parquet(&text, gzip(), 2);
    assert_eq!(problems(&parquet), problems(text.as_bytes()));
    assert_eq!(problems(&parquet), ["record 2: `dstaddr` is no address"]);
}

#[test]
fn tables_of_other_kinds_say_what_they_are() {
    let table = |schema: &str| {
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut bytes = Vec::new();
        let properties = Arc::new(plain().build());
        SerializedFileWriter::new(&mut bytes, schema, properties).unwrap().close().unwrap();
        bytes
    };
    let ocsf = table(
        "message ocsf { OPTIONAL GROUP metadata { OPTIONAL BYTE_ARRAY version (UTF8); OPTIONAL
            BYTE_ARRAY uid (UTF8); } OPTIONAL INT64 time; OPTIONAL INT32 class_uid; }",
    );
    assert_eq!(
        problems(&ocsf),
        ["Parquet file with the columns `metadata`, `time`, `class_uid`, which no source reads \
            (hint: scan the logs' own files: `aware scan s3://BUCKET/AWSLogs/`)"]
    );
    let other = table("message t { REQUIRED INT64 id; REQUIRED BYTE_ARRAY city (UTF8); }");
    assert_eq!(
        problems(&other),
        [
            "Parquet file with the columns `id`, `city`, which no source reads (hint: of Parquet only \
            flow logs are read; export the records as JSON)"
        ]
    );
    for body in [&ocsf, &other] {
        assert_eq!(other_logs::log_of_body(body), Some(other_logs::PARQUET));
    }
    let flows = table(&schema_of(HEADER, "REQUIRED"));
    assert!(problems(&flows).is_empty() && other_logs::log_of_body(&flows).is_none());
    let listed =
        schema_of(HEADER, "REQUIRED").replace("REQUIRED INT32 version", "REPEATED INT32 v");
    assert!(problems(&table(&listed)).is_empty(), "no row group has rows of it");
}

#[test]
fn what_is_cut_says_so() {
    let parquet = as_parquet(&flow_log(50), gzip(), 20);
    let cut = "Parquet file is cut (hint: the file may still be being written)";
    for length in [4, 5, 100, parquet.len() / 2, parquet.len() - 1] {
        assert_eq!(problems(&parquet[..length]), [cut], "{length}");
        assert_eq!(other_logs::log_of_body(&parquet[..length]), None);
    }
    let hidden = [b"PARE", &parquet[4..]].concat();
    assert!(problems(&hidden)[0].starts_with("an encrypted Parquet file"));
}

/// A file whose footer is another, with the pages of the first.
fn with_footer(parquet: &[u8], footer: &[u8]) -> Vec<u8> {
    let length = u32::from_le_bytes(parquet[parquet.len() - 8..][..4].try_into().unwrap());
    let pages = &parquet[..parquet.len() - 8 - length as usize];
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    [pages, footer, &length, b"PAR1"].concat()
}

/// What a hostile footer claims: row groups of columns whose parts are all the same bytes, from the
/// fourth of the file on.
#[derive(Clone, Copy)]
struct Claims<'a> {
    names: &'a str,
    /// The numbers of the columns' type, and of how their pages are packed.
    kind: u8,
    codec: u8,
    groups: u64,
    /// How many rows each group has, and how many bytes each part.
    rows: u64,
    bytes: usize,
}

/// A row group of one row without bytes.
const CLAIMS: Claims<'static> =
    Claims { names: "srcaddr dstaddr", kind: 1, codec: 0, groups: 1, rows: 1, bytes: 0 };

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A number that is not negative, as metadata has it.
fn count(number: u64) -> Vec<u8> {
    varint(number << 1)
}

/// A footer, in Thrift's compact bytes.
fn hostile_footer(claims: Claims<'_>) -> Vec<u8> {
    let names: Vec<&str> = claims.names.split(' ').collect();
    let mut bytes = vec![0x15, 2, 0x19, ((names.len() as u8 + 1) << 4) | 0x0c];
    bytes.extend([0x48, 1, b'r', 0x15, names.len() as u8 * 2, 0]);
    for name in &names {
        bytes.extend([0x15, claims.kind * 2, 0x25, 0, 0x18, name.len() as u8]);
        bytes.extend([name.as_bytes(), &[0]].concat());
    }
    bytes.push(0x16);
    bytes.extend(count(claims.rows * claims.groups));
    let (rows, part) = (count(claims.rows), count(claims.bytes as u64));
    let before = [0x3c, 0x45, claims.codec * 2, 0x16];
    let chunk = [&before[..], &rows, &[0x26], &part, &[0x26, 8, 0, 0]].concat();
    let columns = [0x19, (names.len() as u8) << 4 | 0x0c];
    let group = [&columns[..], &chunk.repeat(names.len()), &[0x26], &rows, &[0]].concat();
    bytes.extend([0x19, 0xfc]);
    bytes.extend(varint(claims.groups));
    bytes.extend(group.repeat(claims.groups as usize));
    bytes.push(0);
    bytes
}

/// A file of these pages, with such a footer.
fn hostile_file(pages: &[u8], claims: Claims<'_>) -> Vec<u8> {
    let footer = hostile_footer(Claims { bytes: pages.len(), ..claims });
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    [b"PAR1", pages, &footer, &length, b"PAR1"].concat()
}

/// A page of plain values (0), of a dictionary (2), or of another kind, with its header.
fn page_of(kind: u64, values: u64, unpacked: usize, packed: &[u8]) -> Vec<u8> {
    let (unpacked, length) = (count(unpacked as u64), count(packed.len() as u64));
    let head = [&[0x15_u8][..], &count(kind), &[0x15], &unpacked, &[0x15], &length].concat();
    let values = [&[0x15_u8][..], &count(values), &[0x15, 0, 0]].concat();
    let part = match kind {
        0 => [&[0x2c][..], &values].concat(),
        2 => [&[0x4c][..], &values].concat(),
        _ => Vec::new(),
    };
    [&head[..], &part, &[0], packed].concat()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

#[test]
fn more_rows_than_there_are() {
    let parquet = as_parquet(&flow_log(5), gzip(), 20);
    let footer = hostile_footer(Claims { rows: u64::MAX >> 1, bytes: 8, ..CLAIMS });
    let found = problems(&with_footer(&parquet, &footer));
    let rows = (u64::MAX >> 1).to_string();
    assert!(found[0].starts_with("row group 1: column `srcaddr`: damaged: "), "{found:?}");
    assert!(found[0].ends_with(&format!("the last {rows} rows are not read")), "{found:?}");

    // A page of zeros in two runs: 2³⁰ flows in a few bytes.
    let page = [0x15_u8, 0, 0x15, 26, 0x15, 26, 0x2c, 0x15];
    let values = [0x80, 0x80, 0x80, 0x80, 8, 0x15, 16, 0x15, 6, 0x15, 6, 0, 0];
    let bytes = [&[0][..], &[0x80, 0x80, 0x80, 0x80, 8, 0, 0, 0, 0, 0, 0, 0]].concat();
    let pages = [&page[..], &values, &bytes].concat();
    let found = problems(&hostile_file(&pages, Claims { rows: 1 << 30, ..CLAIMS }));
    assert!(found[0].contains("a value is not in its dictionary"), "{found:?}");
}

#[test]
fn a_dictionary_is_charged_while_it_grows() {
    // Numbers of eleven digits in four bytes each, and texts of nothing, of which only the ends take
    // more than the limit leaves.
    let lowest = i32::MIN.to_le_bytes().repeat(200_000);
    for (kind, plain) in [(1, lowest), (6, vec![0; 800_000])] {
        // One value more than there is: the limit is reached before the damage is.
        let pages = page_of(2, 200_001, plain.len(), &gzipped(&plain));
        let body = hostile_file(&pages, Claims { kind, codec: 2, ..CLAIMS });
        assert!(body.len() < 5_000, "the limit is that of a small file");
        let found = problems(&body);
        assert!(
            found[0].starts_with("row group 1: data decompresses to over 200 times"),
            "{kind}: {found:?}"
        );
        assert_eq!(found.len(), 1, "{kind}");
    }
}

#[test]
fn parts_that_row_groups_share_are_read_once() {
    let numbers = 1_i32.to_le_bytes().repeat(500);
    for (what, rows, pages) in [
        ("values", 500, page_of(0, 500, numbers.len(), &numbers)),
        ("pages without values", 1, page_of(0, 0, 0, &[]).repeat(1_000)),
        ("pages of indexes", 1, page_of(1, 0, 0, &[]).repeat(1_000)),
        ("what is packed in such a page", 1, page_of(1, 0, 0, &[0; 9_000])),
        // A list in a header, which has no end.
        ("a damaged header", 1, [&[0xf9_u8, 0xf3, 0xff, 0xff, 3][..], &[0; 9_000]].concat()),
    ] {
        let body = hostile_file(&pages, Claims { groups: 100, rows, ..CLAIMS });
        let limit = format!(
            "row group 2: pages come to over the {} bytes of the file, as its parts overlap; the last \
            {} rows are not read",
            body.len(),
            99 * rows
        );
        let found = problems(&body);
        assert!(found.contains(&limit), "{what}: {:?}", found.last());
    }
}

#[test]
fn a_footer_has_so_many_parts_at_most() {
    let body = hostile_file(&[], Claims { groups: (1 << 17) + 1, ..CLAIMS });
    assert_eq!(problems(&body), ["Parquet file is damaged: it has over 262144 parts of columns"]);
}

#[test]
fn rows_and_pages_stay_within_the_limits() {
    // The same row over and over is a small file and a large text.
    let line = flow_log(1).lines().nth(1).unwrap().to_owned();
    let text = format!("{HEADER}\n{}", format!("{line}\n").repeat(20_000));
    let parquet = as_parquet(&text, gzip().set_write_batch_size(20_000), 20_000);
    assert!(parquet.len() < 9_000);
    let limits = DecompressionLimits::default();
    let (_, opened) = open_within(&parquet, limits, &[]);
    let found: Vec<String> = opened.rejects.iter().map(ToString::to_string).collect();
    assert!(found[0].starts_with("row group 1: data decompresses to over 200 times"), "{found:?}");
    assert!(opened.records_seen() < 15_000 && opened.nested > 1 << 20);

    let large = DecompressionLimits { max_ratio: 100_000, ..limits };
    assert_eq!(open_within(&parquet, large, &[]).1.records_seen(), 20_000);
    let nested = DecompressionLimits { max_nested: 1_000, ..large };
    let (_, opened) = open_within(&parquet, nested, &[]);
    let found: Vec<String> = opened.rejects.iter().map(ToString::to_string).collect();
    assert!(found[0].contains("over 1000 bytes (hint: `limits.nested`"), "{found:?}");
    assert_eq!(opened.nested, 1_000);
}

#[test]
fn damaged_bytes_are_rejects() {
    let text = flow_log(10);
    let version = plain().set_writer_version(WriterVersion::PARQUET_2_0);
    for (form, properties) in [
        plain(),
        plain().set_compression(Compression::SNAPPY),
        version.clone().set_compression(Compression::GZIP(Default::default())),
        version.set_dictionary_enabled(false),
    ]
    .into_iter()
    .enumerate()
    {
        let parquet = as_parquet(&text, properties, 6);
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64 + form as u64;
        for round in 0..ROUNDS {
            let mut body = parquet.clone();
            for _ in 0..1 + round % 4 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                let at = 4 + (seed >> 8) as usize % (body.len() - 8);
                body[at] = if round % 2 == 0 { seed as u8 } else { body[at] ^ (1 << (seed % 8)) };
            }
            let (_, opened) = open(&body);
            assert!(opened.records_seen() >= opened.counted, "form {form}, round {round}");
            assert!(opened.nested <= (200 * body.len()).max(1 << 20), "form {form}, round {round}");
        }
    }
}
