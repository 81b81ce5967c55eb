//! The message of a hit, as a page shows it.

use std::sync::Arc;

use aware_core::finding::{self, Finding};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::MessageKind;
use aware_core::message::labels::FactLabel;
use aware_core::source;
use aware_core::text::clean_line;
use serde_json::Value;

use crate::group::FindingGroup;
use crate::message;

/// The facts that a page shows: what people look at first, and what is the same in every run.
const SHOWN: [FactLabel; 7] = [
    FactLabel::Together,
    FactLabel::Principal,
    FactLabel::Action,
    FactLabel::Resource,
    FactLabel::Why,
    FactLabel::Sources,
    FactLabel::Rule,
];

/// The messages that events produce under a rule: one per group, in the order of their first
/// events, separated by an empty line.
pub(super) fn messages_for(about: &Arc<finding::RuleSummary>, events: &[Value]) -> String {
    let mut tallies: Vec<FindingGroup> = Vec::new();
    for event in events {
        // The page has been parsed, so every record is an event.
        let Ok(event) = source::decode_record(event.to_string().as_bytes()) else { continue };
        let finding = Finding::from_event(about, &event);
        let key = Fingerprint::for_finding(&finding);
        match tallies.iter_mut().find(|tally| tally.fingerprint == key) {
            Some(tally) => tally.record(&finding),
            None => {
                let mut tally = FindingGroup::for_finding(&finding);
                tally.record(&finding);
                tallies.push(tally);
            }
        }
    }
    tallies.iter().map(message_of_group).collect::<Vec<_>>().join("\n\n")
}

/// The message of one group.
pub(super) fn message_of_group(tally: &FindingGroup) -> String {
    let message = message::group_message(tally, MessageKind::Finding, None, tally.last_seen);
    let fields = SHOWN.iter().filter_map(|label| {
        let text = message.facts.text(*label)?;
        Some(format!("{}: {}", label.as_str(), clean_line(&text)))
    });
    std::iter::once(message.subject.clone()).chain(fields).collect::<Vec<_>>().join("\n")
}
