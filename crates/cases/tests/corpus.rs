//! Every record and envelope of the corpus, and what becomes of it; and of broken ones, no panic.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use aware_cases::group::FindingGroup;
use aware_cases::message::group_message;
use aware_core::envelope::decompress::{BodyInflater, DecompressionLimits};
use aware_core::envelope::{EnvelopeKind, open_body};
use aware_core::event::{Event, Outcome};
use aware_core::finding::{Finding, RuleSummary};
use aware_core::fingerprint::Fingerprint;
use aware_core::message;
use aware_core::source::cloudtrail::decode_record;
use aware_core::source::cloudtrail::glance::RecordGlance;
use aware_core::source::cloudtrail::split::{ContainsText, RecordSieve, SiftResult};
use proptest::prelude::*;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(folder);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// The event without its record, which stands in the corpus.
fn summary(event: &Event) -> String {
    let mut event = event.clone();
    event.record = serde_json::Value::Null;
    format!("{event:#?}")
}

/// What the rule about denied calls asks of a record's bytes.
const ERROR: ContainsText = ContainsText(b"\"error");

fn sift(body: &[u8]) -> Option<SiftResult> {
    RecordSieve::for_filter(&ERROR).sift_body(body, &ERROR)
}

#[test]
fn records() {
    let mut all = String::new();
    for path in files("cloudtrail") {
        let bytes = fs::read(&path).unwrap();
        let event = decode_record(&bytes).unwrap();
        if let Some(glance) = RecordGlance::read_record(&bytes) {
            assert_eq!(
                glance.outcome_and_time(),
                Some((event.outcome, event.time)),
                "{}",
                name(&path)
            );
        }
        writeln!(all, "# {}\n{}", name(&path), summary(&event)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn messages() {
    let rule = RuleSummary::denied_call();
    let mut all = String::new();
    for path in files("cloudtrail") {
        let event = decode_record(&fs::read(&path).unwrap()).unwrap();
        if event.outcome != Outcome::Denied {
            continue;
        }
        let finding = Finding::from_event(&rule, &event);
        let mut tally = FindingGroup::for_finding(&finding);
        tally.record(&finding);
        let message = group_message(&tally, message::MessageKind::Finding, None, tally.last_seen);
        writeln!(all, "# {}\n{:?} {}", name(&path), tally.class, tally.fingerprint).unwrap();
        writeln!(all, "{}", message.subject).unwrap();
        for field in &message.fields {
            writeln!(all, "  {}: {}", field.key, field.value).unwrap();
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn envelopes() {
    let mut all = String::new();
    for path in files("envelopes") {
        let packed = fs::read(&path).unwrap();
        let mut inflater = BodyInflater::new(DecompressionLimits::default());
        let inflated = inflater.inflate(&packed).unwrap();
        assert_eq!(inflated.problem, None, "{}", name(&path));
        let opened = open_body(EnvelopeKind::Any, inflated.bytes);
        let actions: Vec<_> = opened
            .records
            .iter()
            .map(|record| decode_record(&record.bytes).unwrap().action.to_string())
            .collect();
        let rejects: Vec<_> = opened.rejects.iter().map(ToString::to_string).collect();
        writeln!(
            all,
            "{}: records {actions:?} objects {:?} {:?} rejects {rejects:?}",
            name(&path),
            opened.objects,
            opened.skipped
        )
        .unwrap();
    }
    insta::assert_snapshot!(all);
}

fn glance(record: &[u8]) -> Option<(aware_core::event::Outcome, jiff::Timestamp)> {
    RecordGlance::read_record(record)?.outcome_and_time()
}

/// What a glance makes of a repetition is what decoding makes of it, and equal keys are equal
/// groups.
#[test]
fn repeats() {
    let rule = RuleSummary::denied_call();
    let mut groups = std::collections::HashMap::new();
    let mut seen = 0;
    for path in files("cloudtrail") {
        let bytes = fs::read(&path).unwrap();
        let event = decode_record(&bytes).unwrap();
        let Some(glance) =
            RecordGlance::read_record(&bytes).filter(|_| event.outcome == Outcome::Denied)
        else {
            continue;
        };
        let finding = Finding::from_event(&rule, &event);
        let Some(key) = glance.grouping_key() else { continue };
        let fingerprint = Fingerprint::for_finding(&finding);
        assert_eq!(
            groups.entry(key).or_insert(fingerprint.clone()),
            &fingerprint,
            "{}",
            name(&path)
        );
        let Some(repeat) = glance.repeated_event() else { continue };
        seen += 1;
        let decoded = (
            finding.time,
            finding.event_id,
            finding.account,
            finding.region,
            finding.resource,
            finding.principal.session,
        );
        let glanced = (
            repeat.time,
            repeat.event_id,
            repeat.account,
            repeat.region,
            repeat.resource,
            repeat.session,
        );
        assert_eq!(glanced, decoded, "{}", name(&path));
        assert_eq!(repeat.network.network_prefix(), finding.network);
        assert_eq!(repeat.network.agent_family().map(str::to_owned), finding.agent_family);
    }
    assert!(seen > 15, "{seen}");
}

/// Runs everything that reads foreign bytes; the sums must balance.
fn read_all(bytes: &[u8]) {
    let opened = open_body(EnvelopeKind::Any, bytes);
    let rejected = opened.rejects.iter().filter(|reject| reject.record.is_some()).count();
    assert_eq!(opened.records_seen(), (opened.records.len() + rejected) as u64);
    for record in &opened.records {
        let decoded = decode_record(&record.bytes);
        if let (Some((outcome, time)), Ok(event)) = (glance(&record.bytes), decoded) {
            assert_eq!(
                (event.outcome, event.time),
                (outcome, time),
                "a glance tells what decoding tells"
            );
        }
    }
    if let Some(sifted) = sift(bytes) {
        assert!(sifted.kept.len() as u64 <= sifted.records);
        assert!(sifted.kept.iter().all(|(_, range)| bytes.get(range.clone()).is_some()));
    }
}

fn corpus_bytes() -> Vec<Vec<u8>> {
    let paths = files("cloudtrail").into_iter().chain(files("envelopes"));
    paths.map(|path| fs::read(path).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn broken_bytes_are_rejects(
        file in prop::sample::select(corpus_bytes()),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, prop::collection::vec(any::<u8>(), 0..6)), 1..5),
    ) {
        let mut bytes = file;
        for (at, gone, new) in cuts {
            let at = at.index(bytes.len() + 1);
            let end = (at + gone).min(bytes.len());
            bytes.splice(at..end, new);
        }
        read_all(&bytes);
    }

    #[test]
    fn sifting_dismisses_no_denial(order in prop::collection::vec(any::<prop::sample::Index>(), 1..8)) {
        let records: Vec<String> = files("cloudtrail").iter().map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let escaped = text.contains("\\u0065rrorCode");
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let line = value.to_string();
            if escaped { line.replace("\"errorCode\"", "\"\\u0065rrorCode\"") } else { line }
        }).collect();
        let chosen: Vec<&str> = order.iter().map(|index| index.get(&records).as_str()).collect();
        let body = format!("{{\"Records\":[{}]}}", chosen.join(","));
        let denied = |bytes: &[u8]| decode_record(bytes).is_ok_and(|event| event.outcome == Outcome::Denied);
        let oracle: Vec<u64> = (1..).zip(&chosen).filter(|(_, record)| denied(record.as_bytes())).map(|(n, _)| n).collect();
        if let Some(sifted) = sift(body.as_bytes()) {
            let kept = sifted.kept.iter().filter(|(_, range)| denied(&body.as_bytes()[range.clone()]));
            prop_assert_eq!(sifted.records, chosen.len() as u64);
            prop_assert_eq!(kept.map(|(number, _)| *number).collect::<Vec<_>>(), oracle);
        }
    }
}
