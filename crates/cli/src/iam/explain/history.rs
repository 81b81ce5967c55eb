//! What logs say about an event and its caller: the event with an id, and what the caller looks
//! like.

use std::collections::BTreeSet;
use std::sync::Mutex;

use aho_corasick::AhoCorasick;
use aware_cases::triage::Histories;
use aware_core::event::Event;
use memchr::memmem::Finder;

use crate::exit::Failure;
use crate::logs::Manner;
use crate::logs::events::{Search, Sums, search};

/// How many callers' histories are searched for at once.
const MAX_CALLERS: usize = 1_000;

/// The events with an id: there may be one for each account that logged it.
pub(super) fn find(
    id: &str,
    logs: &[String],
    manner: &Manner,
) -> Result<(Vec<Event>, Sums), Failure> {
    let ids = ById { id, finder: Finder::new(id), found: Mutex::default() };
    let sums = search(logs, manner, &ids)?;
    let mut found = ids.found.into_inner().unwrap_or_default();
    found.sort_by(|a, b| (a.time, &a.account).cmp(&(b.time, &b.account)));
    Ok((found, sums))
}

struct ById<'a> {
    id: &'a str,
    finder: Finder<'a>,
    found: Mutex<Vec<Event>>,
}

impl Search for ById<'_> {
    fn may_matter(&self, record: &[u8]) -> bool {
        self.finder.find(record).is_some()
    }

    fn event(&self, event: Event) {
        if event.id == self.id
            && let Ok(mut found) = self.found.lock()
        {
            found.push(event);
        }
    }
}

/// Everything that the logs hold about the callers of these events.
pub(super) fn histories(
    events: &[Event],
    logs: &[String],
    manner: &Manner,
) -> Result<Histories, Failure> {
    let names: BTreeSet<&str> = events.iter().map(name).filter(|name| !name.is_empty()).collect();
    let names: Vec<&str> = names.into_iter().take(MAX_CALLERS).collect();
    let finder = AhoCorasick::new(&names).map_err(|error| Failure::Usage(error.to_string()))?;
    let callers = Callers { finder, histories: Mutex::default() };
    search(logs, manner, &callers)?;
    let mut histories = callers.histories.into_inner().unwrap_or_default();
    // An event that is not in the logs counts as well; one that is counts only once.
    events.iter().for_each(|event| histories.add(event));
    Ok(histories)
}

/// What every record of a caller contains: the last part of its name, or of the name of its
/// session's issuer.
fn name(event: &Event) -> &str {
    let principal = &event.principal;
    let full = principal.issuer.as_ref().or(principal.arn.as_ref()).unwrap_or(&principal.name);
    full.rsplit(['/', ':']).next().unwrap_or(full)
}

struct Callers {
    finder: AhoCorasick,
    histories: Mutex<Histories>,
}

impl Search for Callers {
    fn may_matter(&self, record: &[u8]) -> bool {
        self.finder.is_match(record)
    }

    fn event(&self, event: Event) {
        if let Ok(mut histories) = self.histories.lock() {
            histories.add(&event);
        }
    }
}
