//! The actions of the catalogue that a policy's patterns stand for.

use crate::catalogue::{ActionEntry, Catalogue};
use crate::policy::ActionPattern;

/// Every catalogue action that a pattern matches; none for an unknown name without wildcards.
pub(crate) fn expand_pattern(catalogue: &Catalogue, pattern: &str) -> Vec<ActionEntry> {
    if !pattern.contains(['*', '?']) {
        return catalogue.find_action(pattern).into_iter().collect();
    }
    let (prefix, name) = pattern.split_once(':').unwrap_or(("*", pattern));
    let services: Vec<_> = if prefix.contains(['*', '?']) {
        let wanted = ActionPattern::new(prefix);
        catalogue.iter_services().filter(|service| wanted.matches_name(service.prefix())).collect()
    } else {
        catalogue.find_service(prefix).into_iter().collect()
    };
    let wanted = ActionPattern::new(name);
    let matching = |service: &crate::catalogue::ServiceEntry<'_>| {
        let service = *service;
        let names = service.action_names().filter(|name| wanted.matches_name(name));
        names.filter_map(|name| service.find_action(&name)).collect::<Vec<_>>()
    };
    services.iter().flat_map(matching).collect()
}

/// A label for a `NotAction`: `all but iam:*, sts:*`.
pub(super) fn describe_all_but(patterns: &[String]) -> String {
    let first: Vec<&str> = patterns.iter().take(3).map(String::as_str).collect();
    let more = patterns.len() - first.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("all but {}{rest}", first.join(", "))
}

/// Every catalogue action that none of the patterns matches.
pub(super) fn expand_all_but(catalogue: &Catalogue, patterns: &[String]) -> Vec<ActionEntry> {
    let parts = patterns.iter().map(|pattern| {
        let (service, name) = pattern.split_once(':').unwrap_or((pattern.as_str(), "*"));
        (ActionPattern::new(service), ActionPattern::new(name))
    });
    let parts: Vec<(ActionPattern, ActionPattern)> = parts.collect();
    let of_service = |service: crate::catalogue::ServiceEntry<'_>| {
        let mut near = parts.iter().filter(|(prefix, _)| prefix.matches_name(service.prefix()));
        let names: Vec<&ActionPattern> = near.by_ref().map(|(_, name)| name).collect();
        let kept =
            service.action_names().filter(|name| !names.iter().any(|one| one.matches_name(name)));
        kept.filter_map(|name| service.find_action(&name)).collect::<Vec<_>>()
    };
    catalogue.iter_services().flat_map(of_service).collect()
}
