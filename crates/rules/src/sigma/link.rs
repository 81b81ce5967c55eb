//! Resolves what correlations and filters refer to.

use std::collections::{BTreeMap, HashMap};

use aware_core::near::did_you_mean;
use aware_core::source::SourceId;

use super::correlation;
use super::filter::{self, FilterTargets, SigmaFilter};
use super::loaded::RuleNote;
use super::reference::{DocumentState, FoundReference, ReferenceIndex, RuleReference};
use super::value::flatten_all;
use crate::correlate::Correlation;
use crate::ir::RuleExpr;
use crate::problem::RuleMistake;
use crate::rule::CompiledRule;

/// Resolves a filter's references. Rules for sources that are not read are skipped.
pub(super) fn link_filter(
    index: &ReferenceIndex,
    draft: filter::FilterDraft,
    notes: &mut Vec<RuleNote>,
    problems: &mut Vec<RuleMistake>,
) -> Option<SigmaFilter> {
    let mut filter = draft.filter;
    if let Some(references) = draft.rules {
        let before = problems.len();
        let mut ids = Vec::new();
        for reference in &references {
            match resolve_reference(index, &filter.file, reference, problems) {
                Some((id, DocumentState::Rule)) if ids.iter().any(|known| known == id) => {}
                Some((id, DocumentState::Rule)) => ids.push(id.to_owned()),
                Some((_, DocumentState::Correlation)) => {
                    let what = format!("`{}` is a correlation", reference.0);
                    let hint = "filter the rules that it refers to";
                    problems
                        .push(RuleMistake::new(&filter.file, reference.1, what).with_hint(hint));
                }
                // A refused rule has problems of its own; the filter still applies to the others.
                Some((_, DocumentState::Other | DocumentState::Refused)) | None => {}
            }
        }
        if problems.len() > before {
            return None;
        }
        filter.targets = FilterTargets::Rules(ids);
    }
    if !excludes_events(&filter.expr) {
        let what = format!(
            "filter `{}` keeps only what its selections match (hint: `not` in its condition \
             leaves that out)",
            filter.about.name
        );
        notes.push(RuleNote { file: filter.file.clone(), line: draft.place.0, what });
    }
    Some(filter)
}

/// Whether a condition contains a `not` at its top level.
fn excludes_events(expr: &RuleExpr) -> bool {
    match expr {
        RuleExpr::Not(_) => true,
        RuleExpr::All(inner) | RuleExpr::Any(inner) => inner.iter().any(excludes_events),
        _ => false,
    }
}

/// Applies a filter to its rules; returns how many there are.
pub(super) fn apply_filter(
    filter: &SigmaFilter,
    rules: &mut [CompiledRule],
    at: &BTreeMap<String, usize>,
) -> usize {
    let mut applied = 0;
    let mut put = |rule: &mut CompiledRule| {
        if filter.source.is_some_and(|source| !rule.is_for(source)) {
            return;
        }
        let own = std::mem::replace(&mut rule.expr, RuleExpr::All(Vec::new()));
        rule.expr = flatten_all(vec![own, filter.expr.clone()]);
        applied += 1;
    };
    match &filter.targets {
        FilterTargets::Any => rules.iter_mut().for_each(put),
        FilterTargets::Rules(ids) => {
            for at in ids.iter().filter_map(|id| at.get(id)) {
                rules.get_mut(*at).into_iter().for_each(&mut put);
            }
        }
    }
    applied
}

/// Tells each correlation the source of its rules, the first that names one; where none does, it is
/// CloudTrail.
pub(super) fn sources(rules: &[CompiledRule], correlations: &mut [Correlation]) {
    let mut known: HashMap<String, SourceId> =
        rules.iter().filter_map(|rule| Some((rule.about.id.clone(), rule.source?))).collect();
    // A correlation may come before the rules that it refers to.
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
fn resolve_reference<'i>(
    index: &'i ReferenceIndex,
    file: &str,
    (reference, place): &RuleReference,
    problems: &mut Vec<RuleMistake>,
) -> Option<(&'i str, DocumentState)> {
    let problem = |what: String| RuleMistake::new(file, *place, what);
    problems.push(match index.find_document(reference) {
        FoundReference::One(id, state) => return Some((id, state)),
        FoundReference::Several => {
            problem(format!("`{reference}` is the name of several rules")).with_hint("refer by id")
        }
        FoundReference::Nothing => {
            let problem = problem(format!("no rule is called `{reference}`"));
            match index.nearest_name(reference) {
                Some(near) => problem.with_hint(did_you_mean(near)),
                None => problem,
            }
        }
    });
    None
}

/// Resolves the references of correlations. One that refers to something not loaded is not loaded
/// either, nor is one that ultimately refers to itself.
pub(super) fn link_correlations(
    index: &mut ReferenceIndex,
    drafts: Vec<correlation::CorrelationDraft>,
    notes: &mut Vec<RuleNote>,
    problems: &mut Vec<RuleMistake>,
) -> Vec<Correlation> {
    let ids: HashMap<&str, usize> =
        drafts.iter().enumerate().map(|(at, draft)| (&*draft.correlation.about.id, at)).collect();
    let order = LinkOrder::order_drafts(index, &drafts, &ids);
    let mut linked: Vec<Option<Correlation>> = drafts.iter().map(|_| None).collect();
    for &at in &order.done {
        let Some(draft) = drafts.get(at) else { continue };
        let correlation = link_correlation(index, draft, notes, problems);
        if correlation.is_none() {
            index.mark_refused(&draft.correlation.about.id);
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
        let problem = RuleMistake::new(&draft.correlation.file, draft.place, what);
        problems.push(problem.with_hint("break the cycle at one of its `rules`"));
    }
    linked.into_iter().flatten().collect()
}

/// The correlations, each after those that it refers to.
#[derive(Default)]
struct LinkOrder {
    done: Vec<usize>,
    circular: Vec<usize>,
}

impl LinkOrder {
    /// Repeatedly takes those whose references have all been taken; the rest are in a cycle, or
    /// refer to one.
    fn order_drafts(
        index: &ReferenceIndex,
        drafts: &[correlation::CorrelationDraft],
        ids: &HashMap<&str, usize>,
    ) -> Self {
        let needs = |draft: &correlation::CorrelationDraft| {
            let found = draft.rules.iter().map(|(reference, _)| index.find_document(reference));
            let id = found.filter_map(|found| match found {
                FoundReference::One(id, DocumentState::Correlation) => ids.get(id).copied(),
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
fn link_correlation(
    index: &ReferenceIndex,
    draft: &correlation::CorrelationDraft,
    notes: &mut Vec<RuleNote>,
    problems: &mut Vec<RuleMistake>,
) -> Option<Correlation> {
    let mut correlation = draft.correlation.clone();
    let (before, file) = (problems.len(), correlation.file.clone());
    let mut skipped = None;
    for reference in &draft.rules {
        match resolve_reference(index, &file, reference, problems) {
            Some((id, DocumentState::Rule | DocumentState::Correlation)) => {
                correlation.rules.push(id.to_owned())
            }
            Some((_, DocumentState::Other)) => skipped = Some(&reference.0),
            Some((_, DocumentState::Refused)) => {
                let what = format!("`{}` is refused, and so is this correlation", reference.0);
                problems.push(RuleMistake::new(&file, reference.1, what));
            }
            None => {}
        }
    }
    if let Some(name) = skipped.filter(|_| problems.len() == before) {
        let what = format!("skipped `{}`: no source for `{name}`", correlation.about.name);
        notes.push(RuleNote { file, line: correlation.line, what });
        return None;
    }
    link_aliases(index, draft, &mut correlation, problems);
    (problems.len() == before).then_some(correlation)
}

/// Resolves aliases; an alias names a field for some of the correlation's rules.
fn link_aliases(
    index: &ReferenceIndex,
    draft: &correlation::CorrelationDraft,
    correlation: &mut Correlation,
    problems: &mut Vec<RuleMistake>,
) {
    for (alias, fields) in &draft.aliases {
        let mut by_rule = BTreeMap::new();
        for (reference, field) in fields {
            match index.find_document(&reference.0) {
                FoundReference::One(id, _) if correlation.rules.iter().any(|rule| rule == id) => {
                    by_rule.insert(id.to_owned(), field.clone());
                }
                _ => {
                    let what = format!("`{}` is not among the correlation's rules", reference.0);
                    problems.push(RuleMistake::new(&correlation.file, reference.1, what));
                }
            }
        }
        correlation.aliases.insert(alias.clone(), by_rule);
    }
}
