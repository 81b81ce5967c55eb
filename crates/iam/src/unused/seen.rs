//! What went through, by what a principal's policies say of it.

use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::{Event, Outcome};
use jiff::Timestamp;

use super::calls;
use crate::action;
use crate::catalogue::Catalogue;
use crate::policy::{Named, Truth, allowed_then};

/// How many different actions are remembered, and calls of which no action is known.
const MAX_ACTIONS: usize = 20_000;
const MAX_UNMAPPED: usize = 1_000;

/// What was seen of a principal that has some policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub(super) policies: Vec<Named>,
    /// Actions that went through, in lower case.
    pub(super) calls: BTreeMap<String, Calls>,
    /// Calls of which no action is known, and how often.
    pub(super) unmapped: BTreeMap<String, u64>,
    /// The first and the last event of anybody.
    pub(super) window: Option<(Timestamp, Timestamp)>,
    /// Services whose data events were seen, of anybody.
    pub(super) data_events: BTreeSet<String>,
}

/// When an action last went through, by what the policies say of the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Calls {
    /// They allow it.
    pub(super) allowed: Option<Timestamp>,
    /// They may allow it: what is known of the call does not tell.
    pub(super) perhaps: Option<Timestamp>,
    /// They do not allow it: another policy does.
    pub(super) elsewhere: Option<Timestamp>,
}

impl Seen {
    /// Nothing seen yet of a principal with these policies.
    pub fn new(policies: Vec<Named>) -> Self {
        Self { policies, ..Self::default() }
    }

    /// Notes that the logs reach to a time, by an event that says nothing else.
    pub fn span(&mut self, time: Timestamp) {
        let (first, last) = self.window.unwrap_or((time, time));
        self.window = Some((first.min(time), last.max(time)));
    }

    /// Takes in an event of anybody; `is_principal` says whether it is the principal in question.
    /// Only what went through counts as used: a denied call used no permission.
    pub fn add(&mut self, catalogue: &Catalogue, event: &Event, is_principal: bool) {
        self.span(event.time);
        if event.api_call().is_none() {
            return;
        }
        let service = action::prefix(&event.action.service);
        if event.is_data_event() && !self.data_events.contains(service) {
            self.data_events.insert(service.to_owned());
        }
        // A dry run fails by design, after the permission was found to be there.
        let is_dry_run = event.error_code().is_some_and(|code| code.ends_with("DryRunOperation"));
        if is_principal && (event.outcome == Outcome::Success || is_dry_run) {
            self.call(catalogue, event);
        }
    }

    fn call(&mut self, catalogue: &Catalogue, event: &Event) {
        let asked = calls::asked(catalogue, event);
        if let Some(name) = asked.unmapped
            && (self.unmapped.len() < MAX_UNMAPPED || self.unmapped.contains_key(&name))
        {
            *self.unmapped.entry(name).or_default() += 1;
        }
        for request in &asked.requests {
            let name = request.action.to_ascii_lowercase();
            if self.calls.len() >= MAX_ACTIONS && !self.calls.contains_key(&name) {
                continue;
            }
            let truth = allowed_then(&self.policies, request);
            let calls = self.calls.entry(name).or_default();
            let last = match truth {
                Truth::True => &mut calls.allowed,
                Truth::Unknown => &mut calls.perhaps,
                Truth::False => &mut calls.elsewhere,
            };
            *last = (*last).max(Some(event.time));
        }
    }

    /// Whether the policies allow a call of an action that went through, and whether they do not
    /// allow another one.
    pub fn was_used(&self, action: &str) -> (bool, bool) {
        let calls = self.calls.get(&action.to_ascii_lowercase()).copied().unwrap_or_default();
        (calls.allowed.is_some(), calls.elsewhere.is_some())
    }

    pub(super) fn days(&self) -> i64 {
        self.window.map_or(0, |(first, last)| last.duration_since(first).as_hours() / 24)
    }
}
