//! Decides which destinations get a message.

use crate::case::{CaseKind, CaseReading};
use crate::event::Level;
use crate::explanation::LooksLike;
use crate::message::{Message, MessageKind};

/// One route: what it accepts, and where that goes. A route without conditions accepts everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageRoute {
    /// The lowest level accepted; a message without a level passes.
    pub min_level: Option<Level>,
    /// Accounts accepted; empty for all.
    pub accounts: Vec<String>,
    /// What accepted denials look like; empty for all. A message without a reading passes.
    pub looks_like: Vec<LooksLike>,
    /// What accepted cases look like; empty for all. A message without a case passes.
    pub readings: Vec<CaseReading>,
    /// Whom accepted cases are about; empty for all. A message without a case passes.
    pub kinds: Vec<CaseKind>,
    /// Names of destinations.
    pub to: Vec<String>,
}

impl MessageRoute {
    /// Whether the route accepts the message. Messages about this program itself go everywhere.
    pub fn accepts_message(&self, message: &Message) -> bool {
        if matches!(message.kind, MessageKind::System | MessageKind::Heartbeat) {
            return true;
        }
        let level =
            self.min_level.is_none_or(|min| message.severity.is_none_or(|level| level >= min));
        let account = || {
            let of_case = message.case.iter().flat_map(|case| &case.accounts);
            let mut accounts = of_case.chain(&message.facts.account).peekable();
            accounts.peek().is_none() || accounts.any(|account| self.accounts.contains(account))
        };
        let reading = message.looks_like.as_ref();
        let looks = self.looks_like.is_empty()
            || reading.is_none_or(|reading| self.looks_like.iter().any(|one| reading == one));
        level && looks && self.accepts_case(message) && (self.accounts.is_empty() || account())
    }

    fn accepts_case(&self, message: &Message) -> bool {
        let Some(case) = &message.case else { return true };
        let reading = || self.readings.iter().any(|one| case.reading == *one);
        let kind = || self.kinds.iter().any(|one| case.kind == *one);
        (self.readings.is_empty() || reading()) && (self.kinds.is_empty() || kind())
    }
}

/// The destinations of a message, without duplicates, in the order of the routes. Without any
/// routes, every destination gets every message.
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
    if routes.is_empty() {
        return all.iter().map(String::as_str).collect();
    }
    let mut names = Vec::new();
    for name in
        routes.iter().filter(|route| route.accepts_message(message)).flat_map(|route| &route.to)
    {
        if !names.contains(&name.as_str()) {
            names.push(name.as_str());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_by_case() {
        let body = br#"{"subject": "s", "fields": [], "schemaVersion": "2.0", "severity": "critical",
            "case": {"id": "c1", "kind": "intruder", "level": "critical", "reading": "intrusion"}}"#;
        let message = Message::read_json(body).unwrap();
        let route = |readings: &[CaseReading], kinds: &[CaseKind]| MessageRoute {
            readings: readings.to_vec(),
            kinds: kinds.to_vec(),
            ..MessageRoute::default()
        };
        use CaseReading::{Exploring, Intrusion};
        for (route, expected) in [
            (route(&[], &[]), true),
            (route(&[Intrusion, Exploring], &[]), true),
            (route(&[Exploring], &[]), false),
            (route(&[Intrusion], &[CaseKind::Intruder]), true),
            (route(&[Intrusion], &[CaseKind::Workload]), false),
        ] {
            assert_eq!(route.accepts_message(&message), expected, "{route:?}");
        }
        let plain = Message::read_json(br#"{"subject": "s", "fields": []}"#).unwrap();
        assert!(route(&[Exploring], &[]).accepts_message(&plain), "no case");
    }
}
