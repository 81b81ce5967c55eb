//! A policy for a principal, from what it was denied, from what it did, or both.

mod done;
mod repeats;

use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::{Category, Event, Outcome, field};

use crate::action;
use crate::catalogue::{AccessLevel, Catalogue};
use crate::denial::{self, Denial, Effect, Layer};
use crate::policy::{Access, Policy, Statement, is_granted, minimise};
use crate::resource::{self, Evidence, Place};
use crate::suggest::{self, Grant, Need};
use crate::triage::{LooksLike, Profile, Reading};
use repeats::Repeats;

/// How many different actions, and resources of each, are kept.
const MAX_ACTIONS: usize = 500;
const MAX_RESOURCES: usize = 500;
/// How many grants that are not offered are listed.
const MAX_WITHHELD: usize = 500;
/// From how many resources on a prefix that they share may stand for them.
const MIN_SHARED: usize = 8;
/// The longest resource kept, in bytes.
const MAX_RESOURCE: usize = 1_600;

/// From what the policy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// From what was denied.
    Denials,
    /// From what went through.
    Activity,
    /// From both.
    Both,
}

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// From what.
    pub basis: Basis,
    /// Also what is withheld: sensitive actions, denials whose reason AWS did not say, and the
    /// denials of a caller who looks like exploring.
    pub force: bool,
}

/// A permission that was denied and is not offered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Withheld {
    /// The action.
    pub action: String,
    /// Why not, and who can decide.
    pub why: String,
}

/// A policy and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The policy; it may have no statement.
    pub policy: Policy,
    /// What was denied and is not offered.
    pub withheld: BTreeSet<Withheld>,
    /// Grants that the existing policy has already: the reason of their denial is elsewhere.
    pub already: Vec<Statement>,
    /// Actions of which the request did not tell the whole resource.
    pub open: BTreeSet<String>,
    /// Calls that went through and of which no action is known, and how often each was made.
    pub unmapped: BTreeMap<String, u64>,
    /// What else is to be known of some actions, such as what of them is a guess.
    pub notes: BTreeMap<String, BTreeSet<String>>,
    /// Whether data events were among the events.
    pub has_data_events: bool,
    /// Whether there was more than is kept.
    pub is_cut: bool,
    /// How many events were used: denied, and gone through.
    pub denied: u64,
    /// See [`Generated::denied`].
    pub succeeded: u64,
    /// What the principal looks like.
    pub reading: Reading,
}

type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;
/// Resources by condition and action.
type Sum = BTreeMap<(Conditions, String), BTreeSet<String>>;

/// Takes in events of one principal one by one, and keeps a bounded sum of them.
#[derive(Clone, Debug)]
pub struct Collector<'c> {
    catalogue: &'c Catalogue,
    wish: Wish,
    did: Sum,
    lacked: Sum,
    withheld: BTreeSet<Withheld>,
    open: BTreeSet<String>,
    unmapped: BTreeMap<String, u64>,
    notes: BTreeMap<String, BTreeSet<String>>,
    profile: Profile,
    repeats: Repeats,
    has_data_events: bool,
    is_cut: bool,
    denied: u64,
    succeeded: u64,
}

impl<'c> Collector<'c> {
    /// A collector that has seen nothing.
    pub fn new(catalogue: &'c Catalogue, wish: Wish) -> Self {
        Self {
            catalogue,
            wish,
            did: Sum::new(),
            lacked: Sum::new(),
            withheld: BTreeSet::new(),
            open: BTreeSet::new(),
            unmapped: BTreeMap::new(),
            notes: BTreeMap::new(),
            profile: Profile::new(),
            repeats: Repeats::default(),
            has_data_events: false,
            is_cut: false,
            denied: 0,
            succeeded: 0,
        }
    }

    /// Takes in an event of the principal; whose events to give is the caller's choice.
    pub fn add(&mut self, event: &Event) {
        self.has_data_events |= event.category == Category::Data;
        self.profile.absorb(event);
        match event.outcome {
            Outcome::Success if self.wish.basis != Basis::Denials => self.done(event),
            Outcome::Denied if self.wish.basis != Basis::Activity => self.refused(event),
            _ => {}
        }
    }

    fn refused(&mut self, event: &Event) {
        let denial = denial::of(event);
        let needed = action::needed(self.catalogue, &event.action.service, &event.action.name);
        let named = denial.lacking(self.catalogue);
        let named =
            named.map(|action| action::qualified(self.catalogue, &event.action.service, action));
        let Some(action) =
            named.or_else(|| needed.and_then(|needed| needed.actions.into_iter().next()))
        else {
            return;
        };
        self.denied += 1;
        if let Some(why) = self.refusal(&denial, &action) {
            self.withhold(action, why);
            return;
        }
        match self.grant(&action, event, denial.resource) {
            Ok(grant) => self.keep(true, grant),
            Err(problem) => self.withhold(action, problem.to_string()),
        }
    }

    fn withhold(&mut self, action: String, why: String) {
        if self.withheld.len() < MAX_WITHHELD {
            self.withheld.insert(Withheld { action, why });
        }
    }

    /// Why a denial gives no grant, if it gives none.
    fn refusal(&self, denial: &Denial<'_>, action: &str) -> Option<String> {
        let elsewhere = match denial.layer {
            Layer::Identity | Layer::Unknown => None,
            Layer::NotIam => {
                Some("a setting or a service's own rule refused it, no IAM policy".to_owned())
            }
            Layer::Authentication | Layer::None => {
                Some("who called was not proved; no permission was asked".to_owned())
            }
            layer => Some(format!("the {} decides; its owner must change it", layer.policy())),
        };
        if denial.effect == Effect::Explicit {
            let arn = denial.policy_arn.map(|arn| format!(", {arn}")).unwrap_or_default();
            return Some(format!("a {} denies it{arn}; no grant helps", denial.layer.policy()));
        }
        if elsewhere.is_some() || self.wish.force {
            return elsewhere;
        }
        let sensitivity =
            self.catalogue.action(action).map(|entry| entry.sensitivity).unwrap_or_default();
        if sensitivity.is_withheld() {
            return Some(format!(
                "it {}; whoever administers the account decides",
                sensitivity.describe().join(", ")
            ));
        }
        let is_said = denial.layer == Layer::Identity && denial.effect == Effect::Implicit;
        (!is_said).then(|| "AWS did not say which policy refused it".to_owned())
    }

    /// The smallest grant of an action.
    fn grant(
        &mut self,
        action: &str,
        event: &Event,
        named: Option<&str>,
    ) -> Result<Grant, suggest::NoGrant> {
        let entry = self.catalogue.action(action);
        let evidence = Evidence {
            place: place(event),
            operation: &event.action.name,
            named,
            resources: &event.resources,
            request: field::REQUEST.get(&event.record),
        };
        let found = resource::find(entry.as_ref(), &evidence);
        if found.as_ref().is_some_and(|found| !found.whole) {
            self.open.insert(action.to_owned());
        }
        suggest::grant(&Need {
            actions: &[action.to_owned()],
            entry: entry.as_ref(),
            found: found.as_ref(),
            evidence: &evidence,
            service: &event.action.service,
            invoked_by: event.principal.invoked_by.as_deref(),
        })
    }

    fn keep(&mut self, is_lack: bool, grant: Grant) {
        let map = if is_lack { &mut self.lacked } else { &mut self.did };
        for action in grant.actions {
            let set = map.entry((grant.conditions.clone(), action)).or_default();
            let fitting = grant.resources.iter().filter(|resource| resource.len() <= MAX_RESOURCE);
            set.extend(fitting.cloned());
            // The smallest stay, so that the result does not hang on the order of events.
            while set.len() > MAX_RESOURCES {
                set.pop_last();
                self.is_cut = true;
            }
        }
        while map.len() > MAX_ACTIONS {
            map.pop_last();
            self.is_cut = true;
        }
    }

    /// The policy: what is in `existing` already is left out.
    pub fn finish(mut self, existing: Option<&Policy>) -> Generated {
        let reading = self.profile.reading();
        let is_hostile = reading.looks_like == LooksLike::Exploring && !self.wish.force;
        if is_hostile {
            for (_, action) in std::mem::take(&mut self.lacked).into_keys() {
                let why = format!("the caller {reading}; look at it before granting anything");
                self.withhold(action, why);
            }
        }
        let mut wanted = self.did;
        for (key, resources) in self.lacked {
            wanted.entry(key).or_default().extend(resources);
        }
        let (mut missing, mut already) = (Vec::new(), Vec::new());
        for grant in merged(wanted) {
            let statement = Statement::from(&grant);
            let is_there = existing.is_some_and(|policy| is_granted(&statement, policy));
            if is_there { already.push(statement) } else { missing.push(statement) }
        }
        let catalogue = self.catalogue;
        let access = |action: &str| access(catalogue, action);
        Generated {
            policy: Policy::new(minimise(&missing, &access)),
            already: minimise(&already, &access),
            withheld: self.withheld,
            open: self.open,
            unmapped: self.unmapped,
            notes: self.notes,
            has_data_events: self.has_data_events,
            is_cut: self.is_cut,
            denied: self.denied,
            succeeded: self.succeeded,
            reading,
        }
    }
}

fn place(event: &Event) -> Place<'_> {
    Place { region: &event.region, account: event.account.as_deref().unwrap_or_default() }
}

/// One grant for each action and resource, many resources below a prefix being one. Few are never
/// put together, nor is what IAM actions name: to pass any role below a path is another permission.
fn merged(wanted: Sum) -> Vec<Grant> {
    let one = |conditions: &Conditions, action: &String, resource: String| Grant {
        actions: vec![action.clone()],
        resources: vec![resource],
        conditions: conditions.clone(),
    };
    let mut grants = Vec::new();
    for ((conditions, action), resources) in wanted {
        let whole = Grant {
            actions: vec![action.clone()],
            resources: resources.into_iter().collect(),
            conditions: conditions.clone(),
        };
        let is_apart = action.starts_with("iam:") || whole.resources.len() < MIN_SHARED;
        let merged = if is_apart { vec![whole] } else { suggest::merge(&[whole]) };
        let resources = merged.into_iter().flat_map(|grant| grant.resources);
        grants.extend(resources.map(|resource| one(&conditions, &action, resource)));
    }
    grants
}

/// What an action does, by the catalogue; what it does not know counts as writing.
pub fn access(catalogue: &Catalogue, action: &str) -> Access {
    match catalogue.action(action).map(|entry| entry.level) {
        Some(AccessLevel::List | AccessLevel::Read) => Access::Read,
        Some(AccessLevel::PermissionsManagement) => Access::Permissions,
        _ if action == "iam:PassRole" => Access::Permissions,
        _ => Access::Write,
    }
}
