//! What logs say about an event and its caller: the event with an id, and what the caller looks
//! like.

use std::collections::BTreeSet;
use std::sync::Mutex;

use aho_corasick::AhoCorasick;
use aware_cases::triage::PrincipalHistories;
use aware_core::event::Event;
use memchr::memmem::Finder;

use crate::exit::CommandFailure;
use crate::logs::ReadOptions;
use crate::logs::events::{EventSearch, ReadTotals, search_logs};

/// How many callers' histories are searched for at once.
const MAX_CALLERS: usize = 1_000;

/// The events with an id: there may be one for each account that logged it.
pub(super) fn find_events(
    id: &str,
    logs: &[String],
    manner: &ReadOptions,
) -> Result<(Vec<Event>, ReadTotals), CommandFailure> {
    let ids = EventById { id, finder: Finder::new(id), found: Mutex::default() };
    let sums = search_logs(logs, manner, &ids)?;
    let mut found = ids.found.into_inner().unwrap_or_default();
    found.sort_by(|a, b| (a.time, &a.account).cmp(&(b.time, &b.account)));
    Ok((found, sums))
}

struct EventById<'a> {
    id: &'a str,
    finder: Finder<'a>,
    found: Mutex<Vec<Event>>,
}

impl EventSearch for EventById<'_> {
    fn may_match(&self, record: &[u8]) -> bool {
        self.finder.find(record).is_some()
    }

    fn take_event(&self, event: Event) {
        if event.id == self.id
            && let Ok(mut found) = self.found.lock()
        {
            found.push(event);
        }
    }
}

/// Everything that the logs hold about the callers of these events.
pub(super) fn caller_histories(
    events: &[Event],
    logs: &[String],
    manner: &ReadOptions,
) -> Result<PrincipalHistories, CommandFailure> {
    let names: BTreeSet<&str> =
        events.iter().map(caller_name).filter(|name| !name.is_empty()).collect();
    let names: Vec<&str> = names.into_iter().take(MAX_CALLERS).collect();
    let finder =
        AhoCorasick::new(&names).map_err(|error| CommandFailure::Usage(error.to_string()))?;
    let callers = CallerSearch { finder, histories: Mutex::default() };
    search_logs(logs, manner, &callers)?;
    let mut histories = callers.histories.into_inner().unwrap_or_default();
    // An event that is not in the logs counts as well; one that is counts only once.
    events.iter().for_each(|event| histories.record_event(event));
    Ok(histories)
}

/// What every record of a caller contains: the last part of its name, or of the name of its
/// session's issuer.
fn caller_name(event: &Event) -> &str {
    let principal = &event.principal;
    let full = principal.issuer.as_ref().or(principal.arn.as_ref()).unwrap_or(&principal.name);
    full.rsplit(['/', ':']).next().unwrap_or(full)
}

struct CallerSearch {
    finder: AhoCorasick,
    histories: Mutex<PrincipalHistories>,
}

impl EventSearch for CallerSearch {
    fn may_match(&self, record: &[u8]) -> bool {
        self.finder.is_match(record)
    }

    fn take_event(&self, event: Event) {
        if let Ok(mut histories) = self.histories.lock() {
            histories.record_event(&event);
        }
    }
}
