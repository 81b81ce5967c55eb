//! Builds the policy from everything that was seen, and compares it with the existing policies.

use std::collections::BTreeSet;

use aware_core::explanation::Cure;
use aware_iam::catalogue::{AccessLevel, Catalogue};
use aware_iam::policy::{
    AccessKind, ExistingVerdict, NamedPolicy, Policy, Statement, find_standing, minimise_statements,
};
use aware_iam::suggest::Grant;

use super::collector::ActivityCollector;
use super::generated::{GeneratedPolicy, JudgedGrant};
use super::sum;
use crate::decide::{self, CallerReading, ExplainedDenials};
use crate::triage::{LooksLike, TriageReading};

impl ActivityCollector<'_> {
    /// What would cure the denials and allow the rest, by the same decision as everywhere else.
    fn build_cure(&mut self, reading: &TriageReading) -> Cure {
        let mut reading = reading.clone();
        if self.wish.force && reading.looks_like == LooksLike::Exploring {
            reading.looks_like = LooksLike::Unclear;
        }
        if self.wish.force {
            reading.withhold = None;
        }
        let mut wanted = std::mem::take(&mut self.lacked);
        wanted.extend(sum::activity_remedies(std::mem::take(&mut self.did)));
        let (refusals, signs) = (BTreeSet::new(), BTreeSet::new());
        let case = ExplainedDenials {
            remedies: &wanted,
            refusals: &refusals,
            signs: &signs,
            decided_by: None,
        };
        let decided =
            decide::decide_cure(self.catalogue, &case, CallerReading::Judged(reading.clone()));
        let cure = decided.cure.unwrap_or_default();
        if !cure.is_offered() {
            let actions = wanted.into_iter().flat_map(|remedy| remedy.statement.actions);
            for action in actions.collect::<BTreeSet<String>>() {
                let why = format!("the caller {reading}; investigate before granting anything");
                self.withhold_action(action, why);
            }
        }
        cure
    }

    /// The policy, without what the existing policies allow, deny or bind to conditions.
    pub fn finish_policy(mut self, existing: &[NamedPolicy]) -> GeneratedPolicy {
        let reading = self.histories.worst_reading();
        let cure = self.build_cure(&reading);
        let (mut missing, mut already, mut told) = (Vec::new(), Vec::new(), Vec::new());
        let grants = cure.changes.iter().flat_map(|change| &change.statements);
        for grant in grants.flat_map(one_by_one) {
            let statement = Statement::from(&grant);
            let found = find_standing(&statement, existing);
            if found.verdict == ExistingVerdict::Missing {
                missing.push(statement.clone());
            }
            let says_more = found.perhaps_denied.is_some()
                || !matches!(found.verdict, ExistingVerdict::Missing | ExistingVerdict::Allowed);
            match says_more {
                true => told.push(JudgedGrant { statement, standing: found }),
                false if found.verdict == ExistingVerdict::Allowed => already.push(statement),
                false => {}
            }
        }
        let catalogue = self.catalogue;
        let access = |action: &str| action_access(catalogue, action);
        GeneratedPolicy {
            policy: Policy::new(minimise_statements(&missing, &access)),
            already: minimise_statements(&already, &access),
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

/// One grant for each pair of action and resource.
fn one_by_one(grant: &Grant) -> Vec<Grant> {
    let of = |action: &String| {
        let one = |resource: &String| Grant {
            actions: vec![action.clone()],
            ..grant.with_resources(vec![resource.clone()])
        };
        grant.resources.iter().map(one).collect::<Vec<_>>()
    };
    grant.actions.iter().flat_map(of).collect()
}

/// What kind of access an action gives, by the catalogue; an unknown action counts as writing.
pub fn action_access(catalogue: &Catalogue, action: &str) -> AccessKind {
    match catalogue.find_action(action).map(|entry| entry.level) {
        Some(AccessLevel::List | AccessLevel::Read) => AccessKind::Read,
        Some(AccessLevel::PermissionsManagement) => AccessKind::Permissions,
        _ if action == "iam:PassRole" => AccessKind::Permissions,
        _ => AccessKind::Write,
    }
}
