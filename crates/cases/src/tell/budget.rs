//! How many messages a case has sent, and when it may send the next.

use aware_core::event::Level;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::limits::TellingLimits;

/// The least time between messages once so many were sent within a day: the messages of a busy
/// case last for the whole day, and never all go in its first hour.
const SPACING: [(usize, SignedDuration); 3] = [
    (9, SignedDuration::from_hours(6)),
    (6, SignedDuration::from_hours(1)),
    (3, SignedDuration::from_mins(10)),
];

/// How many times are remembered.
const MAX_TIMES: usize = 64;

/// What a case has sent. Rises of its level take nothing from its budget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageBudget {
    /// When it was told within the last day, besides rises.
    times: Vec<Timestamp>,
    /// When it was first told since it opened.
    opened: Option<Timestamp>,
    /// When it was last told.
    last: Option<Timestamp>,
    /// How many messages it has sent since it opened.
    messages: u32,
}

/// How many messages must be left after one of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MessageReserve {
    /// It matters: the last one may be used.
    None,
    /// It can be repeated at will: that must not use up what something important needs.
    Some,
}

impl MessageReserve {
    fn of_first(self) -> u32 {
        if self == Self::None { 0 } else { 1 }
    }

    fn of_day(self) -> u32 {
        if self == Self::None { 0 } else { 4 }
    }
}

impl MessageBudget {
    /// When it was last told.
    pub fn last_told(&self) -> Option<Timestamp> {
        self.last
    }

    /// How many messages it has sent since it opened.
    pub fn message_count(&self) -> u32 {
        self.messages
    }

    /// The earliest time at which it may send one more message.
    pub(super) fn free_at(&self, reserve: MessageReserve, limits: &TellingLimits) -> Timestamp {
        let spans = [
            (limits.first_messages.saturating_sub(reserve.of_first()), limits.first_span),
            (limits.daily_messages.saturating_sub(reserve.of_day()), TellingLimits::DAY),
        ];
        let free = spans.into_iter().filter_map(|(most, span)| {
            let at = self.times.len().checked_sub(most.max(1) as usize)?;
            Some(later(*self.times.get(at)?, span))
        });
        free.chain(self.after_last()).max().unwrap_or(Timestamp::MIN)
    }

    /// The least time after the last message.
    fn after_last(&self) -> Option<Timestamp> {
        let last = *self.times.last()?;
        let since = last.checked_sub(TellingLimits::DAY).unwrap_or(Timestamp::MIN);
        let sent = self.times.iter().filter(|time| **time > since).count();
        let (_, least) = SPACING.into_iter().find(|(most, _)| sent >= *most)?;
        Some(later(last, least))
    }

    /// When counts of a case of this level may next be told; `None` before it was told at all. Some
    /// time after it was first told each, and then daily; of a critical case, more often.
    pub(super) fn counts_due_at(&self, level: Level, limits: &TellingLimits) -> Option<Timestamp> {
        let (opened, last) = (self.opened?, self.last?);
        let intervals = limits.intervals;
        let (waits, repeat): (&[SignedDuration], _) = match level {
            Level::Critical | Level::High => {
                (&[intervals.wait, intervals.interval, intervals.repeat], intervals.repeat)
            }
            Level::Medium => (&[intervals.interval], TellingLimits::DAY),
            Level::Low | Level::Informational => (&[], TellingLimits::DAY),
        };
        let repeat = if level == Level::Critical { repeat } else { repeat.max(TellingLimits::DAY) };
        let marks = waits.iter().scan(opened, |mark, wait| {
            *mark = later(*mark, *wait);
            Some(*mark)
        });
        let next = marks.into_iter().find(|mark| *mark > last);
        let due = next.unwrap_or_else(|| later(last, repeat));
        Some(due.max(self.free_at(MessageReserve::Some, limits)))
    }

    /// Remembers a message; a rise takes nothing from the budget.
    pub(super) fn record_message(&mut self, is_rise: bool, now: Timestamp) {
        self.opened.get_or_insert(now);
        self.last = Some(now);
        self.messages = self.messages.saturating_add(1);
        if !is_rise {
            self.times.push(now);
            self.times.sort();
            self.forget_old(now);
        }
    }

    /// It opens again: the intervals between its counts begin anew, its budget does not.
    pub(super) fn open_again(&mut self) {
        (self.opened, self.messages) = (None, 0);
    }

    /// Takes over what another case has sent that is now part of this one.
    pub(super) fn merge_with(&mut self, other: &Self) {
        self.opened = [self.opened, other.opened].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        self.messages = self.messages.saturating_add(other.messages);
        self.times.extend(&other.times);
        self.times.sort();
        if let Some(newest) = self.times.last().copied() {
            self.forget_old(newest);
        }
    }

    fn forget_old(&mut self, now: Timestamp) {
        let since = now.checked_sub(TellingLimits::DAY).unwrap_or(Timestamp::MIN);
        self.times.retain(|time| *time > since);
        let over = self.times.len().saturating_sub(MAX_TIMES);
        self.times.drain(..over);
    }
}

/// A time and a duration after it.
pub(super) fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}
