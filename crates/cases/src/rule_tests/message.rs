//! The message of a hit, as a page shows it.

use std::sync::Arc;

use crate::group::Tally;
use crate::message;
use aware_core::finding::{self, Finding};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Kind;
use aware_core::source::cloudtrail;
use serde_json::Value;

/// The fields that a page shows: what people look at first, and what is the same in every run.
const KEYS: [&str; 7] =
    ["Together", "Principal", "Action", "Resource", "Why", "Source IPs", "Rule"];

/// The messages that events make under a rule: one for each group, in the order of their first
/// events, with an empty line between them.
pub(super) fn of(about: &Arc<finding::Rule>, events: &[Value]) -> String {
    let mut tallies: Vec<Tally> = Vec::new();
    for event in events {
        // The page has been read, so every record is an event.
        let Ok(event) = cloudtrail::decode(event.to_string().as_bytes()) else { continue };
        let finding = Finding::new(about, &event);
        let key = Fingerprint::of(&finding);
        match tallies.iter_mut().find(|tally| tally.fingerprint == key) {
            Some(tally) => tally.absorb(&finding),
            None => {
                let mut tally = Tally::new(&finding);
                tally.absorb(&finding);
                tallies.push(tally);
            }
        }
    }
    tallies.iter().map(of_tally).collect::<Vec<_>>().join("\n\n")
}

/// The message of one group.
pub(super) fn of_tally(tally: &Tally) -> String {
    let message = message::of_group(tally, Kind::Finding, None, tally.last_seen);
    let fields = KEYS.iter().filter_map(|key| Some(format!("{key}: {}", message.field(key)?)));
    std::iter::once(message.subject.clone()).chain(fields).collect::<Vec<_>>().join("\n")
}
