//! Decisions as a story: findings over time, and what is reported.

use aware_core::finding::{Finding, RuleSummary};
use aware_core::source::cloudtrail::decode_record;
use jiff::{SignedDuration, Timestamp};

use super::{DailyDigest, FindingGroup, GroupClass, NotifyCause, NotifyDecision, RepeatIntervals};

fn at(seconds: i64) -> Timestamp {
    "2026-11-24T03:54:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn finding(id: &str, seconds: i64, ip: &str, invoked_by: Option<&str>) -> Finding {
    let by = invoked_by.map(|by| format!(r#","invokedBy":"{by}""#)).unwrap_or_default();
    let kind = if invoked_by.is_some() { "AWSService" } else { "IAMUser" };
    let record = format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{"type":"{kind}","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333"{by}}},
        "eventTime":"{}","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"{ip}",
        "userAgent":"aws-cli/2","errorCode":"AccessDenied","eventID":"{id}","recipientAccountId":"111122223333"}}"#,
        at(seconds)
    );
    Finding::from_event(&RuleSummary::denied_call(), &decode_record(record.as_bytes()).unwrap())
}

fn observe(tally: &mut FindingGroup, finding: &Finding, seconds: i64) -> NotifyDecision {
    let decision = tally.record_and_decide(finding, at(seconds));
    if matches!(decision, NotifyDecision::Notify(_)) {
        tally.mark_reported(at(seconds));
    }
    decision
}

#[test]
fn a_first_is_told_at_once_and_repeats_by_and_by() {
    let intervals = RepeatIntervals::default();
    let first = finding("1", 0, "192.0.2.1", None);
    let mut tally = FindingGroup::for_finding(&first);
    assert_eq!(observe(&mut tally, &first, 0), NotifyDecision::Notify(NotifyCause::NewGroup));
    assert_eq!(tally.next_update_at(&intervals), None, "nothing to repeat");

    assert_eq!(observe(&mut tally, &finding("2", 5, "192.0.2.1", None), 5), NotifyDecision::Count);
    assert_eq!(tally.next_update_at(&intervals), Some(at(30)));
    tally.mark_reported(at(30));
    assert_eq!(tally.next_update_at(&intervals), None);

    observe(&mut tally, &finding("3", 40, "192.0.2.9", None), 40);
    assert_eq!(tally.next_update_at(&intervals), Some(at(30 + 300)));
    tally.mark_reported(at(330));
    observe(&mut tally, &finding("4", 400, "192.0.2.1", None), 400);
    assert_eq!(tally.next_update_at(&intervals), Some(at(330 + 4 * 3600)));
    assert_eq!((tally.count, tally.unreported_count()), (4, 1));
}

#[test]
fn a_new_network_is_told_once() {
    let first = finding("1", 0, "192.0.2.1", None);
    let mut tally = FindingGroup::for_finding(&first);
    observe(&mut tally, &first, 0);
    let other = finding("2", 1, "203.0.113.7", None);
    let new = NotifyCause::Novelty("network 203.0.113.0/24".to_owned());
    assert_eq!(observe(&mut tally, &other, 1), NotifyDecision::Notify(new));
    assert_eq!(
        observe(&mut tally, &finding("3", 2, "203.0.113.8", None), 2),
        NotifyDecision::Count
    );
}

#[test]
fn networks_without_end_stop_being_news() {
    let first = finding("1", 0, "192.0.2.1", None);
    let mut tally = FindingGroup::for_finding(&first);
    let mut told = 0;
    for i in 0..200 {
        let finding = finding(&i.to_string(), i, &format!("10.0.{i}.1"), None);
        told += usize::from(matches!(observe(&mut tally, &finding, i), NotifyDecision::Notify(_)));
    }
    assert_eq!(told, super::SAMPLE);
}

#[test]
fn services_wait_for_the_digest_unless_their_rate_jumps() {
    let by = Some("config.amazonaws.com");
    let first = finding("1", 0, "config.amazonaws.com", by);
    let mut tally = FindingGroup::for_finding(&first);
    assert_eq!(tally.class, GroupClass::Service);
    for hour in 0..48 {
        let seconds = hour * 3600;
        assert_eq!(
            observe(&mut tally, &finding("x", seconds, "config.amazonaws.com", by), seconds),
            NotifyDecision::Count
        );
    }
    assert_eq!(tally.next_update_at(&RepeatIntervals::default()), None);
    let digest = DailyDigest::from_groups([&tally]).unwrap();
    assert_eq!(digest.total, 48);
    assert_eq!(digest.lines, [("config.amazonaws.com iam:ListUsers".to_owned(), 48)]);

    let jumps = (0..100).filter(|i| {
        let seconds = 48 * 3600 + i;
        observe(&mut tally, &finding("y", seconds, "config.amazonaws.com", by), seconds)
            == NotifyDecision::Notify(NotifyCause::RateJump)
    });
    assert_eq!(jumps.count(), 1);
}

#[test]
fn any_order_and_any_split_give_the_same_tally() {
    let findings: Vec<_> = (0..60)
        .map(|i| finding(&format!("e{i}"), (i * 7) % 60, &format!("10.0.{}.1", i % 30), None))
        .collect();
    let tally_of = |findings: &[Finding]| {
        let mut tally = FindingGroup::for_finding(&findings[0]);
        findings.iter().for_each(|finding| tally.record(finding));
        tally
    };
    let whole = tally_of(&findings);
    let backwards: Vec<_> = findings.iter().rev().cloned().collect();
    assert_eq!(tally_of(&backwards), whole);
    let mut merged = tally_of(&findings[40..]);
    merged.merge_group(tally_of(&findings[..40]));
    assert_eq!(merged, whole);
}
