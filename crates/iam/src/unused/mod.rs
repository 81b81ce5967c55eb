//! Which permissions of a policy were used: used, unused, or unknown.
//!
//! CloudTrail does not log every action, data events only where a trail asks for them, and nobody
//! saw what happened before the logs begin. *Unused* is said only of what would have been seen.

mod logged;

use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::{Category, Event, Outcome};
use jiff::Timestamp;
use serde::Serialize;

use crate::action;
use crate::catalogue::{ActionEntry, Catalogue};
use crate::policy::{Clause, Effect, Policy, action_within};
use logged::{NOT_LOGGED, PERMISSIONLESS, is_data_event, is_seldom};

/// How many different actions are remembered as used.
const MAX_USED: usize = 20_000;

/// What was seen of a principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Actions that went through, in lower case, and when each did last.
    used: BTreeMap<String, Timestamp>,
    /// The first and the last event of anybody.
    window: Option<(Timestamp, Timestamp)>,
    /// Services whose data events were seen, of anybody.
    data_events: BTreeSet<String>,
}

/// How a permission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// It was used in the window.
    Used,
    /// It would have been seen, and was not.
    Unused,
    /// It would not have been seen.
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
    /// What the policy calls it, where that is a pattern: `s3:Get*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Why it is unknown, or why an unused one may still be needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// The answer for a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// From when to when the logs reach.
    pub window: Option<(Timestamp, Timestamp)>,
    /// Days in the window, rounded down.
    pub days: i64,
    /// Every action that the policy allows, by name.
    pub permissions: Vec<Permission>,
    /// Patterns that match no action the catalogue knows.
    pub unmatched: Vec<String>,
    /// Used actions that the policy does not allow: another policy does.
    pub from_elsewhere: Vec<String>,
}

impl Seen {
    /// Nothing seen.
    pub fn new() -> Self {
        Self::default()
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
        let service = action::prefix(&event.action.service);
        if event.category == Category::Data && !self.data_events.contains(service) {
            self.data_events.insert(service.to_owned());
        }
        // A dry run fails by design, after the permission was found to be there.
        let is_dry_run =
            event.error_code.as_deref().is_some_and(|code| code.ends_with("DryRunOperation"));
        if !is_principal || (event.outcome != Outcome::Success && !is_dry_run) {
            return;
        }
        let needed = action::needed(catalogue, &event.action.service, &event.action.name);
        for name in needed.into_iter().flat_map(|needed| needed.actions) {
            let name = name.to_ascii_lowercase();
            if self.used.len() < MAX_USED || self.used.contains_key(&name) {
                let last = self.used.entry(name).or_insert(event.time);
                *last = (*last).max(event.time);
            }
        }
    }

    /// Judges every action that a policy allows, whatever it denies beside.
    pub fn report(&self, catalogue: &Catalogue, policy: &Policy) -> Report {
        let mut permissions: BTreeMap<String, Permission> = BTreeMap::new();
        let mut unmatched = BTreeSet::new();
        for (is_not, pattern) in allowed(policy) {
            let found = if is_not { Vec::new() } else { expand(catalogue, pattern) };
            if found.is_empty() {
                unmatched.insert(if is_not {
                    format!("everything but {pattern}")
                } else {
                    pattern.to_owned()
                });
            }
            for entry in found {
                let name = entry.full_name();
                permissions.entry(name).or_insert_with(|| self.judge(&entry, pattern));
            }
        }
        let is_allowed = |name: &String| {
            allowed(policy).any(|(is_not, pattern)| action_within(name, pattern) != is_not)
        };
        let from_elsewhere = self.used.keys().filter(|name| !is_allowed(name));
        Report {
            window: self.window,
            days: self.days(),
            from_elsewhere: from_elsewhere.map(|name| action::canonical(catalogue, name)).collect(),
            permissions: permissions.into_values().collect(),
            unmatched: unmatched.into_iter().collect(),
        }
    }

    fn days(&self) -> i64 {
        self.window.map_or(0, |(first, last)| last.duration_since(first).as_hours() / 24)
    }

    fn judge(&self, entry: &ActionEntry, pattern: &str) -> Permission {
        let action = entry.full_name();
        let last_used = self.used.get(&action.to_ascii_lowercase()).copied();
        let (usage, note) = match last_used {
            Some(_) => (Use::Used, None),
            None => self.not_seen(entry, &action),
        };
        let is_pattern = pattern.contains(['*', '?']);
        Permission {
            action,
            usage,
            last_used,
            pattern: is_pattern.then(|| pattern.to_owned()),
            note,
        }
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

/// The patterns of every `Allow`; true for those of a `NotAction`.
fn allowed(policy: &Policy) -> impl Iterator<Item = (bool, &str)> {
    let allows = policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    allows.flat_map(|statement| {
        let is_not = matches!(statement.actions, Clause::Not(_));
        statement.actions.patterns().iter().map(move |pattern| (is_not, pattern.as_str()))
    })
}

/// Every action of the catalogue that a pattern matches; an unknown name without wildcards has
/// none.
pub(crate) fn expand(catalogue: &Catalogue, pattern: &str) -> Vec<ActionEntry> {
    if !pattern.contains(['*', '?']) {
        return catalogue.action(pattern).into_iter().collect();
    }
    let prefix = pattern.split_once(':').map_or("*", |(prefix, _)| prefix);
    let services: Vec<_> = if prefix.contains(['*', '?']) {
        catalogue.services().collect()
    } else {
        catalogue.service(prefix).into_iter().collect()
    };
    let matching = |service: &crate::catalogue::Service<'_>| {
        let prefix = service.prefix().to_owned();
        let service = *service;
        service
            .action_names()
            .filter(|name| action_within(&format!("{prefix}:{name}"), pattern))
            .filter_map(|name| service.action(&name))
            .collect::<Vec<_>>()
    };
    services.iter().flat_map(matching).collect()
}

#[cfg(test)]
mod tests {
    use aware_core::source::cloudtrail::decode;

    use super::*;

    fn event(time: &str, source: &str, name: &str, error: &str, category: &str) -> Event {
        let record = format!(
            r#"{{"eventTime":"{time}","eventSource":"{source}.amazonaws.com","eventName":"{name}","errorCode":"{error}","eventCategory":"{category}"}}"#
        );
        decode(record.as_bytes()).unwrap()
    }

    fn seen(events: &[Event]) -> Seen {
        let mut seen = Seen::new();
        events.iter().for_each(|event| seen.add(Catalogue::builtin(), event, true));
        seen
    }

    fn report(seen: &Seen, actions: &str) -> Vec<(String, Use, bool)> {
        let text =
            format!(r#"{{"Statement":{{"Effect":"Allow","Action":{actions},"Resource":"*"}}}}"#);
        let report = seen.report(Catalogue::builtin(), &Policy::parse(&text).unwrap());
        report
            .permissions
            .into_iter()
            .map(|p| (p.action.clone(), p.usage, p.is_removable()))
            .collect()
    }

    #[test]
    fn used_unused_and_unknown() {
        let seen = seen(&[
            event("2026-01-01T00:00:00Z", "monitoring", "DescribeAlarms", "", "Management"),
            event(
                "2026-06-01T00:00:00Z",
                "ec2",
                "DescribeInstances",
                "Client.UnauthorizedOperation",
                "Management",
            ),
        ]);
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
        assert_eq!(report(&seen, actions), expected);
    }

    #[test]
    fn data_events_that_were_seen_make_unused_certain() {
        let seen = seen(&[
            event("2026-01-01T00:00:00Z", "s3", "PutObject", "", "Data"),
            event("2026-06-01T00:00:00Z", "s3", "PutObject", "", "Data"),
        ]);
        let states = report(&seen, r#"["s3:GetObject","s3:PutObject"]"#);
        assert_eq!(states[0].1, Use::Unused);
        assert_eq!(states[1].1, Use::Used);
    }

    #[test]
    fn a_short_window_removes_nothing() {
        let seen = seen(&[event("2026-06-01T00:00:00Z", "ec2", "DescribeVpcs", "", "Management")]);
        assert!(report(&seen, r#""ec2:Describe*""#).iter().all(|(_, _, removable)| !removable));
        let text = r#"{"Statement":{"Effect":"Allow","Action":["s3:Gett*","s3:ListAllMyBuckets"],"Resource":"*"}}"#;
        let report = seen.report(Catalogue::builtin(), &Policy::parse(text).unwrap());
        assert_eq!(report.unmatched, ["s3:Gett*"]);
        assert_eq!(report.from_elsewhere, ["ec2:DescribeVpcs"]);
    }
}
