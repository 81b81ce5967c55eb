//! What the outside asks of own hosts: who probes and then gets in, and who guesses.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::HOUR;
use super::host::HostTable;
use super::pairs::Seen;
use super::record::SumRecord;
use crate::source::vpc_flow::class::Flow;

/// How many pairs of a source and a host are remembered.
const PAIRS: usize = 262_144;
/// From how many refusals on a source probes a host.
const PROBES: u64 = 20;
/// How many bytes let in after that are more than a greeting.
const TALK: u64 = 4_096;
/// From how many short connections an hour on somebody guesses, and what is short.
const GUESSES: u64 = 100;
const SHORT_BYTES: u64 = 10_000;
const SHORT_PACKETS: u64 = 60;

/// What a source did to a host within an hour.
#[derive(Clone, Copy, Debug, Default)]
struct Contact {
    refused: u64,
    first: i64,
    last: i64,
    accepted_bytes: u64,
    accepted_last: i64,
    port: u16,
    protocol: u8,
    /// Short connections to a port where people sign in, and which.
    short: u64,
    guessed_port: u16,
}

/// Sums of what comes in.
#[derive(Debug, Default)]
pub(super) struct InwardSums {
    contacts: HashMap<(i64, u128, u128), Contact>,
    is_full: bool,
}

impl InwardSums {
    pub(super) fn add_refused(&mut self, flow: &Flow) {
        if let Some(contact) = self.contact(flow) {
            contact.refused += 1;
        }
    }

    pub(super) fn add_accepted(&mut self, flow: &Flow) {
        let is_guess = matches!(flow.port, 22 | 3389)
            && flow.bytes <= SHORT_BYTES
            && flow.packets <= SHORT_PACKETS;
        if !is_guess && flow.bytes < TALK {
            return;
        }
        let Some(contact) = self.contact(flow) else { return };
        if is_guess {
            (contact.short, contact.guessed_port) = (contact.short + 1, flow.port);
        }
        contact.accepted_bytes = contact.accepted_bytes.saturating_add(flow.bytes);
        if flow.time >= contact.accepted_last {
            contact.accepted_last = flow.time;
            (contact.port, contact.protocol) = (flow.port, flow.protocol);
        }
    }

    fn contact(&mut self, flow: &Flow) -> Option<&mut Contact> {
        let key = (flow.time.div_euclid(HOUR), flow.source, flow.destination);
        if self.contacts.len() >= PAIRS && !self.contacts.contains_key(&key) {
            // Whoever came once is the harmless, and most are.
            if !std::mem::replace(&mut self.is_full, true) {
                self.contacts.retain(|_, contact| contact.refused > 1 || contact.short > 1);
            }
            if self.contacts.len() >= PAIRS {
                return None;
            }
        }
        let new = || Contact { first: flow.time, last: flow.time, ..Contact::default() };
        let contact = self.contacts.entry(key).or_insert_with(new);
        (contact.first, contact.last) = (contact.first.min(flow.time), contact.last.max(flow.time));
        Some(contact)
    }

    pub(super) fn to_records(&self, hosts: &HostTable) -> Vec<Value> {
        let telling = |contact: &Contact| contact.refused >= PROBES || contact.short >= GUESSES;
        let contacts: BTreeMap<_, _> =
            self.contacts.iter().filter(|(_, contact)| telling(contact)).collect();
        let record = |kind, source: &u128, host: &u128, contact: &Contact, flows| {
            let seen = Seen { flows, first: contact.first, last: contact.last };
            SumRecord::new(kind, &hosts.of(*host), seen.first, seen.last)
                .from(*source)
                .to(*host)
                .flows(flows)
        };
        let mut all = Vec::new();
        for ((_, source, host), contact) in contacts {
            if contact.short >= GUESSES {
                let guess = record("guessing", source, host, contact, contact.short);
                all.push(guess.service(contact.guessed_port, 6).finish());
            } else if contact.accepted_bytes >= TALK && contact.accepted_last >= contact.first {
                let probe = record("probed-then-accepted", source, host, contact, contact.refused);
                let probe = probe.service(contact.port, contact.protocol);
                all.push(probe.with("bytes_in", contact.accepted_bytes).finish());
            } else {
                all.push(record("probed", source, host, contact, contact.refused).finish());
            }
        }
        all
    }
}
