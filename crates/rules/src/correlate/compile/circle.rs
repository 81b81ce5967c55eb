//! Correlations that refer to themselves, directly or through others.

use super::check::problem;
use super::names::Node;
use super::resolve::Resolved;
use crate::correlate::model::Correlation;
use crate::problem::Problem;

/// Refuses every correlation that is part of a cycle, naming the cycle.
pub(super) fn refuse(correlations: &[Correlation], fates: &mut [Result<Resolved, Vec<Problem>>]) {
    let links: Vec<Vec<usize>> = fates.iter().map(links).collect();
    for (at, correlation) in correlations.iter().enumerate() {
        let Some(circle) = circle(&links, at) else { continue };
        let titles = circle.iter().filter_map(|at| correlations.get(*at));
        let titles: Vec<String> = titles.map(|one| format!("`{}`", one.about.name)).collect();
        let what = format!("correlation refers to itself: {}", titles.join(" → "));
        if let Some(fate) = fates.get_mut(at) {
            *fate = Err(vec![problem(correlation, what)]);
        }
    }
}

fn links(fate: &Result<Resolved, Vec<Problem>>) -> Vec<usize> {
    let nodes = fate.iter().flat_map(|resolved| &resolved.rules);
    nodes
        .filter_map(|node| match node {
            Node::Correlation(at) => Some(*at),
            Node::Rule(_) => None,
        })
        .collect()
}

/// The shortest path from a node back to itself, both ends included.
fn circle(links: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut from: Vec<Option<usize>> = vec![None; links.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in links.get(at).into_iter().flatten() {
            if *next == start {
                return Some(way_back(&from, start, at));
            }
            if let Some(seen @ None) = from.get_mut(*next) {
                *seen = Some(at);
                queue.push_back(*next);
            }
        }
    }
    None
}

fn way_back(from: &[Option<usize>], start: usize, last: usize) -> Vec<usize> {
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
