//! Several routes: who is asked, who stops, and what muted routes leave out.

use jiff::tz::TimeZone;

use super::*;
use crate::event::Level;

fn message(level: &str, kind: &str) -> Message {
    let body = format!(
        r#"{{"subject": "s", "fields": [], "schemaVersion": "2.0", "severity": "{level}",
            "kind": "{kind}", "time": "2026-11-24T03:54:00Z"}}"#
    );
    Message::read_json(body.as_bytes()).unwrap()
}

fn route(min_level: Level, to: &[&str]) -> MessageRoute {
    let to = to.iter().map(|name| (*name).to_owned()).collect();
    MessageRoute { min_level: Some(min_level), to, ..MessageRoute::default() }
}

fn stopping(route: MessageRoute) -> MessageRoute {
    MessageRoute { stop: true, ..route }
}

fn muted(route: MessageRoute) -> MessageRoute {
    let nights = TimeWindow {
        name: "nights".to_owned(),
        days: Vec::new(),
        from: ClockTime::parse("18:00").unwrap(),
        to: ClockTime::parse("08:00").unwrap(),
        zone: TimeZone::UTC,
    };
    MessageRoute { mute: vec![nights], ..route }
}

#[test]
fn without_stop_every_route_is_asked() {
    let routes = [route(Level::Low, &["a"]), route(Level::Low, &["b", "a"])];
    assert_eq!(destinations_for(&message("high", "finding"), &routes, &[]), ["a", "b"]);
    let all = ["x".to_owned(), "y".to_owned()];
    assert_eq!(destinations_for(&message("high", "finding"), &[], &all), ["x", "y"]);
}

#[test]
fn stop_ends_the_search_only_where_the_route_matches() {
    let routes = [stopping(route(Level::High, &["pager"])), route(Level::Low, &["chat"])];
    assert_eq!(destinations_for(&message("high", "finding"), &routes, &[]), ["pager"]);
    assert_eq!(destinations_for(&message("medium", "finding"), &routes, &[]), ["chat"]);
    let high = message("high", "finding");
    assert_eq!(
        explain_routes(&high, &routes, high.time),
        [RouteVerdict::Takes, RouteVerdict::NotAsked { stopped_by: 0 }]
    );
    assert_eq!(
        explain_routes(&high, &routes, None).last().unwrap().to_string(),
        "is not asked: route 1 stops"
    );
}

#[test]
fn messages_about_the_program_are_not_stopped() {
    let routes = [stopping(route(Level::High, &["pager"])), route(Level::High, &["chat"])];
    assert_eq!(destinations_for(&message("low", "system"), &routes, &[]), ["pager", "chat"]);
}

#[test]
fn a_muted_route_stops_and_what_it_leaves_out_is_known() {
    let high = message("high", "finding");
    let routes = [stopping(muted(route(Level::High, &["pager"]))), route(Level::Low, &["chat"])];
    let routed = route_message(&high, &routes, &[], high.time);
    assert_eq!(routed, RoutedMessage { to: vec![], muted: vec!["pager"] });
    let at_noon = route_message(&high, &routes, &[], "2026-11-24T12:00:00Z".parse().ok());
    assert_eq!(at_noon, RoutedMessage { to: vec!["pager"], muted: vec![] });
    let critical = message("critical", "finding");
    assert_eq!(destinations_for(&critical, &routes, &[]), ["pager"]);
}

#[test]
fn a_destination_that_another_route_names_is_not_muted() {
    let high = message("high", "finding");
    let routes = [muted(route(Level::High, &["pager", "chat"])), route(Level::Low, &["chat"])];
    let routed = route_message(&high, &routes, &[], high.time);
    assert_eq!(routed, RoutedMessage { to: vec!["chat"], muted: vec!["pager"] });
}
