//! A policy for a principal, from what it was denied, from what it did, or both.

mod done;
mod repeats;

use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::{Event, Outcome};
use aware_core::explanation::Cure;

use crate::decide::{self, CallerReading, Case};
use crate::triage::{Histories, LooksLike, Reading};
use aware_iam::catalogue::{AccessLevel, Catalogue};
use aware_iam::denial::{Effect, Layer};
use aware_iam::explain::{Explainer, Explanation};
use aware_iam::policy::{Access, Already, Named, Policy, Standing, Statement, minimise, standing};
use aware_iam::principal::Identity;
use aware_iam::suggest::{Grant, Remedy};
use repeats::Repeats;

/// How many different actions, and resources of each, are kept.
const MAX_ACTIONS: usize = 500;
const MAX_RESOURCES: usize = 500;
/// How many grants that are not offered are listed.
const MAX_WITHHELD: usize = 500;
/// How many statements that would cure denials are kept.
const MAX_REMEDIES: usize = 5_000;
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
    /// Also what is withheld: sensitive actions, and the denials of a caller who looks like
    /// exploring.
    pub force: bool,
}

/// A permission that was denied, or that went through, and is not offered.
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
    /// What was denied, or went through, and is not offered.
    pub withheld: BTreeSet<Withheld>,
    /// Grants that the existing policies have already: the reason of their denial is elsewhere.
    pub already: Vec<Statement>,
    /// Grants of which the existing policies say more: they deny them, allow them under conditions
    /// that a new grant would bypass, or may deny them. Only those that nothing allows and
    /// something may deny are in the policy.
    pub told: Vec<Told>,
    /// What to know before the policy is used, of what was denied.
    pub take_care: Vec<String>,
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

/// A grant, and what the existing policies say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What was wanted.
    pub statement: Statement,
    /// Denied, or allowed under conditions.
    pub standing: Standing,
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
    lacked: BTreeSet<Remedy>,
    withheld: BTreeSet<Withheld>,
    open: BTreeSet<String>,
    histories: Histories,
    unmapped: BTreeMap<String, u64>,
    notes: BTreeMap<String, BTreeSet<String>>,
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
            lacked: BTreeSet::new(),
            withheld: BTreeSet::new(),
            open: BTreeSet::new(),
            histories: Histories::new(),
            unmapped: BTreeMap::new(),
            notes: BTreeMap::new(),
            repeats: Repeats::default(),
            has_data_events: false,
            is_cut: false,
            denied: 0,
            succeeded: 0,
        }
    }

    /// Takes in an event of the principal; whose events to give is the caller's choice.
    pub fn add(&mut self, event: &Event) {
        if event.api_call().is_none() {
            return;
        }
        self.has_data_events |= event.is_data_event();
        self.histories.add(event);
        match event.outcome {
            Outcome::Success if self.wish.basis != Basis::Denials => self.done(event),
            Outcome::Denied if self.wish.basis != Basis::Activity => self.refused(event),
            _ => {}
        }
    }

    /// Takes what is known of the principal from events that the policy is not made of.
    pub fn know(&mut self, histories: Histories) {
        self.histories.merge(histories);
    }

    /// What was denied, as it is explained: only what belongs into the principal's own policy.
    fn refused(&mut self, event: &Event) {
        let explainer = if self.wish.force {
            Explainer::forced(self.catalogue)
        } else {
            Explainer::new(self.catalogue)
        };
        let told = explainer.explain(event);
        let Some(action) = told.action.clone() else { return };
        self.denied += 1;
        let own = Identity::of(event).identity_policy();
        let is_own = |remedy: &Remedy| Some(&remedy.attach_to) == own.as_ref();
        let remedies: Vec<Remedy> = told.remedies().into_iter().filter(is_own).collect();
        if remedies.is_empty() {
            self.withhold(action, refusal(&told));
        }
        self.lacked.extend(remedies);
        while self.lacked.len() > MAX_REMEDIES {
            self.lacked.pop_last();
            self.is_cut = true;
        }
    }

    fn withhold(&mut self, action: String, why: String) {
        if self.withheld.len() < MAX_WITHHELD {
            self.withheld.insert(Withheld { action, why });
        }
    }

    fn keep(&mut self, grant: Grant) {
        let map = &mut self.did;
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

    /// What would cure the denials and what allows the rest, decided as everywhere else.
    fn cure(&mut self, reading: &Reading) -> Cure {
        let mut reading = reading.clone();
        if self.wish.force && reading.looks_like == LooksLike::Exploring {
            reading.looks_like = LooksLike::Unclear;
        }
        if self.wish.force {
            reading.withhold = None;
        }
        let mut wanted = std::mem::take(&mut self.lacked);
        wanted.extend(done::remedies(std::mem::take(&mut self.did)));
        let (refusals, signs) = (BTreeSet::new(), BTreeSet::new());
        let case = Case { remedies: &wanted, refusals: &refusals, signs: &signs, decided_by: None };
        let decided = decide::decide(self.catalogue, &case, CallerReading::Judged(reading.clone()));
        let cure = decided.cure.unwrap_or_default();
        if !cure.is_offered() {
            let actions = wanted.into_iter().flat_map(|remedy| remedy.statement.actions);
            for action in actions.collect::<BTreeSet<String>>() {
                let why = format!("the caller {reading}; look at it before granting anything");
                self.withhold(action, why);
            }
        }
        cure
    }

    /// The policy: what the existing policies allow, deny or bind to conditions is left out.
    pub fn finish(mut self, existing: &[Named]) -> Generated {
        let reading = self.histories.worst();
        let cure = self.cure(&reading);
        let (mut missing, mut already, mut told) = (Vec::new(), Vec::new(), Vec::new());
        let grants = cure.changes.iter().flat_map(|change| &change.statements);
        for grant in grants.flat_map(one_by_one) {
            let statement = Statement::from(&grant);
            let found = standing(&statement, existing);
            if found.verdict == Already::Missing {
                missing.push(statement.clone());
            }
            let says_more = found.perhaps_denied.is_some()
                || !matches!(found.verdict, Already::Missing | Already::Allowed);
            match says_more {
                true => told.push(Told { statement, standing: found }),
                false if found.verdict == Already::Allowed => already.push(statement),
                false => {}
            }
        }
        let catalogue = self.catalogue;
        let access = |action: &str| access(catalogue, action);
        Generated {
            policy: Policy::new(minimise(&missing, &access)),
            already: minimise(&already, &access),
            told,
            take_care: cure.take_care,
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

/// Why a denial gives no grant for the principal's own policy.
fn refusal(told: &Explanation) -> String {
    let policy = told.layer.policy();
    match (told.effect, told.layer) {
        (Effect::Explicit, _) => {
            let arn = told.policy_arn.as_ref().map(|arn| format!(", {arn}")).unwrap_or_default();
            format!("a {policy} denies it{arn}; no grant helps")
        }
        (_, Layer::NotIam) => {
            "a setting or a service's own rule refused it, no IAM policy".to_owned()
        }
        (_, Layer::Authentication | Layer::None) => {
            "who called was not proved; no permission was asked".to_owned()
        }
        _ => match (&told.no_grant, &told.decided_by) {
            (Some(why), decides) => {
                let decides = decides.as_deref().unwrap_or("whoever administers the account");
                format!("{why}; {decides} decides")
            }
            _ if matches!(told.layer, Layer::Identity | Layer::Unknown) => {
                "no statement in a policy of its own would cure it".to_owned()
            }
            _ => format!("the {policy} decides; its owner must change it"),
        },
    }
}

/// A grant for each action and resource.
fn one_by_one(grant: &Grant) -> Vec<Grant> {
    let of = |action: &String| {
        let one = |resource: &String| Grant {
            actions: vec![action.clone()],
            ..grant.on(vec![resource.clone()])
        };
        grant.resources.iter().map(one).collect::<Vec<_>>()
    };
    grant.actions.iter().flat_map(of).collect()
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
