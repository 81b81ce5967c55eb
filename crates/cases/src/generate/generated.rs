//! The policy that is generated, and what is to be said of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::triage::Reading;
use aware_iam::policy::{Policy, Standing, Statement};

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
