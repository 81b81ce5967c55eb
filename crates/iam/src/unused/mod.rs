//! Which permissions of policies were used: used, unused, or unknown.
//!
//! A call uses a permission only where the policies allow that very call: its action, on its
//! resource, under what is known of its conditions. CloudTrail does not log every action, data
//! events only where a trail asks for them, and nobody saw what happened before the logs begin.
//! *Unused* is said only of what would have been seen.

mod calls;
mod context;
mod logged;

use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::{Event, Outcome};
use jiff::Timestamp;
use serde::Serialize;

use crate::action;
use crate::catalogue::{ActionEntry, Catalogue};
use crate::policy::{
    ActionPattern, Clause, Effect, Named, Statement, Truth, action_within, allowed_then,
};
use logged::{NOT_LOGGED, PERMISSIONLESS, is_data_event, is_seldom};

/// How many different actions are remembered, and calls of which no action is known.
const MAX_ACTIONS: usize = 20_000;
const MAX_UNMAPPED: usize = 1_000;

/// What was seen of a principal that has some policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    policies: Vec<Named>,
    /// Actions that went through, in lower case.
    calls: BTreeMap<String, Calls>,
    /// Calls of which no action is known, and how often.
    unmapped: BTreeMap<String, u64>,
    /// The first and the last event of anybody.
    window: Option<(Timestamp, Timestamp)>,
    /// Services whose data events were seen, of anybody.
    data_events: BTreeSet<String>,
}

/// When an action last went through, by what the policies say of the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Calls {
    /// They allow it.
    allowed: Option<Timestamp>,
    /// They may allow it: what is known of the call does not tell.
    perhaps: Option<Timestamp>,
    /// They do not allow it: another policy does.
    elsewhere: Option<Timestamp>,
}

/// Whether a permission was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// It was used in the window.
    Used,
    /// It would have been seen, and was not.
    Unused,
    /// It would not have been seen, or what was seen may have been allowed by another policy.
    Unknown,
}

/// One action that a policy allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// The action as AWS spells it.
    pub action: String,
    /// Whether it was used.
    #[serde(rename = "use")]
    pub usage: Use,
    /// When it was last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// What the policy calls it, where that is a pattern: `s3:Get*`, `all but iam:*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Why it is unknown, or why an unused one may still be needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// The answer for a principal's policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// From when to when the logs reach.
    pub window: Option<(Timestamp, Timestamp)>,
    /// Days in the window, rounded down.
    pub days: i64,
    /// Every action that the policies allow, by name.
    pub permissions: Vec<Permission>,
    /// Patterns that match no action the catalogue knows.
    pub unmatched: Vec<String>,
    /// Actions of calls that the policies do not allow, on that resource: another policy does.
    pub from_elsewhere: Vec<String>,
    /// Calls of which no action is known, and how often each was made.
    pub unmapped: BTreeMap<String, u64>,
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

    /// Judges every action that the policies allow, each once.
    pub fn report(&self, catalogue: &Catalogue) -> Report {
        let mut permissions: BTreeMap<String, Permission> = BTreeMap::new();
        let mut unmatched = BTreeSet::new();
        for (pattern, found) in self.allowed(catalogue) {
            if found.is_empty() {
                unmatched.insert(pattern.clone());
            }
            for entry in found {
                let name = entry.full_name();
                permissions.entry(name).or_insert_with(|| self.judge(&entry, &pattern));
            }
        }
        let elsewhere = self.calls.iter().filter(|(_, calls)| calls.elsewhere.is_some());
        Report {
            window: self.window,
            days: self.days(),
            from_elsewhere: elsewhere.map(|(name, _)| action::canonical(catalogue, name)).collect(),
            permissions: permissions.into_values().collect(),
            unmatched: unmatched.into_iter().collect(),
            unmapped: self.unmapped.clone(),
        }
    }

    fn statements(&self, effect: Effect) -> impl Iterator<Item = &Statement> {
        let all = self.policies.iter().flat_map(|named| &named.policy.statements);
        all.filter(move |one| one.effect == effect && one.principals.is_none())
    }

    /// Every pattern of every `Allow`, with the actions that it means.
    fn allowed<'s>(
        &'s self,
        catalogue: &'s Catalogue,
    ) -> impl Iterator<Item = (String, Vec<ActionEntry>)> + 's {
        self.statements(Effect::Allow).flat_map(move |statement| match &statement.actions {
            Clause::Is(patterns) => {
                let one = |pattern: &String| (pattern.clone(), expand(catalogue, pattern));
                patterns.iter().map(one).collect()
            }
            Clause::Not(patterns) => {
                vec![(but(patterns), all_but(catalogue, patterns))]
            }
        })
    }

    fn days(&self) -> i64 {
        self.window.map_or(0, |(first, last)| last.duration_since(first).as_hours() / 24)
    }

    fn judge(&self, entry: &ActionEntry, pattern: &str) -> Permission {
        let action = entry.full_name();
        let calls = self.calls.get(&action.to_ascii_lowercase()).copied().unwrap_or_default();
        let (usage, note) = match calls {
            Calls { allowed: Some(_), .. } => (Use::Used, None),
            Calls { perhaps: Some(_), .. } => {
                (Use::Unknown, Some("calls went through that another policy may have allowed"))
            }
            _ if self.is_denied(&action) => {
                (Use::Unused, Some("denied by these policies themselves"))
            }
            _ => self.not_seen(entry, &action),
        };
        let is_pattern = pattern.contains(['*', '?', ' ']);
        Permission {
            action,
            usage,
            last_used: calls.allowed,
            pattern: is_pattern.then(|| pattern.to_owned()),
            note,
        }
    }

    /// Whether an action is denied on every resource, without a condition.
    fn is_denied(&self, action: &str) -> bool {
        self.statements(Effect::Deny).any(|deny| {
            let is_meant = match &deny.actions {
                Clause::Is(patterns) => patterns.iter().any(|one| action_within(action, one)),
                Clause::Not(patterns) => !patterns.iter().any(|one| action_within(action, one)),
            };
            let is_everywhere = match &deny.resources {
                Some(Clause::Is(patterns)) => patterns.iter().any(|one| one == "*"),
                _ => false,
            };
            is_meant && is_everywhere && deny.conditions.is_empty()
        })
    }

    fn not_seen(&self, entry: &ActionEntry, action: &str) -> (Use, Option<&'static str>) {
        if PERMISSIONLESS.contains(&action) {
            return (Use::Unknown, Some("works without any permission"));
        }
        if NOT_LOGGED.contains(&action) {
            return (Use::Unknown, Some("CloudTrail does not log it under its name"));
        }
        if is_data_event(action) && !self.data_events.contains(&entry.service) {
            return (Use::Unknown, Some("a data event, and the logs hold none of this service"));
        }
        if self.window.is_none() {
            return (Use::Unknown, Some("no logs were seen"));
        }
        if self.days() < 90 {
            return (Use::Unused, Some("the logs hold less than 90 days"));
        }
        if is_seldom(&entry.name) {
            return (Use::Unused, Some("of a kind that is needed once a year, or in an emergency"));
        }
        (Use::Unused, None)
    }
}

impl Permission {
    /// Whether it may be proposed for removal: unused, and nothing speaks for keeping it.
    pub fn is_removable(&self) -> bool {
        self.usage == Use::Unused && self.note.is_none()
    }
}

/// Every action of the catalogue that a pattern matches; an unknown name without wildcards has
/// none.
pub(crate) fn expand(catalogue: &Catalogue, pattern: &str) -> Vec<ActionEntry> {
    if !pattern.contains(['*', '?']) {
        return catalogue.action(pattern).into_iter().collect();
    }
    let (prefix, name) = pattern.split_once(':').unwrap_or(("*", pattern));
    let services: Vec<_> = if prefix.contains(['*', '?']) {
        let wanted = ActionPattern::new(prefix);
        catalogue.services().filter(|service| wanted.matches(service.prefix())).collect()
    } else {
        catalogue.service(prefix).into_iter().collect()
    };
    let wanted = ActionPattern::new(name);
    let matching = |service: &crate::catalogue::Service<'_>| {
        let service = *service;
        let names = service.action_names().filter(|name| wanted.matches(name));
        names.filter_map(|name| service.action(&name)).collect::<Vec<_>>()
    };
    services.iter().flat_map(matching).collect()
}

/// What a `NotAction` is called: `all but iam:*, sts:*`.
fn but(patterns: &[String]) -> String {
    let first: Vec<&str> = patterns.iter().take(3).map(String::as_str).collect();
    let more = patterns.len() - first.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("all but {}{rest}", first.join(", "))
}

/// Every action of the catalogue that none of the patterns matches.
fn all_but(catalogue: &Catalogue, patterns: &[String]) -> Vec<ActionEntry> {
    let parts = patterns.iter().map(|pattern| {
        let (service, name) = pattern.split_once(':').unwrap_or((pattern.as_str(), "*"));
        (ActionPattern::new(service), ActionPattern::new(name))
    });
    let parts: Vec<(ActionPattern, ActionPattern)> = parts.collect();
    let of_service = |service: crate::catalogue::Service<'_>| {
        let mut near = parts.iter().filter(|(prefix, _)| prefix.matches(service.prefix()));
        let names: Vec<&ActionPattern> = near.by_ref().map(|(_, name)| name).collect();
        let kept = service.action_names().filter(|name| !names.iter().any(|one| one.matches(name)));
        kept.filter_map(|name| service.action(&name)).collect::<Vec<_>>()
    };
    catalogue.services().flat_map(of_service).collect()
}

#[cfg(test)]
mod tests {
    use aware_core::source::cloudtrail::decode;

    use super::*;
    use crate::policy::Policy;

    fn event(time: &str, source: &str, name: &str, error: &str, category: &str) -> Event {
        let record = format!(
            r#"{{"eventTime":"{time}","eventSource":"{source}.amazonaws.com","eventName":"{name}","errorCode":"{error}","eventCategory":"{category}"}}"#
        );
        decode(record.as_bytes()).unwrap()
    }

    /// What is reported of a principal with a policy of one statement that allows actions on `*`.
    fn whole_report(events: &[Event], actions: &str) -> Report {
        let text =
            format!(r#"{{"Statement":{{"Effect":"Allow","Action":{actions},"Resource":"*"}}}}"#);
        let policy = Named { name: "p".to_owned(), policy: Policy::parse(&text).unwrap() };
        let mut seen = Seen::new(vec![policy]);
        events.iter().for_each(|event| seen.add(Catalogue::builtin(), event, true));
        seen.report(Catalogue::builtin())
    }

    fn report(events: &[Event], actions: &str) -> Vec<(String, Use, bool)> {
        whole_report(events, actions)
            .permissions
            .into_iter()
            .map(|p| (p.action.clone(), p.usage, p.is_removable()))
            .collect()
    }

    #[test]
    fn used_unused_and_unknown() {
        let events = [
            event("2026-01-01T00:00:00Z", "monitoring", "DescribeAlarms", "", "Management"),
            event(
                "2026-06-01T00:00:00Z",
                "ec2",
                "DescribeInstances",
                "Client.UnauthorizedOperation",
                "Management",
            ),
        ];
        let actions = r#"["cloudwatch:describealarms","ec2:DescribeInstances","ec2:DeleteVpc","s3:GetObject","iam:PassRole","sts:GetCallerIdentity"]"#;
        let expected = [
            ("cloudwatch:DescribeAlarms", Use::Used, false),
            ("ec2:DeleteVpc", Use::Unused, false),
            ("ec2:DescribeInstances", Use::Unused, true),
            ("iam:PassRole", Use::Unknown, false),
            ("s3:GetObject", Use::Unknown, false),
            ("sts:GetCallerIdentity", Use::Unknown, false),
        ];
        let expected: Vec<_> = expected.iter().map(|(a, u, r)| ((*a).to_owned(), *u, *r)).collect();
        assert_eq!(report(&events, actions), expected);
    }

    #[test]
    fn data_events_that_were_seen_make_unused_certain() {
        let events = [
            event("2026-01-01T00:00:00Z", "s3", "PutObject", "", "Data"),
            event("2026-06-01T00:00:00Z", "s3", "PutObject", "", "Data"),
        ];
        let states = report(&events, r#"["s3:GetObject","s3:PutObject"]"#);
        assert_eq!(states[0].1, Use::Unused);
        assert_eq!(states[1].1, Use::Used);
    }

    #[test]
    fn a_short_window_removes_nothing() {
        let events = [event("2026-06-01T00:00:00Z", "ec2", "DescribeVpcs", "", "Management")];
        assert!(report(&events, r#""ec2:Describe*""#).iter().all(|(_, _, removable)| !removable));
        let report = whole_report(&events, r#"["s3:Gett*","s3:ListAllMyBuckets"]"#);
        assert_eq!(report.unmatched, ["s3:Gett*"]);
        assert_eq!(report.from_elsewhere, ["ec2:DescribeVpcs"]);
    }
}
