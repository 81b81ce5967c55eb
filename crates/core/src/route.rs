//! Decides which destinations get a message.

mod conditions;
mod verdict;
mod window;

use jiff::Timestamp;

use crate::message::Message;

pub use conditions::MessageRoute;
pub use verdict::{MuteCause, RouteMismatch, RouteVerdict};
pub use window::{ClockTime, TimeWindow};

/// Where a message goes, and where it would go if no route were muted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutedMessage<'a> {
    /// Its destinations, without duplicates, in the order of the routes.
    pub to: Vec<&'a str>,
    /// The further destinations of routes that match it and are muted.
    pub muted: Vec<&'a str>,
}

/// What each route says to a message at a time, in the order of the routes. This is the only place
/// that decides: delivery and `aware route test` both ask it.
///
/// A route with `stop` that selects the message is the last that is asked, even if it is muted.
/// Messages about this program itself are never stopped.
pub fn explain_routes(
    message: &Message,
    routes: &[MessageRoute],
    at: Option<Timestamp>,
) -> Vec<RouteVerdict> {
    let mut stopped = None;
    let mut verdicts = Vec::with_capacity(routes.len());
    for (index, route) in routes.iter().enumerate() {
        let verdict = match stopped {
            Some(stopped_by) => RouteVerdict::NotAsked { stopped_by },
            None => route.explain(message, at),
        };
        if route.stop && verdict.is_selected() {
            stopped = Some(index);
        }
        verdicts.push(verdict);
    }
    verdicts
}

/// Where a message goes at a time. Without any routes, every destination gets every message.
pub fn route_message<'a>(
    message: &Message,
    routes: &'a [MessageRoute],
    all: &'a [String],
    at: Option<Timestamp>,
) -> RoutedMessage<'a> {
    if routes.is_empty() {
        return RoutedMessage { to: all.iter().map(String::as_str).collect(), muted: Vec::new() };
    }
    let mut routed = RoutedMessage::default();
    for (route, verdict) in routes.iter().zip(explain_routes(message, routes, at)) {
        if verdict.is_taken() {
            add_names(&mut routed.to, &route.to);
        } else if verdict.is_selected() {
            add_names(&mut routed.muted, &route.to);
        }
    }
    let RoutedMessage { to, muted } = &mut routed;
    muted.retain(|name| !to.contains(name));
    routed
}

fn add_names<'a>(names: &mut Vec<&'a str>, more: &'a [String]) {
    for name in more {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
}

/// The destinations of a message, without duplicates, in the order of the routes. What counts for
/// windows of time is the message's own time, so that every attempt gets the same answer.
///
/// ```
/// use aware_core::event::Level;
/// use aware_core::message::Message;
/// use aware_core::route::{MessageRoute, destinations_for};
///
/// let body = br#"{"subject": "Root was used", "fields": [], "severity": "high"}"#;
/// let message = Message::read_json(body).unwrap();
/// let route = |min_level, to: &str| MessageRoute {
///     min_level: Some(min_level),
///     to: vec![to.to_owned()],
///     ..Default::default()
/// };
/// let routes = [route(Level::High, "pager"), route(Level::Critical, "phone")];
/// assert_eq!(destinations_for(&message, &routes, &[]), ["pager"]);
/// ```
pub fn destinations_for<'a>(
    message: &Message,
    routes: &'a [MessageRoute],
    all: &'a [String],
) -> Vec<&'a str> {
    route_message(message, routes, all, message.time).to
}

#[cfg(test)]
mod tests;
