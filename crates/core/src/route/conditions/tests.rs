//! Each condition alone: what fits, what does not, and what lacks the thing asked about.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::*;
use crate::route::window::ClockTime;

/// A message of version 2 with these keys.
fn message(keys: &Value) -> Message {
    let mut body = json!({"subject": "s", "fields": [], "schemaVersion": "2.0"});
    let all = body.as_object_mut().unwrap();
    all.extend(keys.as_object().unwrap().clone());
    Message::read_json(body.to_string().as_bytes()).unwrap()
}

fn case(level: &str, reading: &str) -> Value {
    json!({"severity": level, "time": "2026-11-24T03:54:00Z",
        "case": {"id": "c1", "kind": "intruder", "level": level, "reading": reading,
            "accounts": ["111122223333", "222233334444"]}})
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// What a route says, as a sentence.
fn told(route: &MessageRoute, message: &Message) -> String {
    route.explain(message, message.time).to_string()
}

fn nights() -> TimeWindow {
    TimeWindow {
        name: "nights".to_owned(),
        days: Vec::new(),
        from: ClockTime::parse("18:00").unwrap(),
        to: ClockTime::parse("08:00").unwrap(),
        zone: TimeZone::UTC,
    }
}

#[test]
fn routes_by_case() {
    use CaseReading::{Exploring, Intrusion};
    let told_case = message(&case("critical", "intrusion"));
    let route = |readings: &[CaseReading], kinds: &[CaseKind]| MessageRoute {
        readings: readings.to_vec(),
        kinds: kinds.to_vec(),
        ..MessageRoute::default()
    };
    for (route, expected) in [
        (route(&[], &[]), true),
        (route(&[Intrusion, Exploring], &[]), true),
        (route(&[Exploring], &[]), false),
        (route(&[Intrusion], &[CaseKind::Intruder]), true),
        (route(&[Intrusion], &[CaseKind::Workload]), false),
    ] {
        assert_eq!(route.accepts_message(&told_case), expected, "{route:?}");
    }
    let plain = Message::read_json(br#"{"subject": "s", "fields": []}"#).unwrap();
    assert!(route(&[Exploring], &[]).accepts_message(&plain), "no case");
}

#[test]
fn the_first_condition_that_does_not_fit_is_told() {
    let of_case = message(&case("low", "exploring"));
    let route = MessageRoute { min_level: Some(Level::High), ..MessageRoute::default() };
    assert_eq!(
        told(&route, &of_case),
        "does not match: `min_level` asks for high; the message has low"
    );
    let accounts = strings(&["333344445555", "444455556666"]);
    let route = MessageRoute { accounts, ..MessageRoute::default() };
    assert_eq!(
        told(&route, &of_case),
        "does not match: `accounts` asks for 333344445555, 444455556666; the message has \
         111122223333, 222233334444"
    );
    let route = MessageRoute {
        readings: vec![CaseReading::Intrusion],
        kinds: vec![CaseKind::Chain],
        ..MessageRoute::default()
    };
    assert_eq!(
        told(&route, &of_case),
        "does not match: `readings` asks for intrusion; the message has exploring"
    );
}

#[test]
fn a_message_that_lacks_what_is_asked_about_passes() {
    let plain = message(&json!({}));
    let all = MessageRoute {
        min_level: Some(Level::Critical),
        accounts: strings(&["111122223333"]),
        looks_like: vec![LooksLike::Exploring],
        readings: vec![CaseReading::Intrusion],
        kinds: vec![CaseKind::Intruder],
        sources: strings(&["CloudTrail"]),
        regions: strings(&["eu-west-1"]),
        tags: [("team".to_owned(), strings(&["web"]))].into(),
        mute: vec![nights()],
        ..MessageRoute::default()
    };
    assert_eq!(told(&all, &plain), "takes it");
    let digest = message(&json!({"kind": "digest", "metadata": {"sourceName": "Activity Aware"}}));
    assert_eq!(told(&all, &digest), "takes it", "it comes from no log");
}

#[test]
fn sources_regions_and_tags() {
    let route = |sources: &[&str], regions: &[&str], values: &[&str]| MessageRoute {
        sources: strings(sources),
        regions: strings(regions),
        tags: [("team".to_owned(), strings(values))].into(),
        ..MessageRoute::default()
    };
    let dns = message(&json!({"metadata": {"sourceName": "Route 53 Resolver"},
        "facts": {"regions": {"values": ["eu-west-1"]}},
        "tags": [{"key": "team", "value": "web"}, {"key": "team", "value": "shop"}]}));
    for (route, expected) in [
        (route(&[], &[], &[]), "takes it"),
        (route(&["cloudtrail", "route 53 resolver"], &[], &[]), "takes it"),
        (
            route(&["CloudTrail"], &[], &[]),
            "does not match: `sources` asks for CloudTrail; the message has Route 53 Resolver",
        ),
        (route(&[], &["us-east-1", "eu-west-1"], &[]), "takes it"),
        (
            route(&[], &["us-east-1"], &[]),
            "does not match: `regions` asks for us-east-1; the message has eu-west-1",
        ),
        (route(&[], &[], &["shop"]), "takes it"),
        (
            route(&[], &[], &["Web"]),
            "does not match: `tags.team` asks for Web; the message has web, shop",
        ),
    ] {
        assert_eq!(told(&route, &dns), expected);
    }
}

#[test]
fn a_list_of_regions_that_was_cut_may_hold_any() {
    let route = MessageRoute { regions: strings(&["eu-west-1"]), ..MessageRoute::default() };
    let regions = |facts: Value| message(&json!({"facts": {"regions": facts}}));
    assert!(route.accepts_message(&regions(json!({"values": ["us-east-1"], "more": true}))));
    assert!(!route.accepts_message(&regions(json!({"values": ["us-east-1"]}))));
    let labelled = |text: &str| message(&json!({"fields": [{"key": "Regions", "value": text}]}));
    assert!(route.accepts_message(&labelled("us-east-1, eu-west-1")));
    assert!(route.accepts_message(&labelled("us-east-1, us-east-2, …")));
    assert!(!route.accepts_message(&labelled("us-east-1, us-east-2")));
}

#[test]
fn windows_mute_by_the_message_s_own_time() {
    let route = MessageRoute { mute: vec![nights()], ..MessageRoute::default() };
    let night = message(&case("high", "exploring"));
    assert_eq!(told(&route, &night), "matches, but is muted: the time is within `nights`");
    assert!(!route.accepts_message(&night));
    let day = "2026-11-24T12:00:00Z".parse().ok();
    assert_eq!(route.explain(&night, day), RouteVerdict::Takes);
    let only = MessageRoute { only_during: vec![nights()], ..MessageRoute::default() };
    assert!(only.accepts_message(&night));
    assert_eq!(
        only.explain(&night, day).to_string(),
        "matches, but is muted: the time is outside `nights`"
    );
    let both = MessageRoute {
        mute: vec![nights()],
        only_during: vec![nights()],
        ..MessageRoute::default()
    };
    assert!(!both.accepts_message(&night), "`mute` counts within `only_during`");
}

#[test]
fn critical_cases_and_messages_about_the_program_are_never_muted() {
    let route = MessageRoute { mute: vec![nights()], ..MessageRoute::default() };
    let critical = message(&case("critical", "intrusion"));
    assert_eq!(
        told(&route, &critical),
        "takes it: the time is within `nights`, but critical messages are never muted"
    );
    let mut of_level = message(&case("high", "intrusion"));
    of_level.severity = Some(Level::Critical);
    assert!(route.accepts_message(&of_level));
    let mut by_case = critical;
    by_case.severity = None;
    assert!(route.accepts_message(&by_case));
    for kind in ["system", "heartbeat"] {
        let about = message(&json!({"kind": kind, "severity": "low",
            "time": "2026-11-24T03:54:00Z"}));
        assert_eq!(route.explain(&about, about.time), RouteVerdict::AboutProgram);
    }
    let digest = message(&json!({"kind": "digest", "severity": "informational",
        "time": "2026-11-24T03:54:00Z"}));
    assert!(!route.accepts_message(&digest), "a digest can be muted");
}
