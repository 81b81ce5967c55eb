//! Whose a correlation's events are.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use aware_core::case::EventMark;
use aware_core::event::Level;
use aware_core::finding::{CorrelatedEvents, Finding, FindingPrincipal, RuleSummary};
use aware_core::source::cloudtrail;

use super::{EventSummary, FiredCorrelation};

const ACCOUNT: &str = "111122223333";

/// A correlation of events, each by the key of its principal, if that is known, and its account.
fn fired(group: &str, events: &[(Option<&str>, &str)]) -> FiredCorrelation {
    let rule = Arc::new(RuleSummary::with_defaults("own-correlation", "A rule", Level::Low));
    let correlated = CorrelatedEvents {
        id: "co1:1".to_owned(),
        group: vec![(group.to_owned(), "user/alice".to_owned())],
        value: 3.0,
        events: 3,
        since: "2026-11-24T09:00:00Z".parse().unwrap(),
        principals: Vec::new(),
        actions: Vec::new(),
    };
    let time = correlated.since;
    let place = (ACCOUNT, "eu-west-1");
    let finding = Finding::from_correlation(&rule, cloudtrail::ID, place, time, correlated);
    let face = |key: &str| {
        let principal = FindingPrincipal { key: key.to_owned(), ..finding.principal.clone() };
        let (action, region) = ("s3:GetObject".to_owned(), "eu-west-1".to_owned());
        Arc::new(EventSummary { principal, action, region, source: None, mark: EventMark::Read })
    };
    FiredCorrelation {
        faces: events.iter().map(|(key, _)| key.map(face)).collect(),
        accounts: events.iter().map(|(_, account)| (*account).to_owned()).collect(),
        events: vec![(time, "e".to_owned()); events.len()],
        finding,
        common: None,
    }
}

fn whose(group: &str, events: &[(Option<&str>, &str)]) -> String {
    fired(group, events).case_event().principal.key
}

const BY_PRINCIPAL: &str = "aware.principal";
const NOBODY: &str = "correlation aware.principal=user/alice of own-correlation in 111122223333";

#[test]
fn events_of_one_principal_are_theirs() {
    let alice = (Some("alice"), ACCOUNT);
    assert_eq!(whose(BY_PRINCIPAL, &[alice, alice]), "alice");
    assert_eq!(whose(BY_PRINCIPAL, &[alice, (Some("bob"), ACCOUNT)]), NOBODY);
}

/// A restart, or another process that read the earlier events, changes nothing.
#[test]
fn what_was_read_before_is_theirs_where_the_principal_groups() {
    let (alice, unknown) = ((Some("alice"), ACCOUNT), (None, ACCOUNT));
    assert_eq!(whose(BY_PRINCIPAL, &[unknown, unknown, alice]), "alice");
    assert_eq!(whose(BY_PRINCIPAL, &[(None, "444455556666"), alice]), NOBODY, "a namesake");
    assert_eq!(whose(BY_PRINCIPAL, &[unknown, unknown]), NOBODY);
    let by_address = whose("sourceIPAddress", &[unknown, alice]);
    assert!(by_address.starts_with("correlation sourceIPAddress="), "{by_address}");
}
