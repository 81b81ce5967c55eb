//! Profiles of many principals, for a run over stored logs.

use std::collections::BTreeMap;

use aware_core::event::{Arn, Event, Outcome, field};
use serde_json::Value;

use super::profile::Profile;
use super::reading::Reading;

/// How many principals are told apart. Who makes sessions of ever new names is in the count of
/// those left out.
pub const MAX_PRINCIPALS: usize = 20_000;
/// How many changes are remembered for each principal, and for how many principals.
const MAX_CHANGES: usize = 16;

/// Calls that deploy code or change permissions, and the keys of the request that name whom.
const CHANGES: [(&str, &[&str]); 12] = [
    ("PutRolePolicy", &["roleName"]),
    ("DeleteRolePolicy", &["roleName"]),
    ("AttachRolePolicy", &["roleName"]),
    ("DetachRolePolicy", &["roleName"]),
    ("PutRolePermissionsBoundary", &["roleName"]),
    ("UpdateAssumeRolePolicy", &["roleName"]),
    ("PutUserPolicy", &["userName"]),
    ("DetachUserPolicy", &["userName"]),
    ("CreateFunction", &["role"]),
    ("UpdateFunctionConfiguration", &["role"]),
    ("RegisterTaskDefinition", &["taskRoleArn", "executionRoleArn"]),
    ("CreateRole", &["roleName"]),
];
/// Calls that change code or policies of which the request does not say whose they are.
const ACCOUNT_CHANGES: [&str; 6] = [
    "CreatePolicyVersion",
    "SetDefaultPolicyVersion",
    "UpdateFunctionCode",
    "UpdateService",
    "UpdateStack",
    "ExecuteChangeSet",
];

/// A deployment or a change of permissions, and whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When, in seconds since 1970.
    pub time: i64,
    /// `PutRolePolicy`.
    pub what: String,
    /// The account.
    pub account: String,
    /// Name of the user or role; `None` for any in the account.
    pub name: Option<String>,
}

impl Change {
    /// Reads a change from an event; only what went through is one.
    pub fn of(event: &Event) -> Option<Self> {
        if event.outcome != Outcome::Success {
            return None;
        }
        let what = event.action.name.as_str();
        let account = event.account.clone()?;
        let change = |name| Self {
            time: event.time.as_second(),
            what: what.to_owned(),
            account: account.clone(),
            name,
        };
        if ACCOUNT_CHANGES.contains(&what) {
            return Some(change(None));
        }
        let (_, keys) = CHANGES.iter().find(|(name, _)| *name == what)?;
        let request = field::REQUEST.get(&event.record)?;
        let named = keys.iter().find_map(|key| request.get(*key).and_then(Value::as_str))?;
        Some(change(named.rsplit('/').next().map(str::to_owned)))
    }

    /// Whether it concerns this user or role. What a principal does to itself is no deployment.
    fn concerns(&self, arn: Option<&str>) -> bool {
        let Some(arn) = arn.and_then(Arn::parse) else { return false };
        let name = arn.resource().rsplit('/').next();
        arn.account() == self.account && (self.name.is_none() || self.name.as_deref() == name)
    }
}

/// One profile for each principal.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    seats: BTreeMap<String, Seat>,
    changes: BTreeMap<(String, Option<String>), BTreeMap<i64, Change>>,
    left_out: u64,
}

#[derive(Clone, Debug, Default)]
struct Seat {
    arn: Option<String>,
    profile: Profile,
}

impl Desk {
    /// A desk with nothing on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in an event: for its principal, and for whom it may have deployed or changed.
    pub fn add(&mut self, event: &Event) {
        let principal = &event.principal;
        if let Some(change) =
            Change::of(event).filter(|change| !change.is_own(principal.arn.as_deref()))
        {
            self.keep(change);
        }
        if self.seats.len() >= MAX_PRINCIPALS && !self.seats.contains_key(&principal.key) {
            self.left_out += 1;
            return;
        }
        let seat = self.seats.entry(principal.key.clone()).or_default();
        if seat.arn.is_none() {
            seat.arn.clone_from(&principal.arn);
        }
        seat.profile.absorb(event);
    }

    fn keep(&mut self, change: Change) {
        let key = (change.account.clone(), change.name.clone());
        if self.changes.len() >= MAX_PRINCIPALS && !self.changes.contains_key(&key) {
            return;
        }
        let list = self.changes.entry(key).or_default();
        let first = list.entry(change.time).or_insert_with(|| change.clone());
        if change.what < first.what {
            *first = change;
        }
        while list.len() > MAX_CHANGES {
            list.pop_first();
        }
    }

    /// The reading of a principal, by `Principal::key`.
    pub fn reading(&self, key: &str) -> Option<Reading> {
        self.seats.get(key).map(|seat| self.informed(seat).reading())
    }

    /// Every principal's key and profile, in order of the keys.
    pub fn profiles(&self) -> impl Iterator<Item = (&str, Profile)> {
        self.seats.iter().map(|(key, seat)| (key.as_str(), self.informed(seat)))
    }

    /// How many events had principals beyond [`MAX_PRINCIPALS`].
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The profile, with the changes that concern it.
    fn informed(&self, seat: &Seat) -> Profile {
        let mut profile = seat.profile.clone();
        let arn = seat.arn.as_deref();
        let Some(parsed) = arn.and_then(Arn::parse) else { return profile };
        let account = parsed.account().to_owned();
        let name = parsed.resource().rsplit('/').next().map(str::to_owned);
        for key in [(account.clone(), name), (account, None)] {
            let changes = self.changes.get(&key).into_iter().flat_map(BTreeMap::values);
            for change in changes.filter(|change| change.concerns(arn)) {
                profile.note_change(change.time, &change.what);
            }
        }
        profile
    }
}

impl Change {
    /// Whether the caller changed himself.
    fn is_own(&self, caller: Option<&str>) -> bool {
        self.name.is_some() && self.concerns(caller)
    }
}
