//! Resolves what correlations and filters refer to.

use std::collections::{BTreeMap, HashMap};

use aware_core::near::did_you_mean;
use aware_core::source::SourceId;

use super::correlation;
use super::filter::{self, Filter, Targets};
use super::loaded::Note;
use super::reference::{Found, Index, Reference, State};
use super::value::all_of;
use crate::correlate::Correlation;
use crate::ir::Expr;
use crate::problem::Problem;
use crate::rule::Rule;

/// Resolves a filter's references. Rules for sources that are not read are skipped.
pub(super) fn filter(
    index: &Index,
    draft: filter::Draft,
    notes: &mut Vec<Note>,
    problems: &mut Vec<Problem>,
) -> Option<Filter> {
    let mut filter = draft.filter;
    if let Some(references) = draft.rules {
        let before = problems.len();
        let mut ids = Vec::new();
        for reference in &references {
            match resolve(index, &filter.file, reference, problems) {
                Some((id, State::Rule)) if ids.iter().any(|known| known == id) => {}
                Some((id, State::Rule)) => ids.push(id.to_owned()),
                Some((_, State::Correlation)) => {
                    let what = format!("`{}` is a correlation", reference.0);
                    let hint = "filter the rules that it refers to";
                    problems.push(Problem::new(&filter.file, reference.1, what).hint(hint));
                }
                // A refused rule has problems of its own; the filter still applies to the others.
                Some((_, State::Other | State::Refused)) | None => {}
            }
        }
        if problems.len() > before {
            return None;
        }
        filter.targets = Targets::Rules(ids);
    }
    if !excludes(&filter.expr) {
        let what = format!(
            "filter `{}` keeps only what its selections match (hint: `not` in its condition \
             leaves that out)",
            filter.about.name
        );
        notes.push(Note { file: filter.file.clone(), line: draft.place.0, what });
    }
    Some(filter)
}

/// Whether a condition contains a `not` at its top level.
fn excludes(expr: &Expr) -> bool {
    match expr {
        Expr::Not(_) => true,
        Expr::All(inner) | Expr::Any(inner) => inner.iter().any(excludes),
        _ => false,
    }
}

/// Applies a filter to its rules; returns how many there are.
pub(super) fn apply(filter: &Filter, rules: &mut [Rule], at: &BTreeMap<String, usize>) -> usize {
    let mut applied = 0;
    let mut put = |rule: &mut Rule| {
        if filter.source.is_some_and(|source| !rule.is_for(source)) {
            return;
        }
        let own = std::mem::replace(&mut rule.expr, Expr::All(Vec::new()));
        rule.expr = all_of(vec![own, filter.expr.clone()]);
        applied += 1;
    };
    match &filter.targets {
        Targets::Any => rules.iter_mut().for_each(put),
        Targets::Rules(ids) => {
            for at in ids.iter().filter_map(|id| at.get(id)) {
                rules.get_mut(*at).into_iter().for_each(&mut put);
            }
        }
    }
    applied
}

/// Tells each correlation the source of its rules, the first that names one; where none does, it is
/// CloudTrail.
pub(super) fn sources(rules: &[Rule], correlations: &mut [Correlation]) {
    let mut known: HashMap<String, SourceId> =
        rules.iter().filter_map(|rule| Some((rule.about.id.clone(), rule.source?))).collect();
    // A correlation may stand before those that it is about.
    for _ in 0..correlations.len() {
        let before = known.len();
        for one in &mut *correlations {
            if let Some(source) = one.rules.iter().find_map(|id| known.get(id).copied()) {
                one.source = source;
                known.insert(one.about.id.clone(), source);
            }
        }
        if known.len() == before {
            return;
        }
    }
}

/// Follows one reference of a file, or reports what is wrong with it.
fn resolve<'i>(
    index: &'i Index,
    file: &str,
    (reference, place): &Reference,
    problems: &mut Vec<Problem>,
) -> Option<(&'i str, State)> {
    let problem = |what: String| Problem::new(file, *place, what);
    problems.push(match index.find(reference) {
        Found::One(id, state) => return Some((id, state)),
        Found::Several => {
            problem(format!("`{reference}` is the name of several rules")).hint("refer by id")
        }
        Found::Nothing => {
            let problem = problem(format!("no rule is called `{reference}`"));
            match index.near(reference) {
                Some(near) => problem.hint(did_you_mean(near)),
                None => problem,
            }
        }
    });
    None
}

/// Resolves the references of correlations. One that refers to something not loaded is not loaded
/// either, nor is one that ultimately refers to itself.
pub(super) fn correlations(
    index: &mut Index,
    drafts: Vec<correlation::Draft>,
    notes: &mut Vec<Note>,
    problems: &mut Vec<Problem>,
) -> Vec<Correlation> {
    let ids: HashMap<&str, usize> =
        drafts.iter().enumerate().map(|(at, draft)| (&*draft.correlation.about.id, at)).collect();
    let order = Order::of(index, &drafts, &ids);
    let mut linked: Vec<Option<Correlation>> = drafts.iter().map(|_| None).collect();
    for &at in &order.done {
        let Some(draft) = drafts.get(at) else { continue };
        let correlation = link(index, draft, notes, problems);
        if correlation.is_none() {
            index.refuse(&draft.correlation.about.id);
        }
        if let Some(place) = linked.get_mut(at) {
            *place = correlation;
        }
    }
    for draft in order.circular.iter().filter_map(|at| drafts.get(*at)) {
        let what = format!(
            "`{}` is in a cycle of correlations, or refers to one",
            draft.correlation.about.name
        );
        let problem = Problem::new(&draft.correlation.file, draft.place, what);
        problems.push(problem.hint("break the cycle at one of its `rules`"));
    }
    linked.into_iter().flatten().collect()
}

/// The correlations, each after those that it refers to.
#[derive(Default)]
struct Order {
    done: Vec<usize>,
    circular: Vec<usize>,
}

impl Order {
    /// Repeatedly takes those whose references have all been taken; the rest are in a cycle, or
    /// refer to one.
    fn of(index: &Index, drafts: &[correlation::Draft], ids: &HashMap<&str, usize>) -> Self {
        let needs = |draft: &correlation::Draft| {
            let found = draft.rules.iter().map(|(reference, _)| index.find(reference));
            let id = found.filter_map(|found| match found {
                Found::One(id, State::Correlation) => ids.get(id).copied(),
                _ => None,
            });
            id.collect::<Vec<usize>>()
        };
        let mut waiting: Vec<usize> = Vec::new();
        let mut needed_by: Vec<Vec<usize>> = drafts.iter().map(|_| Vec::new()).collect();
        for (at, draft) in drafts.iter().enumerate() {
            let needs = needs(draft);
            waiting.push(needs.len());
            for need in needs {
                needed_by.get_mut(need).into_iter().for_each(|list| list.push(at));
            }
        }
        let free = |(at, count): (usize, &usize)| (*count == 0).then_some(at);
        let mut done: Vec<usize> = waiting.iter().enumerate().filter_map(free).collect();
        let mut next = 0;
        while let Some(at) = done.get(next).copied() {
            next += 1;
            for other in needed_by.get(at).into_iter().flatten() {
                let Some(count) = waiting.get_mut(*other) else { continue };
                *count = count.saturating_sub(1);
                if *count == 0 {
                    done.push(*other);
                }
            }
        }
        let left = |(at, count): (usize, &usize)| (*count > 0).then_some(at);
        Self { done, circular: waiting.iter().enumerate().filter_map(left).collect() }
    }
}

/// Resolves one correlation, whose own correlations are already resolved.
fn link(
    index: &Index,
    draft: &correlation::Draft,
    notes: &mut Vec<Note>,
    problems: &mut Vec<Problem>,
) -> Option<Correlation> {
    let mut correlation = draft.correlation.clone();
    let (before, file) = (problems.len(), correlation.file.clone());
    let mut skipped = None;
    for reference in &draft.rules {
        match resolve(index, &file, reference, problems) {
            Some((id, State::Rule | State::Correlation)) => correlation.rules.push(id.to_owned()),
            Some((_, State::Other)) => skipped = Some(&reference.0),
            Some((_, State::Refused)) => {
                let what = format!("`{}` is refused, and so is this correlation", reference.0);
                problems.push(Problem::new(&file, reference.1, what));
            }
            None => {}
        }
    }
    if let Some(name) = skipped.filter(|_| problems.len() == before) {
        let what = format!("skipped `{}`: no source for `{name}`", correlation.about.name);
        notes.push(Note { file, line: correlation.line, what });
        return None;
    }
    aliases(index, draft, &mut correlation, problems);
    (problems.len() == before).then_some(correlation)
}

/// Resolves aliases; an alias names a field for some of the correlation's rules.
fn aliases(
    index: &Index,
    draft: &correlation::Draft,
    correlation: &mut Correlation,
    problems: &mut Vec<Problem>,
) {
    for (alias, fields) in &draft.aliases {
        let mut by_rule = BTreeMap::new();
        for (reference, field) in fields {
            match index.find(&reference.0) {
                Found::One(id, _) if correlation.rules.iter().any(|rule| rule == id) => {
                    by_rule.insert(id.to_owned(), field.clone());
                }
                _ => {
                    let what = format!("`{}` is not among the correlation's rules", reference.0);
                    problems.push(Problem::new(&correlation.file, reference.1, what));
                }
            }
        }
        correlation.aliases.insert(alias.clone(), by_rule);
    }
}
