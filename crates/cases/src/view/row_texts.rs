//! Who, from where and when.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use aware_core::case::{CaseKind, EventMark};
use aware_core::event::is_account_id;

use super::shown_names::{distinct_names, key_tail, shown_name, shown_text};
use super::times::time_span;
use super::words::{and_list, count_noun, short_list};
use crate::case::{Case, CaseActor, NotableClass};

/// The most names of each kind in a row.
const MAX_NAMES: usize = 4;
/// The most accounts in a row.
const MAX_ACCOUNTS: usize = 3;
/// The most denied actions in a row.
const MAX_DENIED: usize = 12;
/// The most characters of what is known of an address.
const MAX_NOTE: usize = 120;
/// The most characters of a tool.
const MAX_VALUE: usize = 80;

/// `user/alice and 2 more in clinic-prod (111122223333)`. Nothing is said of an account that the log
/// does not name.
pub(super) fn who_text(case: &Case) -> String {
    let names = distinct_names(case).into_iter();
    let actors = names.filter_map(|name| case.actors.iter().find(|actor| actor.name == name));
    let names: Vec<String> = actors.map(|actor| actor_text(case, actor)).collect();
    let accounts = case.accounts.iter().filter(|id| is_account_id(id));
    let accounts: Vec<String> = accounts.map(|id| account_text(case, id)).collect();
    let names = match names.is_empty() {
        true => "somebody".to_owned(),
        false => short_list(&names, MAX_NAMES),
    };
    let regions: Vec<String> = case.regions.iter().map(|id| shown_name(id)).collect();
    let places = [short_list(&accounts, MAX_ACCOUNTS), short_list(&regions, MAX_ACCOUNTS)];
    let places: Vec<String> = places.into_iter().filter(|text| !text.is_empty()).collect();
    if places.is_empty() { names } else { format!("{names} in {}", places.join(", ")) }
}

/// `role/app`, or `role/app of vendor (444455556666)` where it is not of an account that was called.
fn actor_text(case: &Case, actor: &CaseActor) -> String {
    let name = shown_name(&actor.name);
    let home = actor.account.as_ref().filter(|id| !case.accounts.contains(id));
    match home.filter(|id| !actor.name.contains(id.as_str())) {
        Some(id) => format!("{name} of {}", account_text(case, id)),
        None => name,
    }
}

/// `clinic-prod (111122223333)`, or the id alone.
fn account_text(case: &Case, id: &str) -> String {
    match case.account_names.get(id) {
        Some(name) => format!("{} ({})", shown_name(name), shown_name(id)),
        None => shown_name(id),
    }
}

/// `203.0.113.83 (AS64500 Example Hosting, DE as of 2026-06-17)`, or the address alone.
fn address_text(case: &Case, source: &str) -> String {
    match case.address_notes.get(source) {
        Some(note) => format!("{} ({})", shown_name(source), shown_text(note, MAX_NOTE)),
        None => shown_name(source),
    }
}

/// `203.0.113.83 · aws-cli, Boto3 · keys …ER01 and …ER02 (made in this case)`.
pub(super) fn from_text(case: &Case) -> String {
    let clipped = |values: &[String]| -> Vec<String> {
        values.iter().map(|value| shown_text(value, MAX_VALUE)).collect()
    };
    let through = through_cloudformation(case);
    let is_told = |source: &&String| {
        through.is_some() && *source == CLOUDFORMATION
            || case.actors.iter().any(|actor| actor.name == **source)
    };
    let sources = case.sources.iter().filter(|source| !is_told(source));
    let sources: Vec<String> = sources.map(|source| address_text(case, source)).collect();
    let parts = [
        short_list(&sources, MAX_NAMES),
        through.clone().unwrap_or_default(),
        endpoints_text(case),
        short_list(&clipped(&case.agents), MAX_NAMES),
        keys_text(case),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" \u{b7} ")
}

const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// `CloudFormation, for stack web-prod`, if it made calls on somebody's behalf.
fn through_cloudformation(case: &Case) -> Option<String> {
    case.through.iter().find(|by| *by == CLOUDFORMATION)?;
    let stacks: Vec<String> = case.stacks.iter().map(|stack| shown_name(stack)).collect();
    let word = if stacks.len() == 1 { "stack" } else { "stacks" };
    Some(match stacks.is_empty() {
        true => "CloudFormation".to_owned(),
        false => format!("CloudFormation, for {word} {}", short_list(&stacks, MAX_NAMES)),
    })
}

/// `through vpce-0123456789abcdef0`, if the policy of that endpoint denied something.
fn endpoints_text(case: &Case) -> String {
    let endpoints: Vec<String> = case.endpoints.iter().map(|id| shown_name(id)).collect();
    match endpoints.is_empty() {
        true => String::new(),
        false => format!("through {}", short_list(&endpoints, MAX_NAMES)),
    }
}

fn keys_text(case: &Case) -> String {
    let keys: Vec<&String> = case.actors.iter().flat_map(|actor| &actor.keys).collect();
    let (made, old): (Vec<&String>, Vec<&String>) =
        keys.into_iter().partition(|key| is_made_here(case, key));
    let tails =
        |keys: &[&String]| -> Vec<String> { keys.iter().map(|key| key_tail(key)).collect() };
    let (old, mut new) = (tails(&old), tails(&made));
    new.truncate(MAX_NAMES);
    let made = match new.as_slice() {
        [] => String::new(),
        _ => format!("{} (made in this case)", and_list(&new)),
    };
    let word = |count: usize| if count == 1 { "key" } else { "keys" };
    match (old.len(), made.is_empty()) {
        (0, true) => String::new(),
        (0, false) => format!("{} {made}", word(new.len())),
        (count, true) => format!("{} {}", word(count), short_list(&old, MAX_NAMES)),
        (_, false) => format!(
            "keys {} and {made}",
            old.iter().take(MAX_NAMES).cloned().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// Whether a notable success of this case made the key.
fn is_made_here(case: &Case, key: &str) -> bool {
    let made = case.notable.iter().filter(|line| line.fact.class == NotableClass::Credentials);
    let mut names = made.filter_map(|line| line.fact.undo_key.as_deref());
    !key.is_empty() && names.any(|name| name.split_whitespace().any(|word| word == key))
}

/// The denied actions by name, if the timeline does not name them all; of an AWS service with how
/// often.
pub(super) fn denied_text(case: &Case) -> Option<String> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for line in case.actions.iter().filter(|line| line.mark == EventMark::Denied) {
        *counts.entry(shown_name(&line.action)).or_default() += line.count;
    }
    if case.kind == CaseKind::Chain {
        let times = |(name, count)| format!("{name} {}", count_noun(count, "time", "times"));
        let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| Reverse(*count));
        let texts: Vec<String> = counts.into_iter().map(times).collect();
        return (!texts.is_empty()).then(|| short_list(&texts, MAX_NAMES));
    }
    let names: Vec<String> = counts.into_keys().collect();
    let most = if case.kind == CaseKind::Workload { 2 * MAX_DENIED } else { MAX_DENIED };
    (names.len() > MAX_NAMES).then(|| short_list(&names, most))
}

/// `2026-11-26 13:02:53 to 14:01:48 UTC`.
pub(super) fn when_text(case: &Case) -> String {
    time_span(case.first, case.last)
}

/// What events say of the many calls that they count.
pub(super) fn measured_text(case: &Case) -> Option<String> {
    let told = case.measured.iter().take(REASONS);
    let told: Vec<String> = told.map(|said| shown_text(said, MEASURE_CHARS)).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// The most characters of what an event counts.
const MEASURE_CHARS: usize = 240;
/// The most reasons of denials that are told.
const REASONS: usize = 2;
/// The most characters of one.
const REASON_CHARS: usize = 160;

/// Why calls were denied: `no identity-based policy allows it; a service control policy denies it`.
pub(super) fn denied_because(case: &Case) -> Option<String> {
    let told = case.denied_because.iter().take(REASONS);
    let told: Vec<String> = told.map(|reason| shown_text(reason, REASON_CHARS)).collect();
    let more = case.denied_because.len().saturating_sub(REASONS);
    let more = match more {
        0 => String::new(),
        _ => format!("; and {}", count_noun(more as u64, "more reason", "more reasons")),
    };
    (!told.is_empty()).then(|| format!("{}{more}", told.join("; ")))
}
