//! What the outside asks of own hosts: who probes and then gets in, and who guesses.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::host::HostTable;
use super::record::SumRecord;
use super::window::HOUR;
use crate::source::vpc_flow::class::{EPHEMERAL, Flow};

/// How many pairs of a source and a host are remembered.
const PAIRS: usize = 262_144;
/// From how many refusals on a source probes a host.
const PROBES: u64 = 20;
/// How many bytes let in after that are more than a greeting.
const TALK: u64 = 4_096;
/// From how many short connections an hour on somebody may be guessing, and what is short.
const GUESSES: u64 = 8;
/// Ports of web servers, which let everybody in.
const WEB: [u16; 2] = [80, 443];
/// How many sources are named that were let in elsewhere.
const LET_IN: usize = 2_000;
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
        // To a port that a client chose: the answer to what an own host asked.
        let is_answer = flow.port >= EPHEMERAL;
        if is_answer || !is_guess && flow.bytes < TALK {
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
        let contacts: BTreeMap<_, _> = self.contacts.iter().collect();
        let mut all = Vec::new();
        let mut let_in: Vec<(u64, Value)> = Vec::new();
        for ((_, source, host), contact) in contacts {
            let record = |kind, flows| {
                SumRecord::new(kind, &hosts.of(*host), contact.first, contact.last)
                    .with_source(*source)
                    .with_target(*host)
                    .flows(flows)
            };
            let talked = contact.accepted_bytes >= TALK;
            if contact.short >= GUESSES {
                let guesses = record("guesses", contact.short);
                all.push(guesses.service(contact.guessed_port, 6).finish());
            } else if contact.refused >= PROBES && talked {
                let probe = record("probed-then-accepted", contact.refused);
                let probe = probe.service(contact.port, contact.protocol);
                all.push(probe.with("bytes_in", contact.accepted_bytes).finish());
            } else if contact.refused >= PROBES {
                all.push(record("probed", contact.refused).finish());
            } else if talked && !WEB.contains(&contact.port) {
                let entry = record("let-in", 1).service(contact.port, contact.protocol);
                let entry = entry.with("bytes_in", contact.accepted_bytes).finish();
                let_in.push((contact.accepted_bytes, entry));
            }
        }
        // Whoever talked most matters most.
        let_in.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        all.extend(let_in.into_iter().take(LET_IN).map(|(_, record)| record));
        all
    }
}
