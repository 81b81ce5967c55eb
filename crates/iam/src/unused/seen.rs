//! What went through, by what a principal's policies say of it.

use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::{Event, Outcome};
use jiff::Timestamp;

use super::calls;
use crate::action;
use crate::catalogue::Catalogue;
use crate::policy::{NamedPolicy, Truth, allowed_then};

/// How many different actions to remember, and how many calls whose action is unknown.
const MAX_ACTIONS: usize = 20_000;
const MAX_UNMAPPED: usize = 1_000;

/// What was seen of a principal with certain policies.
///
/// ```
/// use aware_core::source::decode_record;
/// use aware_iam::catalogue::Catalogue;
/// use aware_iam::policy::{NamedPolicy, Policy};
/// use aware_iam::unused::{PermissionUse, PolicyUsage};
///
/// let policy = Policy::parse(
///     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
///         "Action": ["iam:ListUsers", "iam:ListRoles"], "Resource": "*"}}"#,
/// )
/// .unwrap();
/// let mut usage = PolicyUsage::new(vec![NamedPolicy { name: "reader".to_owned(), policy }]);
/// let event = decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z",
///     "eventSource": "iam.amazonaws.com", "eventName": "ListUsers",
///     "recipientAccountId": "111122223333"}"#)
/// .unwrap();
/// usage.record_event(Catalogue::built_in(), &event, true);
/// let report = usage.build_report(Catalogue::built_in());
/// let uses: Vec<_> = report.permissions.iter().map(|one| (&*one.action, one.usage)).collect();
/// assert_eq!(
///     uses,
///     [("iam:ListRoles", PermissionUse::Unused), ("iam:ListUsers", PermissionUse::Used)]
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyUsage {
    pub(super) policies: Vec<NamedPolicy>,
    /// Actions that succeeded, in lower case.
    pub(super) calls: BTreeMap<String, ActionCalls>,
    /// Calls whose action is unknown, and how often each was made.
    pub(super) unmapped: BTreeMap<String, u64>,
    /// The first and the last event of anybody.
    pub(super) window: Option<(Timestamp, Timestamp)>,
    /// Services whose data events were seen, by anybody.
    pub(super) data_events: BTreeSet<String>,
}

/// When an action last succeeded, by what the policies say about the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ActionCalls {
    /// They allow it.
    pub(super) allowed: Option<Timestamp>,
    /// They may allow it: the known facts about the call do not tell.
    pub(super) perhaps: Option<Timestamp>,
    /// They do not allow it: another policy does.
    pub(super) elsewhere: Option<Timestamp>,
}

impl PolicyUsage {
    /// An empty record for a principal with these policies.
    pub fn new(policies: Vec<NamedPolicy>) -> Self {
        Self { policies, ..Self::default() }
    }

    /// Notes that the logs cover a point in time, by an event of no other interest.
    pub fn extend_window(&mut self, time: Timestamp) {
        let (first, last) = self.window.unwrap_or((time, time));
        self.window = Some((first.min(time), last.max(time)));
    }

    /// Records an event of anybody; `is_principal` says whether it is the principal in question.
    /// Only successes count as use: a denied call used no permission.
    pub fn record_event(&mut self, catalogue: &Catalogue, event: &Event, is_principal: bool) {
        self.extend_window(event.time);
        if event.api_call().is_none() {
            return;
        }
        let service = action::service_prefix(&event.action.service);
        if event.is_data_event() && !self.data_events.contains(service) {
            self.data_events.insert(service.to_owned());
        }
        // A dry run fails by design, after AWS has found the permission to exist.
        let is_dry_run = event.error_code().is_some_and(|code| code.ends_with("DryRunOperation"));
        if is_principal && (event.outcome == Outcome::Success || is_dry_run) {
            self.record_call(catalogue, event);
        }
    }

    fn record_call(&mut self, catalogue: &Catalogue, event: &Event) {
        let asked = calls::build_requests(catalogue, event);
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

    /// Whether the policies allow a successful call of an action, and whether there is another one
    /// that they do not allow.
    pub fn was_used(&self, action: &str) -> (bool, bool) {
        let calls = self.calls.get(&action.to_ascii_lowercase()).copied().unwrap_or_default();
        (calls.allowed.is_some(), calls.elsewhere.is_some())
    }

    pub(super) fn window_days(&self) -> i64 {
        self.window.map_or(0, |(first, last)| last.duration_since(first).as_hours() / 24)
    }
}
