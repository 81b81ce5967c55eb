//! What is kept, what is dismissed, and which bodies take the slow path.

use super::*;

fn record(extra: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{}},"eventTime":"2026-11-24T03:54:00Z","eventSource":"s3.amazonaws.com","eventName":"X"{extra}}}"#
    )
}

fn body(extras: &[&str]) -> String {
    let records: Vec<_> = extras.iter().map(|extra| record(extra)).collect();
    format!("{{\"Records\":[{}]}}", records.join(","))
}

const ERROR: ContainsText = ContainsText(b"\"error");

/// The same next to other texts, which the framer can mark or which are searched for.
struct Beside(&'static [&'static [u8]]);

const BESIDE: [Beside; 3] = [
    Beside(&[b"\"egress\"", b"\"user"]),
    Beside(&[b"\"nowhere\""]),
    Beside(&[b"\"nowhere\"", b"\"none\""]),
];

impl RecordFilter for Beside {
    fn search_texts(&self) -> Vec<Vec<u8>> {
        [&[ERROR.0], self.0].concat().into_iter().map(<[u8]>::to_vec).collect()
    }

    fn keeps_match(&self, needle: usize, _after: &[u8]) -> bool {
        needle == 0
    }

    fn keeps_all(&self) -> bool {
        false
    }
}

fn sift(body: &[u8]) -> Option<SiftResult> {
    let sifted = RecordSieve::for_filter(&ERROR).sift_body(body, &ERROR);
    for other in &BESIDE {
        assert_eq!(RecordSieve::for_filter(other).sift_body(body, other), sifted);
    }
    sifted
}

fn kept(body: &str) -> Option<Vec<u64>> {
    let sifted = sift(body.as_bytes())?;
    for (_, range) in &sifted.kept {
        crate::source::cloudtrail::decode_record(&body.as_bytes()[range.clone()]).unwrap();
    }
    Some(sifted.kept.into_iter().map(|(number, _)| number).collect())
}

#[test]
fn records_that_may_be_denied_are_kept() {
    let error = r#","errorCode":"AccessDenied""#;
    let escaped = r#","a":{"\u0065rrorCode":"AccessDenied"}"#;
    assert_eq!(kept(&body(&["", error, "", escaped])), Some(vec![2, 4]));
    assert_eq!(kept(&body(&[""])), Some(vec![]));
    assert_eq!(kept(&format!(" {}\n", body(&["", error]))), Some(vec![2]));
}

#[test]
fn every_way_of_searching_finds_the_same() {
    let search = |beside: &Beside| RecordSieve::for_filter(beside).search;
    assert!(matches!(RecordSieve::for_filter(&ERROR).search, TextSearch::Marked(_)));
    let [marked, few, packed] = BESIDE.each_ref().map(search);
    assert!(matches!(marked, TextSearch::Marked(_)));
    assert!(matches!(few, TextSearch::Few(_)));
    assert!(matches!(packed, TextSearch::Packed(_) | TextSearch::Automaton(_)));
}

/// At every position in a block of 64 bytes.
#[test]
fn what_is_suspect_is_found_at_every_place() {
    for blanks in 0..130 {
        let pad = " ".repeat(blanks);
        for (extra, expected) in [
            (r#","errorCode":"X""#, vec![2]),
            (r#","a":{"b":["\"errorCode\":1"]}"#, vec![2]),
            (r#","a":"\\","error":0"#, vec![2]),
            (r#","a":"error""#, vec![2]),
            (r#","a":"an \"err\"or""#, vec![]),
            (r#","a":"\"eventName\":3","b":{"eventName":"}"}"#, vec![]),
            (r#","a":"\\","eventNames":3"#, vec![]),
        ] {
            let padded = format!(r#","pad":"{pad}"{extra}"#);
            assert_eq!(kept(&body(&["", &padded, ""])), Some(expected), "{padded}");
        }
        for again in [r#","a":"\\","eventName":3"#, r#","a":"eventSource""#, r#","eventTime" :3"#] {
            let padded = format!(r#","pad":"{pad}"{again}"#);
            assert_eq!(sift(body(&["", &padded, ""]).as_bytes()), None, "{padded}");
        }
    }
}

/// A record with more names than are marked takes the slow path: memory is bounded.
#[test]
fn names_without_number_are_parsed() {
    let many = r#","a":{"errors":1}"#.repeat(2_000);
    assert_eq!(RecordSieve::for_filter(&ERROR).sift_body(body(&[&many]).as_bytes(), &ERROR), None);
}

#[test]
fn the_span_of_dismissed_records() {
    let sifted = sift(body(&["", ""]).as_bytes()).unwrap();
    assert_eq!(sifted.records, 2);
    assert_eq!(sifted.first, Some(*b"2026-11-24T03:54:00Z"));
}

#[test]
fn records_end_where_they_end() {
    let nested = r#","requestParameters":{"a":[{"eventVersion":"1"},{"eventVersion":"2","z":"{{"}]},"b":"}}""#;
    assert_eq!(kept(&body(&[nested, ""])), Some(vec![]));
    let whole = format!(r#","requestParameters":{{"Records":[{},{}]}}"#, record(""), record(""));
    assert_eq!(kept(&body(&["", &whole])), Some(vec![]));
    let error = r#","requestParameters":{"a":["}]}",{"errorCode":"AccessDenied"}]}"#;
    assert_eq!(kept(&body(&["", error, ""])), Some(vec![2]));
}

#[test]
fn other_shapes_go_the_slow_way() {
    let cut = body(&["", ""]);
    let cut = &cut[..cut.len() - 10];
    let notice = r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"2026-11-24T03:54:00.000Z","s3":{}}]}"#;
    let glued = body(&[""]).replace("]}", r#",{"errorCode":"AccessDenied"}]}"#);
    let spaced = body(&["", ""]).replace("},{", "}, {");
    let number = body(&["", ""]).replace("},{", "},3,{");
    let comma = body(&[""]).replace("}]}", "},]}");
    let again = body(&[r#","eventName":3"#]);
    let escaped = body(&[r#","\u0065ventName":3"#]);
    let unnamed = body(&[""]).replace("eventName", "eventname");
    let within = body(&[""]).replace(r#""userIdentity":{}"#, &format!(r#""a":{}"#, record("")));
    for body in [
        "",
        "{}",
        "{\"Records\":[]}",
        "{\"Records\": [{}]}",
        cut,
        notice,
        &glued,
        &spaced,
        &number,
        &comma,
        &again,
        &escaped,
        &unnamed,
        &within,
    ] {
        assert_eq!(kept(body), None, "{body}");
    }
    let mut bytes = body(&[""]).into_bytes();
    let at = bytes.len() - 5;
    bytes[at] = 0xff;
    assert_eq!(sift(&bytes), None);
}

#[test]
fn what_is_no_time_of_every_year_is_parsed() {
    for (time, is_kept) in [
        ("2026-02-28T23:59:59Z", false),
        ("2026-02-29T00:00:00Z", true),
        ("2026-04-31T00:00:00Z", true),
        ("2026-12-31T00:00:00Z", false),
        ("2026-13-01T00:00:00Z", true),
        ("2026-00-01T00:00:00Z", true),
        ("2026-01-00T00:00:00Z", true),
        ("2026-01-32T00:00:00Z", true),
        ("2026-01-01T24:00:00Z", true),
        ("2026-01-01T00:60:00Z", true),
    ] {
        let odd = body(&[""]).replace("2026-11-24T03:54:00Z", time);
        let kept: u64 = sift(odd.as_bytes()).unwrap().kept.len() as u64;
        assert_eq!(kept == 1, is_kept, "{time}");
    }
}

#[test]
fn what_is_nested_deeply_is_parsed() {
    let deep = format!(r#","a":{}{}"#, "[".repeat(130), "]".repeat(130));
    let sifted = sift(body(&[&deep, ""]).as_bytes()).unwrap();
    assert_eq!(sifted.kept.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1]);
}

#[test]
fn an_odd_time_is_parsed() {
    let odd = body(&[""]).replace("2026-11-24T03:54:00Z", "2026-11-24 03:54:00Z");
    assert_eq!(kept_numbers(&odd), vec![1]);
}

fn kept_numbers(body: &str) -> Vec<u64> {
    sift(body.as_bytes()).unwrap().kept.into_iter().map(|(n, _)| n).collect()
}
