//! Many grants made few, without allowing more than the rule of three does.
//!
//! Three or more resources of one action below one `/` become one pattern. Then grants with the
//! same resources and conditions become one.

use std::collections::{BTreeMap, BTreeSet};

use super::Grant;

/// From how many on resources are told by what they share.
const LEAVES: usize = 3;
/// The most resources of one action of which shared prefixes are looked for.
const MAX_RESOURCES: usize = 2_000;
/// How many slashes of a resource are looked at.
const MAX_DEPTH: usize = 16;

type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Merges grants. The order of the input does not matter; the output is sorted.
pub fn merge(grants: &[Grant]) -> Vec<Grant> {
    let mut by_action: BTreeMap<(&Conditions, &str), BTreeSet<&str>> = BTreeMap::new();
    for grant in grants {
        for action in &grant.actions {
            let resources = by_action.entry((&grant.conditions, action)).or_default();
            resources.extend(grant.resources.iter().map(String::as_str));
        }
    }
    let mut by_resources: BTreeMap<(Vec<String>, &Conditions), Vec<String>> = BTreeMap::new();
    for ((conditions, action), resources) in by_action {
        let key = (collapse(&resources), conditions);
        by_resources.entry(key).or_default().push(action.to_owned());
    }
    let merged = by_resources.into_iter().map(|((resources, conditions), actions)| {
        let mut grant = Grant { actions, resources, conditions: conditions.clone() };
        grant.normalise();
        grant
    });
    let sorted: BTreeSet<Grant> = merged.collect();
    sorted.into_iter().collect()
}

/// Replaces three or more resources by the longest prefix up to a `/` that they share, as often
/// as there is one.
fn collapse(resources: &BTreeSet<&str>) -> Vec<String> {
    if resources.contains("*") {
        return vec!["*".to_owned()];
    }
    let mut open: BTreeSet<&str> = resources.iter().copied().take(MAX_RESOURCES).collect();
    let mut done: BTreeSet<String> =
        resources.iter().skip(MAX_RESOURCES).map(|&resource| resource.to_owned()).collect();
    for prefix in shared(&open) {
        let below: Vec<&str> =
            open.iter().copied().filter(|resource| resource.starts_with(prefix)).collect();
        if below.len() >= LEAVES {
            below.iter().for_each(|resource| {
                open.remove(resource);
            });
            done.insert(format!("{prefix}*"));
        }
    }
    done.extend(open.into_iter().map(str::to_owned));
    let starts: Vec<String> = done
        .iter()
        .filter_map(|wide| wide.strip_suffix('*').filter(|start| start.ends_with('/')))
        .map(str::to_owned)
        .collect();
    let is_covered = |resource: &String| {
        starts
            .iter()
            .any(|start| resource.strip_prefix(start.as_str()).is_some_and(|rest| rest != "*"))
    };
    done.retain(|resource| !is_covered(resource));
    done.into_iter().collect()
}

/// Prefixes that three or more resources have, the longest first.
fn shared<'r>(resources: &BTreeSet<&'r str>) -> Vec<&'r str> {
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
        .filter(|(_, count)| *count >= LEAVES)
        .map(|(prefix, _)| prefix)
        .collect();
    shared.sort_by_key(|prefix| (std::cmp::Reverse(prefix.len()), *prefix));
    shared
}

/// Whether a prefix names more than a type of resources: `bucket/`, `parameter/app/`, but not
/// `role/`, below which everything of the account lies.
fn is_own(prefix: &str) -> bool {
    let Some(resource) = prefix.splitn(6, ':').nth(5) else { return false };
    let is_bucket = prefix.contains(":s3:::");
    let parts = resource.split(['/', ':']).filter(|part| !part.is_empty()).count();
    parts >= if is_bucket { 1 } else { 2 }
}
