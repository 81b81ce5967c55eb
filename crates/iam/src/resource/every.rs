//! Finds every resource of a call: each one that the record or the request names, and a format
//! pattern for each type that the action requires and nothing names.
//!
//! A value belongs to the type that its key names best. Types that could have taken another type's
//! value are alternatives, and get no pattern: a call on a table is not also on a stream.

use std::collections::BTreeSet;

use super::evidence::ResourceEvidence;
use super::fill::{FilledCandidate, FormatSlots};
use super::found::{FoundResource, ResourceOrigin};
use super::request::{RequestValues, is_name};
use super::{apigateway, format, ids, naming};
use crate::catalogue::{ActionEntry, ResourceUse};

/// Types that a call creates besides what it names, and that the reference lists as optional.
///
/// Source: EC2 user guide, "Example policies": launching needs `volume/*`.
const MADE_BESIDE: [(&str, &str, &str); 1] = [("ec2", "RunInstances", "volume")];

/// The most resources of one call.
const MAX_FOUND: usize = 500;

/// How much worse a key may suit a type before it no longer means that type.
const CONTEST_MARGIN: u32 = 40;

/// What is known about one resource type.
struct TypeCandidate<'t> {
    used: &'t ResourceUse,
    found: Vec<FoundResource>,
    /// Whether a value that would suit this type went to another type, which it suits better.
    is_contested: bool,
    is_spoken: bool,
}

/// Every resource of a call of an action that has resource types.
pub(super) fn find_every(
    action: &ActionEntry,
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> Vec<FoundResource> {
    if action.service == "apigateway" {
        return apigateway::find_by_path(action, request, evidence);
    }
    let mut courses = build_candidates(action, evidence);
    let by_arn = assign_arns(&mut courses, request, evidence);
    let by_name = assign_names(&mut courses, action, request, evidence);
    let is_named = courses.iter().any(|course| !course.found.is_empty());
    let may_be_other = is_named && (by_arn || by_name) && action.service != "ec2";
    let mut found: Vec<FoundResource> = Vec::new();
    for course in &mut courses {
        if !course.found.is_empty() {
            found.append(&mut course.found);
        } else if is_needed(action, evidence, course) && !may_be_other && !course.is_contested {
            found.extend(type_pattern(course, action, request, evidence));
        }
    }
    if !is_named {
        keep_spoken(&mut found, action, evidence);
    }
    if found.is_empty() {
        found.extend(within_known(&courses, action, request, evidence));
    }
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert(one.pattern.clone()));
    found.truncate(MAX_FOUND);
    found
}

/// If none of the optional types is named, the one within a named place: all objects of the bucket,
/// if the keys are hidden.
fn within_known(
    courses: &[TypeCandidate<'_>],
    action: &ActionEntry,
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> Option<FoundResource> {
    let patterns = courses.iter().filter_map(|course| {
        let found = type_pattern(course, action, request, evidence)?;
        let formats = course.used.formats.iter();
        let known = formats
            .map(|format| slots_for(course, format, request, evidence).known_above())
            .max()?;
        let is_place = known > 0 || found.whole;
        is_place.then_some(((known, course.is_spoken, found.whole), found))
    });
    patterns.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, found)| found)
}

fn slots_for<'t>(
    course: &TypeCandidate<'t>,
    format: &'t str,
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> FormatSlots<'t> {
    FormatSlots::new(format, &course.used.name, request, evidence.operation, course.is_spoken)
}

fn build_candidates<'t>(
    action: &'t ActionEntry,
    evidence: &ResourceEvidence<'_>,
) -> Vec<TypeCandidate<'t>> {
    let is_only = action.resources.len() == 1
        || action.resources.iter().filter(|used| used.required).count() == 1;
    let types = action.resources.iter();
    types
        .map(|used| TypeCandidate {
            used,
            found: Vec::new(),
            is_contested: false,
            is_spoken: naming::mentions_type(evidence.operation, &used.name)
                || is_only && (used.required || action.resources.len() == 1),
        })
        .collect()
}

fn is_needed(
    action: &ActionEntry,
    evidence: &ResourceEvidence<'_>,
    course: &TypeCandidate<'_>,
) -> bool {
    let made = (action.service.as_str(), evidence.operation, course.used.name.as_str());
    course.used.required || MADE_BESIDE.contains(&made)
}

/// Gives each ARN to the type that it fits best. Returns whether one of them came from a key that
/// is about any type, such as `resourceArn`, so that the other types are alternatives.
fn assign_arns(
    courses: &mut [TypeCandidate<'_>],
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> bool {
    let in_record = evidence.resources.iter().map(|resource| resource.name.as_str());
    let of_record =
        in_record.filter(|name| name.starts_with("arn:") && Some(*name) != evidence.named);
    let of_request = request.all_leaves().iter().filter(|leaf| leaf.is_arn());
    let arns =
        of_record.map(|arn| (arn, None)).chain(of_request.map(|leaf| (&*leaf.value, Some(leaf))));
    let mut is_generic = false;
    for (arn, leaf) in arns {
        let fit = |course: &TypeCandidate<'_>| {
            course.used.formats.iter().filter_map(|format| format::match_format(format, arn)).max()
        };
        let best = courses.iter().filter_map(&fit).max();
        let mut fitting = courses.iter_mut().filter(|course| best.is_some() && fit(course) == best);
        let Some(first) = fitting.next() else { continue };
        let first = match fitting.find(|course| course.used.required && !first.used.required) {
            Some(required) => required,
            None => first,
        };
        let kind = first.used.name.clone();
        first.found.push(FoundResource::new_exact(arn, ResourceOrigin::Record, Some(&kind)));
        // `resourceArn` is about any type, and `modelId` about every sort of model.
        is_generic |= leaf.is_some_and(|leaf| {
            let about =
                |course: &&TypeCandidate<'_>| naming::is_about(&leaf.key, &course.used.name);
            !naming::is_about(&leaf.key, &kind) || courses.iter().filter(about).count() > 1
        });
    }
    is_generic
}

/// Gives each name to the type whose own variable its key names best. Returns whether the types are
/// alternatives, because the same value could name several of them.
fn assign_names(
    courses: &mut [TypeCandidate<'_>],
    action: &ActionEntry,
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> bool {
    let mut are_alternatives = false;
    let slots: Vec<Vec<FormatSlots<'_>>> = courses
        .iter()
        .map(|course| {
            let formats = course.used.formats.iter();
            formats.map(|format| slots_for(course, format, request, evidence)).collect()
        })
        .collect();
    for (at, leaf) in request.all_leaves().iter().enumerate().filter(|(_, leaf)| is_name(leaf)) {
        let kind = ids::kind_by_form(&action.service, &leaf.key, &leaf.value);
        let kind = kind.filter(|kind| courses.iter().any(|course| course.used.name == *kind));
        let mut takes: Vec<(usize, FilledCandidate)> = Vec::new();
        for (index, (course, formats)) in courses.iter().zip(&slots).enumerate() {
            let is_kind = kind.is_some_and(|kind| course.used.name == kind);
            let best = formats
                .iter()
                .filter_map(|slots| slots.take_value(at, is_kind, request, evidence))
                .reduce(better_take);
            takes.extend(best.map(|take| (index, take)));
        }
        // If one key may mean three or more types, a call is on only one of them.
        are_alternatives |= takes.len() >= 3;
        settle_takes(courses, takes, kind);
    }
    are_alternatives
}

/// The best of the types that would take a value get it; the others are contested.
fn settle_takes(
    courses: &mut [TypeCandidate<'_>],
    mut takes: Vec<(usize, FilledCandidate)>,
    kind: Option<&str>,
) {
    let is_kind = |course: &TypeCandidate<'_>| kind.is_none_or(|kind| course.used.name == kind);
    let rank = |courses: &[TypeCandidate<'_>], (index, take): &(usize, FilledCandidate)| {
        let course = courses.get(*index);
        (
            course.is_some_and(is_kind),
            take.fitness,
            take.filled.whole,
            take.filled.known,
            course.is_some_and(|course| course.used.required),
            course.is_some_and(|course| course.is_spoken),
        )
    };
    takes.sort_by_key(|take| std::cmp::Reverse(rank(courses, take)));
    let Some(first) = takes.first() else { return };
    let (best, fitness) = (rank(courses, first), first.1.fitness);
    // If a value suits several types equally well, all of them are granted: it is one of them.
    let equal = takes.iter().take_while(|take| rank(courses, take) == best).count();
    for (at, (index, take)) in takes.into_iter().enumerate() {
        let Some(course) = courses.get_mut(index) else { continue };
        if at < equal {
            course.found.push(take.filled.into_resource());
        } else {
            course.is_contested |= take.fitness + CONTEST_MARGIN > fitness;
        }
    }
}

fn better_take(best: FilledCandidate, next: FilledCandidate) -> FilledCandidate {
    let rank = |take: &FilledCandidate| (take.fitness, take.filled.whole, take.filled.known);
    if rank(&next) > rank(&best) { next } else { best }
}

/// A type's format with the known parts of the places above, and `*` for the rest.
fn type_pattern(
    course: &TypeCandidate<'_>,
    action: &ActionEntry,
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> Option<FoundResource> {
    let formats = course.used.formats.iter();
    let filled = formats.map(|format| {
        slots_for(course, format, request, evidence).without_own(&action.service, request, evidence)
    });
    let best = filled.reduce(|best, next| {
        if (next.whole, next.known) > (best.whole, best.known) { next } else { best }
    })?;
    let is_known = best.whole || best.known > 0;
    let origin = if is_known { ResourceOrigin::Request } else { ResourceOrigin::Pattern };
    Some(FoundResource { origin, ..best.into_resource() })
}

/// If nothing is named, keeps the types that the operation's name mentions, if there are any.
fn keep_spoken(
    found: &mut Vec<FoundResource>,
    action: &ActionEntry,
    evidence: &ResourceEvidence<'_>,
) {
    let rank = |one: &FoundResource| {
        let kind = one.kind.as_deref().unwrap_or_default();
        naming::spoken_part(evidence.operation, kind)
    };
    let most = found.iter().map(rank).max().unwrap_or_default();
    if action.service != "ec2" && most > 0 {
        found.retain(|one| rank(one) == most || one.origin != ResourceOrigin::Pattern);
    }
    if found.iter().any(|one| one.pattern.contains('*'))
        && found.iter().all(|one| one.origin != ResourceOrigin::Pattern)
    {
        return;
    }
    // A type without variables is a single resource, which the call need not be about.
    if found.iter().any(|one| one.origin == ResourceOrigin::Pattern) && most > 0 {
        found.retain(|one| rank(one) == most || is_above(one, &action.resources));
    }
}

/// Whether a resource is a place that contains others, as Glue's catalog does.
fn is_above(one: &FoundResource, types: &[ResourceUse]) -> bool {
    let place = one.name.splitn(6, ':').nth(5).unwrap_or_default();
    types.len() > 1 && !place.contains(['/', ':'])
}
