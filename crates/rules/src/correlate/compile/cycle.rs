//! Correlations that refer to themselves, directly or through others.

use super::check::problem_at;
use super::names::ReferenceTarget;
use super::resolve::ResolvedCorrelation;
use crate::correlate::model::Correlation;
use crate::problem::RuleMistake;

/// Refuses every correlation that is part of a cycle, naming the cycle.
pub(super) fn refuse_cycles(
    correlations: &[Correlation],
    fates: &mut [Result<ResolvedCorrelation, Vec<RuleMistake>>],
) {
    let links: Vec<Vec<usize>> = fates.iter().map(referenced_correlations).collect();
    for (at, correlation) in correlations.iter().enumerate() {
        let Some(circle) = shortest_cycle(&links, at) else { continue };
        let titles = circle.iter().filter_map(|at| correlations.get(*at));
        let titles: Vec<String> = titles.map(|one| format!("`{}`", one.about.name)).collect();
        let what = format!("correlation refers to itself: {}", titles.join(" → "));
        if let Some(fate) = fates.get_mut(at) {
            *fate = Err(vec![problem_at(correlation, what)]);
        }
    }
}

fn referenced_correlations(fate: &Result<ResolvedCorrelation, Vec<RuleMistake>>) -> Vec<usize> {
    let nodes = fate.iter().flat_map(|resolved| &resolved.rules);
    nodes
        .filter_map(|node| match node {
            ReferenceTarget::Correlation(at) => Some(*at),
            ReferenceTarget::Rule(_) => None,
        })
        .collect()
}

/// The shortest path from a node back to itself, both ends included.
fn shortest_cycle(links: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut from: Vec<Option<usize>> = vec![None; links.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in links.get(at).into_iter().flatten() {
            if *next == start {
                return Some(path_back(&from, start, at));
            }
            if let Some(seen @ None) = from.get_mut(*next) {
                *seen = Some(at);
                queue.push_back(*next);
            }
        }
    }
    None
}

fn path_back(from: &[Option<usize>], start: usize, last: usize) -> Vec<usize> {
    let mut way = vec![start, last];
    let mut at = last;
    while at != start
        && let Some(before) = from.get(at).copied().flatten()
    {
        way.push(before);
        at = before;
    }
    way.reverse();
    way
}
