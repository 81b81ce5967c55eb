//! What one route asks of a message.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::verdict::{MuteCause, RouteMismatch, RouteVerdict};
use super::window::TimeWindow;
use crate::case::{CaseKind, CaseReading};
use crate::event::Level;
use crate::explanation::LooksLike;
use crate::message::{FactList, Message, MessageKind};
use crate::open::{NamedSet, OpenEnum};

/// The source of messages that come from no log, such as the daily digest.
const PROGRAM: &str = "Activity Aware";
/// What ends a list that was cut.
const CUT: &str = "…";

/// One route: what it accepts, and where that goes. A route without conditions accepts everything.
/// A message that lacks what a condition asks about passes that condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageRoute {
    /// The lowest level accepted.
    pub min_level: Option<Level>,
    /// Accounts accepted; empty for all.
    pub accounts: Vec<String>,
    /// What accepted denials look like; empty for all.
    pub looks_like: Vec<LooksLike>,
    /// What accepted cases look like; empty for all.
    pub readings: Vec<CaseReading>,
    /// Whom accepted cases are about; empty for all.
    pub kinds: Vec<CaseKind>,
    /// The names of sources accepted, as messages have them (`CloudTrail`), whose case does not
    /// matter; empty for all.
    pub sources: Vec<String>,
    /// Regions accepted; empty for all.
    pub regions: Vec<String>,
    /// Values accepted of tags, by their keys; empty for all.
    pub tags: BTreeMap<String, Vec<String>>,
    /// When the route is silent.
    pub mute: Vec<TimeWindow>,
    /// When the route is not silent; empty for always.
    pub only_during: Vec<TimeWindow>,
    /// Whether no later route is asked about a message that this one selects.
    pub stop: bool,
    /// Names of destinations.
    pub to: Vec<String>,
}

impl MessageRoute {
    /// Whether the route accepts the message at the message's own time. Messages about this program
    /// itself go everywhere.
    pub fn accepts_message(&self, message: &Message) -> bool {
        self.explain(message, message.time).is_taken()
    }

    /// What the route says to the message, and why, at a time. Without one, no window mutes it.
    ///
    /// ```
    /// use aware_core::event::Level;
    /// use aware_core::message::Message;
    /// use aware_core::route::MessageRoute;
    ///
    /// let body = br#"{"subject": "Root was used", "fields": [], "severity": "low"}"#;
    /// let message = Message::read_json(body).unwrap();
    /// let route = MessageRoute { min_level: Some(Level::High), ..MessageRoute::default() };
    /// assert_eq!(
    ///     route.explain(&message, None).to_string(),
    ///     "does not match: `min_level` asks for high; the message has low"
    /// );
    /// ```
    pub fn explain(&self, message: &Message, at: Option<Timestamp>) -> RouteVerdict {
        if matches!(message.kind, MessageKind::System | MessageKind::Heartbeat) {
            return RouteVerdict::AboutProgram;
        }
        if let Some(mismatch) = self.first_mismatch(message) {
            return RouteVerdict::Differs(mismatch);
        }
        match at.and_then(|at| self.mute_cause(at)) {
            None => RouteVerdict::Takes,
            Some(cause) if is_critical(message) => RouteVerdict::TooUrgent(cause),
            Some(cause) => RouteVerdict::Muted(cause),
        }
    }

    fn first_mismatch(&self, message: &Message) -> Option<RouteMismatch> {
        let case = message.case.as_ref();
        let looks = message.looks_like.iter().map(OpenEnum::as_str);
        let reading = case.iter().map(|case| case.reading.as_str());
        let kind = case.iter().map(|case| case.kind.as_str());
        self.level_mismatch(message)
            .or_else(|| mismatch("accounts", texts(&self.accounts), accounts_of(message)))
            .or_else(|| mismatch("looks_like", names(&self.looks_like), looks.collect()))
            .or_else(|| mismatch("readings", names(&self.readings), reading.collect()))
            .or_else(|| mismatch("kinds", names(&self.kinds), kind.collect()))
            .or_else(|| self.source_mismatch(message))
            .or_else(|| mismatch("regions", texts(&self.regions), regions_of(message)))
            .or_else(|| self.tag_mismatch(message))
    }

    fn level_mismatch(&self, message: &Message) -> Option<RouteMismatch> {
        let (lowest, level) = (self.min_level?, message.severity?);
        (level < lowest).then(|| RouteMismatch {
            condition: "min_level".to_owned(),
            asked: vec![lowest.as_str().to_owned()],
            found: vec![level.as_str().to_owned()],
        })
    }

    fn source_mismatch(&self, message: &Message) -> Option<RouteMismatch> {
        let source = message.source_name.as_deref().filter(|name| *name != PROGRAM)?;
        let is_asked = self.sources.iter().any(|asked| asked.eq_ignore_ascii_case(source));
        if is_asked { None } else { mismatch("sources", texts(&self.sources), vec![source]) }
    }

    fn tag_mismatch(&self, message: &Message) -> Option<RouteMismatch> {
        self.tags.iter().find_map(|(key, asked)| {
            let tags = message.tags.iter().filter(|tag| tag.key == *key);
            let found = tags.map(|tag| tag.value.as_str()).collect();
            mismatch(&format!("tags.{key}"), texts(asked), found)
        })
    }

    fn mute_cause(&self, at: Timestamp) -> Option<MuteCause> {
        if let Some(window) = self.mute.iter().find(|window| window.contains_time(at)) {
            return Some(MuteCause::Within(window.name.clone()));
        }
        let is_open = self.only_during.is_empty()
            || self.only_during.iter().any(|window| window.contains_time(at));
        let names = || self.only_during.iter().map(|window| window.name.clone()).collect();
        (!is_open).then(|| MuteCause::Outside(names()))
    }
}

/// The mismatch if a condition asks for something, the message has something of the kind, and they
/// have nothing in common.
fn mismatch(condition: &str, asked: Vec<&str>, found: Vec<&str>) -> Option<RouteMismatch> {
    let is_met = asked.is_empty() || found.is_empty() || found.iter().any(|it| asked.contains(it));
    (!is_met).then(|| RouteMismatch {
        condition: condition.to_owned(),
        asked: owned_texts(&asked),
        found: owned_texts(&found),
    })
}

fn owned_texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

fn names<T: NamedSet>(list: &[T]) -> Vec<&'static str> {
    list.iter().map(|value| value.name()).collect()
}

/// The accounts of a message, each once.
fn accounts_of(message: &Message) -> Vec<&str> {
    let of_case = message.case.iter().flat_map(|case| &case.accounts);
    let mut accounts: Vec<&str> = Vec::new();
    for account in of_case.chain(&message.facts.account) {
        if !accounts.contains(&account.as_str()) {
            accounts.push(account);
        }
    }
    accounts
}

/// The regions of a message; none if only some of them are known, since any may be among the others.
/// Messages with only labelled fields list them in one text.
fn regions_of(message: &Message) -> Vec<&str> {
    let FactList { values, more } = &message.facts.regions;
    let regions: Vec<&str> = values.iter().flat_map(|text| text.split(", ")).collect();
    if *more || regions.contains(&CUT) { Vec::new() } else { regions }
}

fn is_critical(message: &Message) -> bool {
    let of_case = message.case.as_ref().is_some_and(|case| case.level == Level::Critical);
    of_case || message.severity == Some(Level::Critical)
}

#[cfg(test)]
mod tests;
