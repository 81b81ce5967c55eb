//! Merges many grants into few, without allowing more than was asked for.
//!
//! Collapsing names into a prefix is the exception: eight or more distinct names of one action
//! below the same `/` become a prefix, but only if the caller of [`merge_grants`] permits it for
//! this action. After that, grants with the same resources and conditions become one.

use std::collections::{BTreeMap, BTreeSet};

use super::Grant;

/// From how many names on a shared prefix may replace the resources.
pub const NAMES_OF_A_PREFIX: usize = 8;
/// The most resources of one action to search for shared prefixes.
const MAX_RESOURCES: usize = 2_000;
/// How many slashes of a resource to examine.
const MAX_DEPTH: usize = 16;

/// What grants must have in common to be merged.
type GrantTerms = (BTreeMap<String, BTreeMap<String, Vec<String>>>, BTreeMap<String, Vec<String>>);

/// Merges grants. The order of the input does not matter; the output is sorted.
///
/// `may_share_prefix` says whether a shared prefix may replace many names of an action;
/// [`shares_prefix`](super::shares_prefix) states the requirements.
pub fn merge_grants(grants: &[Grant], may_share_prefix: &dyn Fn(&str) -> bool) -> Vec<Grant> {
    let mut by_action: BTreeMap<(GrantTerms, &str), BTreeSet<&str>> = BTreeMap::new();
    for grant in grants {
        for action in &grant.actions {
            let terms = (grant.conditions.clone(), grant.principals.clone());
            let resources = by_action.entry((terms, action)).or_default();
            resources.extend(grant.resources.iter().map(String::as_str));
        }
    }
    let mut by_resources: BTreeMap<(Vec<String>, GrantTerms), Vec<String>> = BTreeMap::new();
    for ((terms, action), resources) in by_action {
        let key = (collapse_resources(&resources, may_share_prefix(action)), terms);
        by_resources.entry(key).or_default().push(action.to_owned());
    }
    let merged = by_resources.into_iter().map(|((resources, terms), actions)| {
        let (conditions, principals) = terms;
        let mut grant = Grant { actions, resources, conditions, principals };
        grant.sort_and_dedup();
        grant
    });
    let sorted: BTreeSet<Grant> = merged.collect();
    sorted.into_iter().collect()
}

/// Drops what another pattern covers, and replaces many names with the longest prefix up to a `/`
/// that they share, repeatedly, if that is permitted.
fn collapse_resources(resources: &BTreeSet<&str>, may_share_prefix: bool) -> Vec<String> {
    if resources.contains("*") {
        return vec!["*".to_owned()];
    }
    let mut open: BTreeSet<&str> = resources.iter().copied().take(MAX_RESOURCES).collect();
    let mut done: BTreeSet<String> =
        resources.iter().skip(MAX_RESOURCES).map(|&resource| resource.to_owned()).collect();
    let prefixes = if may_share_prefix { shared_prefixes(&open) } else { Vec::new() };
    for prefix in prefixes {
        let below: Vec<&str> =
            open.iter().copied().filter(|resource| resource.starts_with(prefix)).collect();
        if below.len() >= NAMES_OF_A_PREFIX {
            below.iter().for_each(|resource| {
                open.remove(resource);
            });
            done.insert(format!("{prefix}*"));
        }
    }
    done.extend(open.into_iter().map(str::to_owned));
    without_covered(done)
}

/// Drops names that are below a pattern in the set.
fn without_covered(mut resources: BTreeSet<String>) -> Vec<String> {
    let starts: Vec<String> = resources
        .iter()
        .filter_map(|wide| wide.strip_suffix('*').filter(|start| start.ends_with('/')))
        .map(str::to_owned)
        .collect();
    let is_covered = |resource: &String| {
        starts
            .iter()
            .any(|start| resource.strip_prefix(start.as_str()).is_some_and(|rest| rest != "*"))
    };
    resources.retain(|resource| !is_covered(resource));
    resources.into_iter().collect()
}

/// Prefixes that enough resources share, longest first.
fn shared_prefixes<'r>(resources: &BTreeSet<&'r str>) -> Vec<&'r str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in resources {
        for (at, _) in resource.match_indices('/').take(MAX_DEPTH) {
            if let Some(prefix) = resource.get(..=at).filter(|prefix| is_own(prefix)) {
                *counts.entry(prefix).or_default() += 1;
            }
        }
    }
    let mut shared: Vec<&str> = counts
        .into_iter()
        .filter(|(_, count)| *count >= NAMES_OF_A_PREFIX)
        .map(|(prefix, _)| prefix)
        .collect();
    shared.sort_by_key(|prefix| (std::cmp::Reverse(prefix.len()), *prefix));
    shared
}

/// Whether a prefix names more than a type of resource: `bucket/in/` or `parameter/app/`, but not
/// `role/`, below which everything in the account lies, nor a whole bucket.
fn is_own(prefix: &str) -> bool {
    let Some(resource) = prefix.splitn(6, ':').nth(5) else { return false };
    resource.split(['/', ':']).filter(|part| !part.is_empty()).count() >= 2
}
