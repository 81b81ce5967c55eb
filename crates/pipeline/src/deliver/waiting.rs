//! The messages that wait for one destination, and which of them is next.
//!
//! The most urgent goes first; within a level all senders take turns, each with their oldest
//! message. The messages of one group stay in order: they wait together, as urgent as the most
//! urgent of them.
//!
//! Memory holds a limited number of them. Beyond that, those that would be delivered last are left
//! to the store, and read back once there is room.

use std::cmp::Reverse;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::Arc;

use aware_core::message::{Message, MessageKind};
use tokio::time::Instant;

use super::turns::FairTurns;

/// How many arrived messages are remembered, so that a second copy is not sent.
const MAX_ARRIVED: usize = 4096;
/// For how many groups it is remembered that some of their messages are only in the store.
const MAX_SPILLED: usize = 100_000;
/// The urgency of messages about this program.
const SYSTEM_URGENCY: u8 = 6;

/// What to do next.
#[derive(Debug, PartialEq)]
pub(super) enum NextDelivery {
    /// Deliver this.
    Message(Arc<Message>),
    /// Wait until then before trying anything.
    Until(Instant),
    /// Nothing waits.
    Nothing,
}

/// The messages of one group, in order.
#[derive(Debug)]
struct WaitingGroup {
    messages: VecDeque<Arc<Message>>,
    urgency: u8,
    /// The identity, and the person within it, as hashes.
    sender: (u64, u64),
    number: u64,
    /// How often the first message has failed.
    failures: u32,
    /// Not to be tried before this time.
    until: Option<Instant>,
    /// How many messages had arrived when the first message failed for the first time.
    arrived_before: u64,
    is_suspect: bool,
}

/// How a message failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DeliveryFailure {
    /// How often, including this time.
    pub(super) times: u32,
    /// Others have arrived since its first failure, so the fault is its own.
    pub(super) is_suspect: bool,
}

/// The messages that wait for one destination.
#[derive(Debug, Default)]
pub(super) struct WaitingMessages {
    capacity: usize,
    groups: HashMap<String, WaitingGroup>,
    ids: HashSet<String>,
    /// How many messages wait for each identity, by urgency.
    counts: BTreeMap<u8, HashMap<u64, usize>>,
    identities: HashMap<u8, FairTurns>,
    persons: HashMap<(u8, u64), FairTurns>,
    numbers: u64,
    /// How many messages have arrived.
    arrivals: u64,
    recent: VecDeque<String>,
    known: HashSet<String>,
    spilled: Option<HashSet<String>>,
    /// By whom and how urgent that is: what comes from them later waits behind it.
    spilled_senders: HashSet<(u8, (u64, u64))>,
    /// How often a message was left to the store.
    spills: u64,
    was_system: bool,
    hasher: RandomState,
}

impl WaitingMessages {
    /// Holds up to this many messages.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(2), ..Self::default() }
    }

    /// How many are held.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether more messages wait only in the store.
    pub(super) fn has_spilled(&self) -> bool {
        self.spilled.is_some()
    }

    /// How often a message was left to the store; see [`WaitingMessages::refill_from`].
    pub(super) fn spill_count(&self) -> u64 {
        self.spills
    }

    /// Adds a message that is also in the store.
    pub(super) fn add_message(&mut self, message: Arc<Message>) {
        if self.is_known(&message) {
            return;
        }
        let group = message.fingerprint.as_str();
        let sender = (message.urgency_rank(), self.sender(&message));
        let earlier_spilled = self.spilled.as_ref().is_some_and(|spilled| {
            let is_first = !self.groups.contains_key(group);
            let may_have_earlier = message.kind == MessageKind::Update && is_first;
            spilled.contains(group)
                || may_have_earlier && spilled.len() >= MAX_SPILLED
                || is_first && self.spilled_senders.contains(&sender)
        });
        if earlier_spilled {
            return self.spill_group(group.to_owned(), sender);
        }
        self.hold_message(message);
        self.make_room();
    }

    /// Takes back messages from the store, in its order. `spills` is what
    /// [`WaitingMessages::spill_count`] returned before they were read; `complete` says that the
    /// store holds no others. Returns how many of them are new here.
    pub(super) fn refill_from(
        &mut self,
        messages: Vec<Message>,
        complete: bool,
        spills: u64,
    ) -> usize {
        let room = self.capacity.saturating_sub(self.len());
        let new: Vec<Message> = messages.into_iter().filter(|one| !self.is_known(one)).collect();
        let complete = complete && new.len() <= room && spills == self.spills;
        let taken = new.len().min(room);
        new.into_iter().take(room).for_each(|message| self.hold_message(Arc::new(message)));
        if complete {
            self.spilled = None;
            self.spilled_senders.clear();
        }
        taken
    }

    fn is_known(&self, message: &Message) -> bool {
        self.ids.contains(&message.id) || self.known.contains(&message.id)
    }

    fn sender(&self, message: &Message) -> (u64, u64) {
        let (identity, person) = message.sender_key();
        (self.hasher.hash_one(identity), self.hasher.hash_one(person))
    }

    fn hold_message(&mut self, message: Arc<Message>) {
        self.ids.insert(message.id.clone());
        let (urgency, sender) = (message.urgency_rank(), self.sender(&message));
        let key = message.fingerprint.as_str().to_owned();
        self.numbers += 1;
        let group = self.groups.entry(key).or_insert_with(|| WaitingGroup {
            messages: VecDeque::new(),
            urgency,
            sender,
            number: self.numbers,
            failures: 0,
            until: None,
            arrived_before: 0,
            is_suspect: false,
        });
        group.messages.push_back(message);
        let (before, waiting, sender) = (group.urgency, group.messages.len(), group.sender.0);
        group.urgency = before.max(urgency);
        let now = group.urgency;
        self.adjust_count(before, sender, waiting - 1, false);
        self.adjust_count(now, sender, waiting, true);
    }

    fn adjust_count(&mut self, urgency: u8, identity: u64, messages: usize, more: bool) {
        let level = self.counts.entry(urgency).or_default();
        let count = level.entry(identity).or_default();
        *count = if more { *count + messages } else { count.saturating_sub(messages) };
        if *count == 0 {
            level.remove(&identity);
        }
        if level.is_empty() {
            self.counts.remove(&urgency);
        }
    }

    /// Leaves to the store what would be delivered last: among the least urgent, the newest message
    /// of the sender with the most.
    fn make_room(&mut self) {
        while self.len() > self.capacity {
            let Some(key) = self.last_group() else { return };
            let Some(group) = self.groups.get_mut(&key) else { return };
            let (urgency, sender) = (group.urgency, group.sender);
            let Some(message) = group.messages.pop_back() else { return };
            if group.messages.is_empty() {
                self.groups.remove(&key);
            }
            self.ids.remove(&message.id);
            self.adjust_count(urgency, sender.0, 1, false);
            self.spill_group(key, (urgency, sender));
        }
    }

    fn last_group(&self) -> Option<String> {
        let (urgency, level) = self.counts.first_key_value()?;
        let identity = level.iter().max_by_key(|(_, count)| **count)?.0;
        let of_it =
            |group: &&WaitingGroup| group.urgency == *urgency && group.sender.0 == *identity;
        let groups = self.groups.iter().filter(|(_, group)| of_it(group));
        // A failed message keeps its pause in memory, and a single first message may be on its way.
        let key = |group: &WaitingGroup| (group.failures == 0, group.number);
        groups.max_by_key(|(_, group)| key(group)).map(|(name, _)| name.clone())
    }

    fn spill_group(&mut self, group: String, sender: (u8, (u64, u64))) {
        self.spills += 1;
        let spilled = self.spilled.get_or_insert_default();
        if spilled.len() < MAX_SPILLED {
            spilled.insert(group);
            self.spilled_senders.insert(sender);
        }
    }

    /// What to do now. `fresh_first` prefers messages that have not failed yet, so that a
    /// destination that seems down is not always probed with the same message.
    pub(super) fn next_delivery(&self, now: Instant, fresh_first: bool) -> NextDelivery {
        let due = |group: &&WaitingGroup| group.until.is_none_or(|until| until <= now);
        let level = |group: &WaitingGroup| {
            // Messages about this program go first, but not twice in a row.
            let yields = group.urgency == SYSTEM_URGENCY && self.was_system;
            let urgency = if yields { 0 } else { group.urgency };
            (fresh_first && group.failures > 0, Reverse(urgency))
        };
        let all = || self.groups.values().filter(due);
        // First the identity whose turn it is, judged by the oldest message of each; then the
        // person within it.
        let whose = all().min_by_key(|one| (level(one), self.identity_turn(one), one.number));
        let next = whose.and_then(|whose| {
            let key = |group: &WaitingGroup| (level(group), group.sender.0);
            let of_them = all().filter(|group| key(group) == key(whose));
            of_them.min_by_key(|group| (self.person_turn(group), group.number))
        });
        if let Some(message) = next.and_then(|group| group.messages.front()) {
            return NextDelivery::Message(Arc::clone(message));
        }
        let until = self.groups.values().filter_map(|group| group.until).min();
        until.map_or(NextDelivery::Nothing, NextDelivery::Until)
    }

    /// Whether there is room for messages that are only in the store.
    pub(super) fn wants_more(&self) -> bool {
        self.has_spilled() && self.len() <= self.capacity / 2
    }

    fn identity_turn(&self, group: &WaitingGroup) -> u64 {
        self.identities.get(&group.urgency).map_or(0, |turns| turns.next_round(group.sender.0))
    }

    fn person_turn(&self, group: &WaitingGroup) -> u64 {
        let persons = self.persons.get(&(group.urgency, group.sender.0));
        persons.map_or(0, |turns| turns.next_round(group.sender.1))
    }

    /// Marks a message as settled. If it `arrived`, a second copy of it is not sent.
    pub(super) fn mark_settled(&mut self, message: &Message, arrived: bool) {
        self.arrivals += 1;
        if arrived {
            self.remember_arrival(message.id.clone());
        }
        let key = message.fingerprint.as_str();
        let Some(group) = self.groups.get_mut(key) else { return };
        let (urgency, sender) = (group.urgency, group.sender);
        group.messages.retain(|waiting| waiting.id != message.id);
        (group.failures, group.until, group.is_suspect) = (0, None, false);
        if group.messages.is_empty() {
            self.groups.remove(key);
        }
        if self.ids.remove(&message.id) {
            self.adjust_count(urgency, sender.0, 1, false);
        }
        self.was_system = urgency == SYSTEM_URGENCY;
        self.identities.entry(urgency).or_default().mark_served(sender.0);
        self.persons.entry((urgency, sender.0)).or_default().mark_served(sender.1);
        self.forget_turns();
    }

    /// Forgets the turns of persons within identities that have nothing waiting.
    fn forget_turns(&mut self) {
        if self.persons.len() > MAX_ARRIVED {
            let counts = &self.counts;
            self.persons.retain(|(urgency, identity), _| {
                counts.get(urgency).is_some_and(|level| level.contains_key(identity))
            });
        }
    }

    fn remember_arrival(&mut self, id: String) {
        if self.recent.len() >= MAX_ARRIVED
            && let Some(oldest) = self.recent.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.known.insert(id.clone());
        self.recent.push_back(id);
    }

    /// Records that a message failed; returns how often, and whether the fault is its own.
    pub(super) fn record_failure(&mut self, message: &Message) -> DeliveryFailure {
        let arrivals = self.arrivals;
        let Some(group) = self.groups.get_mut(message.fingerprint.as_str()) else {
            return DeliveryFailure::default();
        };
        if group.failures == 0 {
            group.arrived_before = arrivals;
        }
        group.failures = group.failures.saturating_add(1);
        group.is_suspect |= arrivals > group.arrived_before;
        self.was_system = group.urgency == SYSTEM_URGENCY;
        DeliveryFailure { times: group.failures, is_suspect: group.is_suspect }
    }

    /// Sets a message aside, with what waits behind it in its group.
    pub(super) fn set_aside_until(&mut self, message: &Message, until: Instant) {
        if let Some(group) = self.groups.get_mut(message.fingerprint.as_str()) {
            group.until = Some(until);
        }
    }

    /// The destination accepts messages: what was set aside only because it did not may go now.
    pub(super) fn release_all(&mut self) {
        for group in self.groups.values_mut().filter(|group| !group.is_suspect) {
            group.until = None;
        }
    }
}

#[cfg(test)]
mod tests;
