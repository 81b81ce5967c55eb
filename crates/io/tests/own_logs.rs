//! The worked example of PostgreSQL: what clients can put into its log, and what becomes of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use aware_core::envelope::{EnvelopeKind, OpenedBody, open_body};
use aware_core::event::{Event, Outcome, PrincipalKind};
use aware_core::source::contract::RecordContext;
use aware_core::source::source_of;
use aware_io::config::read_config;
use aware_io::rules::RuleRequest;
use aware_rules::mapped::define_maps;

fn open(lines: &str) -> OpenedBody {
    let example = "../../docs/examples/own/postgres.toml";
    let config = read_config(&Path::new(env!("CARGO_MANIFEST_DIR")).join(example)).unwrap();
    define_maps(&RuleRequest::from_config(&config, "postgres.toml").sources).unwrap();
    open_body(EnvelopeKind::Any, lines.as_bytes())
}

fn event(line: &str) -> Event {
    let opened = open(line);
    assert_eq!((opened.records.len(), opened.rejects.total_count()), (1, 0), "{line}");
    let record = &opened.records[0];
    source_of(record.source).decode(&record.bytes, RecordContext::default()).unwrap()
}

/// A line about a client that may choose its names freely.
fn line(user: &str, database: &str, message: &str) -> String {
    format!("2026-11-24 03:12:09 UTC:198.51.100.23(51514):{user}@{database}:[12345]:{message}")
}

#[test]
fn who_did_what() {
    let denied = event(
        "2026-11-24 03:12:11 UTC:2001:db8::1(40112):report_job@orders:[12400]:ERROR:  permission \
         denied for table salaries",
    );
    assert_eq!(denied.action.to_string(), "postgres:access");
    assert_eq!(
        (denied.outcome, denied.principal.key.as_str()),
        (Outcome::Denied, "postgres:report_job")
    );
    assert_eq!(denied.network.source.as_deref(), Some("2001:db8::1"));
    assert_eq!(denied.resources[0].name, "database orders");
    assert_eq!(denied.why().as_deref(), Some("permission denied for table salaries"));
    let read = event(&line("report_job", "orders", "LOG:  duration: 7 ms"));
    assert_eq!((read.outcome, read.principal.name.as_str()), (Outcome::Success, "report_job"));
    let own = event("2026-11-24 03:13:02 UTC::@:[390]:LOG:  checkpoint complete");
    assert_eq!((own.outcome, own.principal.name.as_str()), (Outcome::Success, "unknown client"));
}

#[test]
fn a_client_speaks_for_nobody_else_and_hides_no_refusal() {
    let forged = [
        ("x:[1]:LOG:  hi", "orders"),
        ("report_job@orders:[1]:LOG:  hi", "orders"),
        ("report_job@orders:[1]:ERROR:  permission denied", "orders"),
        ("report_job", "orders:[1]:LOG:  hi"),
    ];
    let plain = [("admin", "orders"), ("a:b", "orders"), ("", "")];
    for (user, database) in forged.iter().chain(&plain) {
        let refused = format!("FATAL:  password authentication failed for user \"{user}\"");
        let event = event(&line(user, database, &refused));
        let told = (event.outcome, event.principal.kind, event.principal.name.as_str());
        assert_eq!(told, (Outcome::Denied, PrincipalKind::Address, "198.51.100.23"), "{user}");
    }
    for (user, database) in forged {
        let event = event(&line(user, database, "FATAL:  canceling authentication due to timeout"));
        let told = (event.outcome, event.principal.kind);
        assert_eq!(told, (Outcome::Denied, PrincipalKind::Address), "{user}@{database}");
    }
}

#[test]
fn a_name_in_the_details_of_a_refusal_is_nobody() {
    let detail = line("report_job", "orders", "DETAIL:  Connection matched pg_hba.conf line 13");
    assert_eq!(event(&detail).principal.name, "198.51.100.23");
}

#[test]
fn a_line_that_a_name_cuts_is_refused() {
    let lines = line("x\nhi", "orders", "FATAL:  password authentication failed for user \"x");
    let opened = open(&lines);
    assert_eq!((opened.records.len(), opened.rejects.record_count()), (1, 1));
    let (first, _) = lines.split_once('\n').unwrap();
    let event = event(first);
    assert_eq!((event.outcome, event.principal.name.as_str()), (Outcome::Denied, "198.51.100.23"));
}
