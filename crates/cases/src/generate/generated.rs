//! The generated policy, and remarks on it.

use std::collections::{BTreeMap, BTreeSet};

use aware_iam::policy::{ExistingStanding, Policy, Statement};

use crate::triage::TriageReading;

/// A permission that was denied or used, and is not offered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct WithheldAction {
    /// The action.
    pub action: String,
    /// Why not, and who can decide.
    pub why: String,
}

/// A policy, with remarks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedPolicy {
    /// The policy; it may have no statement.
    pub policy: Policy,
    /// What was denied, or succeeded, and is not offered.
    pub withheld: BTreeSet<WithheldAction>,
    /// Grants that the existing policies already contain: the denial has another cause.
    pub already: Vec<Statement>,
    /// Grants about which the existing policies say more: they deny them, allow them under
    /// conditions that a new grant would bypass, or may deny them. The policy contains only those
    /// that nothing allows and something may deny.
    pub told: Vec<JudgedGrant>,
    /// What to know before using the policy, from the denials.
    pub take_care: Vec<String>,
    /// Actions whose resource the request shows only in part.
    pub open: BTreeSet<String>,
    /// Successful calls whose action is unknown, and how often each was made.
    pub unmapped: BTreeMap<String, u64>,
    /// Other remarks about some actions, such as what about them is a guess.
    pub notes: BTreeMap<String, BTreeSet<String>>,
    /// Whether data events were among the events.
    pub has_data_events: bool,
    /// Whether there was more than the bounds allow.
    pub is_cut: bool,
    /// How many events were used: denied ones, and successful ones.
    pub denied: u64,
    /// See [`GeneratedPolicy::denied`].
    pub succeeded: u64,
    /// What the principal looks like.
    pub reading: TriageReading,
}

/// A grant, and what the existing policies say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedGrant {
    /// The wanted grant.
    pub statement: Statement,
    /// Denied, or allowed under conditions.
    pub standing: ExistingStanding,
}
